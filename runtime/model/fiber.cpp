#include "runtime/model/fiber.h"

#include <cstdlib>
#include <memory>
#include <utility>

#include "runtime/model/address_sanitizer.h"

namespace heddle {
namespace {

// Others will be mapped there: frames that never ended leave their marks with AddressSanitizer.
void Deallocate(boost::context::stack_context& stack) {
  asan::ForgetFrames(static_cast<const char*>(stack.sp) - stack.size, stack.size);
  boost::context::protected_fixedsize_stack().deallocate(stack);
}

// Remembers where the stack lies, which boost's allocator keeps to itself.
class StackAllocator {
 public:
  explicit StackAllocator(boost::context::stack_context* out) : out_(out) {}
  boost::context::stack_context allocate() { return *out_ = inner_.allocate(); }
  void deallocate(boost::context::stack_context& context) { Deallocate(context); }

 private:
  boost::context::stack_context* out_;
  boost::context::protected_fixedsize_stack inner_{Fiber::kStackBytes};
};

}  // namespace

Fiber::Fiber(std::function<void(Fiber&)> body) : body_(std::move(body)) {
  inside_ = boost::context::fiber(std::allocator_arg, StackAllocator(&stack_),
                                  [this](boost::context::fiber&& caller) {
                                    asan::FinishSwitch(nullptr, &caller_bottom_, &caller_size_);
                                    outside_ = std::move(caller);
                                    body_(*this);
                                    asan::StartSwitch(nullptr, caller_bottom_, caller_size_);
                                    return std::move(outside_);
                                  });
  stack_bottom_ = static_cast<const char*>(stack_.sp) - stack_.size;
  stack_size_ = stack_.size;
  guard_bytes_ = boost::context::stack_traits::page_size();
  asan::ForgetFrames(stack_bottom_, stack_size_);  // whatever was mapped here left its marks
}

// The body must return when it is resumed for the last time; Machine sees to that.
Fiber::~Fiber() {
  if (!left_) return;
  std::construct_at(&inside_);  // its destructor would unwind the stack: forget it
  Deallocate(stack_);
}

void Fiber::Resume() {
  void* fake = nullptr;
  ExceptionState& exceptions = ExceptionState::Current();
  exceptions.SwapWith(exceptions_);
  asan::StartSwitch(&fake, stack_bottom_, stack_size_);
  inside_ = std::move(inside_).resume();
  asan::FinishSwitch(fake, nullptr, nullptr);
  exceptions.SwapWith(exceptions_);
}

void Fiber::Yield() {
  void* fake = nullptr;
  asan::StartSwitch(&fake, caller_bottom_, caller_size_);
  outside_ = std::move(outside_).resume();
  asan::FinishSwitch(fake, &caller_bottom_, &caller_size_);
}

void Fiber::Leave() {
  if (!outside_) return;  // in the middle of a switch
  left_ = true;
  asan::StartSwitch(nullptr, caller_bottom_, caller_size_);  // null: never resumed
  outside_ = std::move(outside_).resume();
  std::abort();
}

}  // namespace heddle
