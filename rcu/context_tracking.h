// Context tracking: does RCU watch a CPU, and has a CPU been out of RCU's sight since somebody
// looked?
//
// A CPU that is idle or in user mode has no readers and should not be woken for every grace period.
// So each CPU has one word, which it alone writes and anybody may read:
//
//     bits 0-1  what the CPU is at: kernel, idle, user, guest
//     bit 2     "watching": clear while RCU does not watch the CPU, which then must not read
//     bits 3-   with bit 2, a counter of the transitions; so bit 2 is the counter's parity
//
//     leaving the kernel                  coming back
//     L  word += watching + context       R1 word += watching - context
//                                         R2 full barrier
//     a remote look                       a later look
//     A1 snapshot = word (acquire)        A2 it is away if the snapshot was not watching
//                                         A3 or if word differs from it by now (acquire)
//
// L releases what the CPU read before it left; A1 and A3 acquire that.  L and R1 are
// read-modify-writes, so a look that misses L and sees R1 acquires it nevertheless (C++20: a plain
// store of R1 would end L's release sequence).
//
// R2 is one side of a store buffering: whoever publishes, takes a full barrier and then looks
// either sees R1, or the CPU, which reads after R2, sees what was published.  Without it the CPU
// reads old data although it was counted as away when it did.
//
// The kernel's read-modify-writes are full barriers on both sides of both transitions.  What is
// neither above nor below is not needed, and not here.
//
// The counter, rather than a flag, tells who came back before the second look.  It wraps around
// after 2^29 absences between two looks.
//
// Handlers (interrupts, NMIs) may come while the CPU is away.  The outermost one then switches
// watching on and makes nesting 1; all others add 2, and take 2 away when they end.  So 1 says: the
// end of this handler is where watching ends.  nesting is 0 *before* the word says so, so that a
// handler in between would find things as they were; and it becomes 1 after the word does.
//
// A handler that comes between any two steps leaves nesting as it found it, and the word but for
// its counter.  So nesting's increments may be split.  The word's could be, too, for handlers'
// sake: a store of what was loaded before the handler takes the counter back, so that A3 may miss
// an absence, which only takes time.
//
//     R3 full barrier, in a handler that finds RCU watching
//
// Such a handler may have come between R1 and R2: its readers are after R1, and without R3 they
// could overtake it.  Where the read-modify-write R1 is a full barrier by itself, as x86's are and
// the kernel's must be, there is no such place, and R2 and R3 are not needed.
//
// A handler asks the word whether RCU watches.  If nesting is to tell, with a level for the task
// itself, then it is wrong between the two stores of a transition: between L and the store before
// it, a tracepoint that enters as a handler does switches watching off.
//
// Deviations from Linux: tasks have no level of their own (the kernel's `nesting`), and nothing
// forgives handlers that begin and never end: a CPU leaves once and comes back once, and anything
// else is reported as misuse.  No momentary absence that a CPU in the kernel reports of itself.
//
// Sources: Linux's kernel/context_tracking.c as its comments and Documentation/RCU/Design ("A Tour
// Through TREE_RCU's Data Structures") describe it.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

enum class Context : unsigned { kKernel = 0, kIdle = 1, kUser = 2, kGuest = 3 };

constexpr const char* Name(Context context) {
  constexpr const char* kNames[] = {"the kernel", "idle", "user mode", "a guest"};
  return kNames[static_cast<unsigned>(context)];
}

/// The mechanism's steps, each of which a mutant drops in turn.
struct ContextSteps {
  bool release_leaving = true;   ///< L
  bool fence_returning = true;   ///< R2
  bool one_rmw = true;           ///< L and R1; false: a load and a store
  bool count = true;             ///< false: a flag instead of a counter
  bool acquire_snapshot = true;  ///< A1
  bool test_parity = true;       ///< A2
  bool test_change = true;       ///< A3: the comparison
  bool acquire_look = true;      ///< A3: its order
  bool watch_handlers = true;    ///< handlers switch watching on
  bool count_handlers = true;    ///< only the outermost one switches it off
  bool fence_nested = true;      ///< R3
  bool word_first = true;        ///< a handler's entry: watching is on before nesting is 1
  bool nesting_first = true;     ///< its end: nesting is 0 before watching is off
  bool ask_word = true;          ///< false: nesting, with the task's level, tells who is watched
};

/// CPUs are 0 … kCpus - 1, all of them in the kernel at first.  What takes a `cpu` is called by
/// that CPU, except for Snapshot and HasBeenAway.
template <Runtime Rt, int kCpus, ContextSteps kSteps = ContextSteps{}>
class ContextTracking {
 public:
  using Here = SourceLocation;
  /// A CPU's word as Snapshot read it.
  using Word = unsigned;

  /// From the kernel to `context`.  Not in a handler.
  void Leave(int cpu, Context context, Here at = Here::Current()) {
    const Context now = ContextOf(OwnWord(cpu));
    if (now != Context::kKernel || context == Context::kKernel)
      Misuse(cpu, "goes from " + std::string(Name(now)) + " to " + Name(context), at);
    if (kernel::read_once(nesting(cpu)) != kTask)
      Misuse(cpu, "goes to " + std::string(Name(context)) + " in a handler", at);
    if constexpr (!kSteps.ask_word) kernel::write_once(nesting(cpu), 0);
    StopWatching(cpu, static_cast<Word>(context));
  }
  /// To the kernel.  Not in a handler.
  void Return(int cpu, Here at = Here::Current()) {
    const Context now = ContextOf(OwnWord(cpu));
    if (now == Context::kKernel) Misuse(cpu, "returns to the kernel, where it is already", at);
    if (kernel::read_once(nesting(cpu)) != 0) Misuse(cpu, "returns to the kernel in a handler", at);
    StartWatching(cpu, static_cast<Word>(now));
    if constexpr (!kSteps.ask_word) kernel::write_once(nesting(cpu), kTask);
  }

