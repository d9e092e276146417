// How does a tracer not trace itself, through traps either, and yet trace the handlers that
// interrupt it?  Desnoyers' in_tracing flag.
//
// Each stack has a flag: each task's, the IRQ stack, the NMI stack.  Traps (page faults,
// breakpoints) use the flag of the stack that they hit.  The instrumentation, not the tracer, does:
//
//     F1 is the flag set? then drop this call
//     F2 set it
//     ... the tracer's callback ...
//     F3 clear it
//
//   F1, F2    are apart, but only a trap can come between them on the same stack, and that puts the
//             flag back before it returns.  A call that is dropped changes nothing: the flag is
//             that of who set it.
//   traps     In the tracer they find its flag, and so end a recursion at its first step.  (With
//             the bits of recursion_bits.h a trap that counts as an NMI is let in once more.)
//   handlers  An IRQ or NMI has a stack of its own, and is traced.  But not its entry code before
//             it switches stacks, nor its exit code: those are on the interrupted stack, and if
//             the tracer is there, their events are lost.
//   tasks     A task that migrates takes its stack along, flag and all; so preemption may stay on.
//             The flag of a CPU instead would be set on one and cleared on another.
//   tracers   With a flag for each tracer, one sees what another one does, and still not itself.
//
// It is a net for tracers that recurse, not for code that must not be interrupted by one at all:
// see breakpoint_tracer.h.
//
// Source: M. Desnoyers, LKML, "Instrumentation and RCU", March 2020.
#pragma once

#include <atomic>
#include <cstddef>

#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

/// The mechanism's steps, each of which a mutant drops in turn.
struct StackFlagSteps {
  bool set = true;         ///< F2
  bool clear = true;       ///< F3
  bool clear_last = true;  ///< F3 comes after the callback
  bool drop_keeps = true;  ///< a call that is dropped does not clear the flag
  bool per_tracer = true;  ///< false: one flag for all tracers
};

/// The flags of all stacks, for at most 32 tracers.
template <Runtime Rt, std::size_t kStacks, StackFlagSteps kSteps = StackFlagSteps{}>
class StackFlags {
 public:
  /// Calls `callback` unless the caller is in `tracer` already; returns whether it did.  `stack()`:
  /// the one that the caller is on.  It is asked for each access, as the stack pointer is.
  template <typename Stack, typename F>
  bool Run(Stack stack, int tracer, F callback) {
    const unsigned flag = 1U << (kSteps.per_tracer ? tracer : 0);
    const unsigned word = kernel::read_once(words_[stack()]);
    if ((word & flag) != 0) {  // F1
      if constexpr (!kSteps.drop_keeps) kernel::write_once(words_[stack()], word & ~flag);
      return false;
    }
    if constexpr (kSteps.set) kernel::write_once(words_[stack()], word | flag);  // F2
    if constexpr (!kSteps.clear_last) Clear(stack(), flag);
    callback();
    if constexpr (kSteps.clear && kSteps.clear_last) Clear(stack(), flag);  // F3
    return true;
  }

  bool IsSet(std::size_t stack, int tracer) const {
    return (kernel::read_once(words_[stack]) >> tracer & 1) != 0;
  }

 private:
  void Clear(std::size_t stack, unsigned flag) {
    kernel::write_once(words_[stack], kernel::read_once(words_[stack]) & ~flag);
  }

  typename Rt::template Array<typename Rt::template Atomic<unsigned>, kStacks> words_{0U,
                                                                                      "in tracing"};
};

}  // namespace heddle
