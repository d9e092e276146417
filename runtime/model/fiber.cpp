#include "runtime/model/fiber.h"

#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define HEDDLE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEDDLE_ASAN 1
#endif
#endif
#ifdef HEDDLE_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace heddle {
namespace {

// Each side of a switch announces the stack it goes to, and on arrival learns the one it came from.
void StartSwitch([[maybe_unused]] void** fake, [[maybe_unused]] const void* bottom,
                 [[maybe_unused]] std::size_t size) {
#ifdef HEDDLE_ASAN
  __sanitizer_start_switch_fiber(fake, bottom, size);
#endif
}

void FinishSwitch([[maybe_unused]] void* fake, [[maybe_unused]] const void** bottom,
                  [[maybe_unused]] std::size_t* size) {
#ifdef HEDDLE_ASAN
  __sanitizer_finish_switch_fiber(fake, bottom, size);
#endif
}

// Remembers where the stack lies, which boost's allocator keeps to itself.
class StackAllocator {
 public:
  StackAllocator(const void** bottom, std::size_t* size) : bottom_(bottom), size_(size) {}
  boost::context::stack_context allocate() {
    const boost::context::stack_context context = inner_.allocate();
    *bottom_ = static_cast<const char*>(context.sp) - context.size;
    *size_ = context.size;
    return context;
  }
  void deallocate(boost::context::stack_context& context) { inner_.deallocate(context); }

 private:
  const void** bottom_;
  std::size_t* size_;
  boost::context::protected_fixedsize_stack inner_{Fiber::kStackBytes};
};

}  // namespace

Fiber::Fiber(std::function<void(Fiber&)> body) : body_(std::move(body)) {
  inside_ = boost::context::fiber(std::allocator_arg, StackAllocator(&stack_bottom_, &stack_size_),
                                  [this](boost::context::fiber&& caller) {
                                    FinishSwitch(nullptr, &caller_bottom_, &caller_size_);
                                    outside_ = std::move(caller);
                                    body_(*this);
                                    StartSwitch(nullptr, caller_bottom_, caller_size_);
                                    return std::move(outside_);
                                  });
}

// The body must return when it is resumed for the last time; ModelMachine sees to that.
Fiber::~Fiber() = default;

void Fiber::Resume() {
  void* fake = nullptr;
  StartSwitch(&fake, stack_bottom_, stack_size_);
  inside_ = std::move(inside_).resume();
  FinishSwitch(fake, nullptr, nullptr);
}

void Fiber::Yield() {
  void* fake = nullptr;
  StartSwitch(&fake, caller_bottom_, caller_size_);
  outside_ = std::move(outside_).resume();
  FinishSwitch(fake, &caller_bottom_, &caller_size_);
}

}  // namespace heddle
