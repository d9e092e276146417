// How does a tracer not trace itself, and yet trace the handlers that interrupt it?
//
// Each task has a word with one bit for each level of context (context_record.h), and one more, the
// transition bit.  A call of the tracer holds a bit:
//
//     Enter                                      Exit
//     E1 word; bit = the recorded level's        X1 preemption on
//     E2 set? then bit = transition              X2 word = word without bit
//     E3 set, too? then drop this call
//     E4 word = word with bit
//     E5 preemption off
//     ... the tracer's callback ...
//
//   E1        A tracer that is called by its own callback is in the same context and finds its bit.
//             A handler is of another level, has a bit of its own, and is traced.
//   E2        But before entry code has recorded it, and after it has taken that back, a handler is
//             taken for what it interrupted.  If that was in the tracer, the handler's event would
//             be lost.  Nothing tells this apart from a recursion, so one more call is let in.
//   E3        One, or there would be no end to a recursion.  Lost is, therefore, what an NMI traces
//             in its window if it came while a window's call held the transition bit.  And a
//             callback that calls a traced function is let in once; while that lasts, handlers
//             lose what they trace in their windows.
//   E4, X2    A load and a store.  Who comes between them has a word of the same value at its end
//             as at its beginning, and the word is its task's own.
//   E5, X1    The callback uses its CPU's buffers, one for each bit.  Another task has a word of
//             its own, and would use them, too.  Preempted between E4 and E5 it has used none yet.
//
// So the callbacks that are active at once on a CPU hold different bits: no more of them than
// levels of context and one.  Each has its own buffer, even when it is mistaken for its neighbour.
//
// Compilers must leave E4 before the callback and X2 behind it (the kernel's barrier()): here the
// word is atomic, and what the callback shares with handlers is, too.
//
// Sources: Linux's trace_recursion.h as Documentation/trace/ftrace-uses.rst describes it; commit
// 726b3d3f141f (2020) for the transition bit.
#pragma once

#include <atomic>
#include <string>

#include "runtime/kernel.h"
#include "runtime/runtime.h"
#include "tracing/context_record.h"

namespace heddle {

/// The mechanism's steps, each of which a mutant drops in turn.
struct RecursionSteps {
  bool per_level = true;         ///< E1; false: one bit for all levels
  bool transition = true;        ///< E2
  bool bound_transition = true;  ///< E3
  bool preemption_off = true;    ///< E5, X1
  bool clear = true;             ///< X2
};

/// One task's.  Used by its CPU only.
template <Runtime Rt, RecursionSteps kSteps = RecursionSteps{}>
class RecursionBits {
 public:
  using Here = SourceLocation;
  static constexpr int kDropped = -1, kTransition = kLevels, kSlots = kLevels + 1;

  /// The bit that the call holds, 0 … kSlots - 1; kDropped: the tracer is not to be called.
  [[nodiscard]] int Enter(const ContextRecord<Rt>& record) {
    const unsigned word = kernel::read_once(word_);
    int bit = kSteps.per_level ? static_cast<int>(record.Recorded()) : 0;  // E1
    if ((word >> bit & 1) != 0) {
      if constexpr (!kSteps.transition) return kDropped;
      bit = kTransition;                                                       // E2
      if (kSteps.bound_transition && (word >> bit & 1) != 0) return kDropped;  // E3
    }
    kernel::write_once(word_, word | 1U << bit);                            // E4
    if constexpr (kSteps.preemption_off) Rt::mask(Interrupt::kPreemption);  // E5
    return bit;
  }
  /// `bit`: what Enter returned.
  void Exit(int bit, Here at = Here::Current()) {
    const unsigned word = kernel::read_once(word_);
    if (bit < 0 || bit >= kSlots || (word >> bit & 1) == 0) {
      Rt::report(
          Fault::kMisuse,
          "ends a call of the tracer with bit " + std::to_string(bit) + ", which is not held", at);
      return;
    }
    if constexpr (kSteps.preemption_off) Rt::unmask(Interrupt::kPreemption);     // X1
    if constexpr (kSteps.clear) kernel::write_once(word_, word & ~(1U << bit));  // X2
  }

  unsigned word() const { return kernel::read_once(word_); }

 private:
  typename Rt::template Atomic<unsigned> word_{0U, "recursion bits"};
};

}  // namespace heddle
