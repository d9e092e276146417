// A stackful thread of control that runs until it yields: what a thread of the program under test
// is while it is model-checked.
#pragma once

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <cstdint>
#include <functional>

#include "runtime/model/exception_state.h"

namespace heddle {

/// Runs `body` on a stack of its own, from Resume() to the next Yield().  A fiber is made once and
/// reused for every execution, because making one costs more than a small execution.  It is to be
/// destroyed only after `body` has returned (or before it first ran), or has been left for good.
class Fiber {
 public:
  static constexpr std::size_t kStackBytes = 256 * 1024;  ///< then a guard page

  explicit Fiber(std::function<void(Fiber&)> body);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void Resume();  ///< from outside
  void Yield();   ///< from inside
  /// From inside, also on a signal's stack: yields and is never resumed.  What is on the fiber's
  /// stack is not destroyed.  Returns if the fiber is not running but about to be, or just was.
  void Leave();

  /// Below the stack, where one that overflows ends.  Safe in a signal handler.
  bool IsInGuardPage(std::uintptr_t address) const {
    return address - reinterpret_cast<std::uintptr_t>(stack_bottom_) < guard_bytes_;
  }

 private:
  std::function<void(Fiber&)> body_;
  boost::context::fiber inside_, outside_;
  bool left_ = false;
  ExceptionState exceptions_;  // of the side that is not running
  boost::context::stack_context stack_;
  std::uintptr_t guard_bytes_ = 0;
  // Stack bounds for AddressSanitizer, which has to be told of every switch.
  const void* stack_bottom_ = nullptr;
  std::size_t stack_size_ = 0;
  const void* caller_bottom_ = nullptr;
  std::size_t caller_size_ = 0;
};

}  // namespace heddle
