// What runs a given number of instructions from now?
//
// Another thread's signal comes microseconds after it was sent: handlers of some instructions are
// over by then, and nothing would ever interrupt them.  So a thread has itself trapped after each
// instruction (TF of x86-64's RFLAGS; Intel SDM vol. 3, 18.3.1.4), and counts: 1 to 2 µs each.
#pragma once

namespace heddle::native {

/// Not on arm64, whose user space cannot ask for it, nor under ThreadSanitizer, which delivers
/// signals late: there a SingleSteps does nothing.
bool CanSingleStep();

/// While it lives, the calling thread executes single steps; `act(context)` runs after
/// `instructions` of them, as a signal handler does, once.  With 0 it does nothing, nor if another
/// one of this thread has yet to act.
class SingleSteps {
 public:
  SingleSteps(int instructions, void (*act)(void* context), void* context);
  ~SingleSteps();
  SingleSteps(const SingleSteps&) = delete;
  SingleSteps& operator=(const SingleSteps&) = delete;

 private:
  bool armed_ = false;
};

/// For the handler of SIGTRAP: whether this was such a step; if so, it is dealt with.
bool TakeStep(int si_code, void* ucontext);

}  // namespace heddle::native