  /// A handler begins, whatever it interrupts.
  void EnterHandler(int cpu) {
    const bool first = kSteps.watch_handlers &&
                       (kSteps.ask_word ? !IsWatching(cpu) : kernel::read_once(nesting(cpu)) == 0);
    const int by = first ? 1 : 2;
    if (first && kSteps.word_first) StartWatching(cpu, 0);
    if constexpr (kSteps.fence_nested)
      if (!first) BarrierAfterR1();  // R3
    kernel::write_once(nesting(cpu), kernel::read_once(nesting(cpu)) + by);
    if (first && !kSteps.word_first) StartWatching(cpu, 0);
  }
  void ExitHandler(int cpu, Here at = Here::Current()) {
    const int depth = kernel::read_once(nesting(cpu));
    if (depth == 0) Misuse(cpu, "ends a handler, but is in none", at);
    const bool last = WatchingEndsWith(cpu, depth);
    if (last && !kSteps.nesting_first) StopWatching(cpu, 0);
    kernel::write_once(nesting(cpu), depth == 1 ? 0 : depth - 2);
    if (last && kSteps.nesting_first) StopWatching(cpu, 0);
  }
  /// Whether the end of `cpu`'s handler ends RCU's watching, too.
  bool HandlerEndsWatching(int cpu) {
    return WatchingEndsWith(cpu, kernel::read_once(nesting(cpu)));
  }
  /// Whether `cpu`'s handler interrupted idle or user mode itself, and no other handler.
  bool HandlerInterruptedAbsence(int cpu) { return kernel::read_once(nesting(cpu)) == 1; }
  /// 0 outside of handlers.  By the CPU itself.
  int Nesting(int cpu) { return kernel::read_once(nesting(cpu)); }

  /// Relaxed: nobody else writes the word.
  bool IsWatching(int cpu) { return (OwnWord(cpu) & kWatching) != 0; }

  /// By any CPU, about any: A1.  Requires a full barrier since whatever is to be seen by `cpu` if
  /// it comes back was published.
  Word Snapshot(int cpu) { return word(cpu).load(kSteps.acquire_snapshot ? kAcquire : kRelaxed); }
  /// Whether `cpu` was not watched at some time since (or when) `snapshot` was taken: A2, A3.  If
  /// so, what it read before happens before this, and what it reads once it is back sees what was
  /// published before the snapshot.
  bool HasBeenAway(int cpu, Word snapshot) {
    if (IsAway(snapshot)) return true;
    const Word now = word(cpu).load(kSteps.acquire_look ? kAcquire : kRelaxed);
    return kSteps.test_change ? now != snapshot : IsAway(now);
  }

 private:
  static constexpr Word kWatching = 4;
  static constexpr int kTask = kSteps.ask_word ? 0 : 1 << 16;  // nesting of the task in the kernel
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  static constexpr auto kAcquire = std::memory_order_acquire;

  static bool IsAway(Word word) { return kSteps.test_parity && (word & kWatching) == 0; }
  static Context ContextOf(Word word) { return static_cast<Context>(word & 3); }
  bool WatchingEndsWith(int cpu, int depth) {
    if constexpr (!kSteps.count_handlers) return depth % 2 == 1 && IsWatching(cpu);
    return depth == 1;
  }

  void StopWatching(int cpu, Word context) {  // L
    const auto order = kSteps.release_leaving ? std::memory_order_release : kRelaxed;
    Add(cpu, kSteps.count ? context + kWatching : context - kWatching, order);
  }
  void StartWatching(int cpu, Word context) {
    Add(cpu, kWatching - context, kRelaxed);                 // R1
    if constexpr (kSteps.fence_returning) BarrierAfterR1();  // R2
  }
  void Add(int cpu, Word by, std::memory_order order) {
    if constexpr (kSteps.one_rmw) {
      word(cpu).fetch_add(by, order);
    } else {
      word(cpu).store(OwnWord(cpu) + by, order);
    }
  }

  static void BarrierAfterR1() {
    if constexpr (kSteps.one_rmw)
      kernel::smp_mb_after_atomic<Rt>();
    else
      kernel::smp_mb<Rt>();
  }

  void Misuse(int cpu, const std::string& what, Here at) {
    Rt::report(Fault::kMisuse, "CPU " + std::to_string(cpu) + " " + what, at);
  }
  Word OwnWord(int cpu) { return kernel::read_once(word(cpu)); }
  auto& word(int cpu) { return words_[static_cast<std::size_t>(cpu)]; }
  auto& nesting(int cpu) { return nesting_[static_cast<std::size_t>(cpu)]; }

  template <typename Cell>
  using PerCpu = typename Rt::template Array<Cell, kCpus>;
  PerCpu<typename Rt::template Atomic<Word>> words_{kWatching, "context"};
  PerCpu<typename Rt::template Atomic<int>> nesting_{kTask, "nesting"};  // each CPU's own
};

}  // namespace heddle
