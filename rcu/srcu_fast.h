// Fast SRCU: what is left of a reader if the updater pays for all barriers?
//
// The algorithm is rcu/srcu.h's, with its names.  Barriers B and C are gone, and those of the
// updater are barriers of all threads (Rt::BarrierAll: natively membarrier), each of which stands
// for B or C wherever one of them was needed.
//
//   ReadLock                         Synchronize
//   R1 c = used                      S  barrier of all threads
//   R2 ++c->locks[slot]              G1 await Drained(the counts not in use)
//   ... the critical section ...     E  barrier of all threads
//   ReadUnlock(c)                    G2 used = the other counts
//   R3 ++c->unlocks[slot]            D  barrier of all threads
//                                    G3 await Drained(those in use before G2)
//                                    F  barrier of all threads
//
//   Drained(c): wait until the sums below are equal for once, then
//               U1 u = sum of c->unlocks; A barrier of all threads; U2 l = sum of c->locks; l == u
//
// Where a reader stands when A reaches it decides for each section:
//
//   before R2         What follows sees all that was written before the call.
//   between R2, R3    U2 counts it in and U1 has not counted it out: l > u, unless one is counted
//                     out in its place that U2 misses.  But whoever U1 counts out had entered
//                     before A, and U2 sees that.
//   after R3          If U1 sees R3 then A, which comes between U1 and the return, finds the
//                     section over with all its accesses.  If not, it is counted in only.
//
//   A    So it is B's and C's partner, as in srcu.h.
//   D    bounds what readers count between U1 and U2 of G3: after it all of them read the new
//        `used`.  Matters where counters wrap around only.
//        The one in G1 also orders what is published before the call and the flip.  Otherwise a
//        reader might see the flip alone: it counts where G3 does not look, and finds the old.
//   S, E  Not needed, as this A is where they would be.
//   F    Not needed, as the last A comes after U1, and what U1 has not seen is not over.
//        The three are steps that are switched off, as each is an interrupt of all CPUs; mutants
//        without A switch them on.  For one reader S and F are as good as A, for two they are not.
//
// Increments are a load and a store without a lock prefix, and the load may even be plain: each
// slot is written by one thread, so nothing comes in between, and the updater only reads.  The
// store may not be plain, as it races with the updater's sums.  Two threads that share a slot lose
// counts; the model reports that as a race.
//
// Looking at the sums first, without the barrier, is for the other threads' sake: a failed look
// would interrupt them all.  Nothing is concluded from it.
//
// Sources: Linux's srcu_read_lock_fast() (2025), whose updater waits for grace periods of RCU where
// ours has barriers of all threads; M. Desnoyers et al., "User-Level Implementations of Read-Copy
// Update", IEEE TPDS 23(2), 2012, whose signal flavour has the updater send the readers' barriers,
// as membarrier(2) does since.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "rcu/srcu_use.h"
#include "runtime/array.h"
#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

/// The algorithm's steps, each of which a mutant drops, or adds, in turn.
struct SrcuFastSteps {
  bool a = true, d = true;
  bool e = false, start = false, end = false;  ///< E, S, F
  bool scan_other = true;                      ///< G1
  bool flip = true;                            ///< G2
  bool scan_used = true;                       ///< G3
  bool unlocks_first = true;                   ///< U1 before U2
  bool own_slots = true;  ///< false: readers share one, by increments that are not atomic
  // No steps, but variants.
  bool check_use = true;      ///< misuse is reported
  std::uint32_t modulus = 0;  ///< where the counters wrap around; 0: at 2^32
};

/// A domain: its grace periods wait for its own readers only.  One updater at a time.
///
/// A reader names a slot, which no other thread writes to as long as this one does; it may leave by
/// another slot than it entered by.
///
/// Misuse is reported as by Srcu.
template <Runtime Rt, std::size_t kSlots, SrcuFastSteps kSteps = SrcuFastSteps{}>
class SrcuFast {
  using Counter = typename Rt::template Atomic<std::uint32_t>;
  using Counters = typename Rt::template Array<Counter, kSlots>;

 public:
  using Here = SourceLocation;

  struct Counts {
    Counts(const char* l, const char* u) : locks(0U, l), unlocks(0U, u) {}
    Counters locks, unlocks;
  };

  using Slot = CheckedIndex<kSlots>;

  explicit SrcuFast(const char* name) : use_("fast srcu", name) {}

  /// What readers name their slot by, 0 … kSlots - 1: a reader that keeps it saves the check.
  [[gnu::always_inline]] Slot SlotOf(int number, Here at = Here::Current()) {
    return counts_[0].locks.Checked({kSteps.own_slots ? number : 0, at});
  }

  /// Enters a critical section; returns what to leave it with.
  [[nodiscard]] Counts* ReadLock(int slot, Here at = Here::Current()) {
    return ReadLock(SlotOf(slot, at), at);
  }
  [[nodiscard]] Counts* ReadLock(Slot slot, Here at = Here::Current()) {
    use_.BeforeEnter(/*nmi_safe=*/false, at);
    Counts* const counts = kernel::read_once(used_);  // R1
    Increment(counts->locks[slot]);                   // R2
    kernel::barrier();
    use_.Enter(IndexOf(counts));
    return counts;
  }

  void ReadUnlock(int slot, Counts* counts, Here at = Here::Current()) {
    ReadUnlock(SlotOf(slot, at), counts, at);
  }
  void ReadUnlock(Slot slot, Counts* counts, Here at = Here::Current()) {
    const auto wrong = [](int) { return std::string("what it has not locked it with"); };
    if (!use_.Leave(IndexOf(counts), at, wrong)) return;
    kernel::barrier();
    Increment(counts->unlocks[slot]);  // R3
  }

  /// Returns when every critical section that had begun before the call has ended.
  void Synchronize(Here at = Here::Current()) {
    if (!use_.BeginSynchronize(at)) return;
    if constexpr (kSteps.start) barrier_all_(at);  // S
    Counts* const used = kernel::read_once(used_);
    Counts* const other = &counts_[1 - IndexOf(used)];
    if constexpr (kSteps.scan_other) AwaitDrained(*other, at);    // G1
    if constexpr (kSteps.e) barrier_all_(at);                     // E
    if constexpr (kSteps.flip) kernel::write_once(used_, other);  // G2
    if constexpr (kSteps.d) barrier_all_(at);                     // D
    if constexpr (kSteps.scan_used) AwaitDrained(*used, at);      // G3
    if constexpr (kSteps.end) barrier_all_(at);                   // F
    use_.EndSynchronize();
  }

  /// False (natively): a call of Synchronize would be misuse, and that was reported.
  bool MayWait(int /*slot*/, Here at = Here::Current()) { return use_.IsOutside(at); }

 private:
  std::size_t IndexOf(const Counts* counts) const {
    return static_cast<std::size_t>(counts - counts_.data());
  }

  static void Increment(Counter& counter) {
    kernel::write_once(counter, Wrapped(counter.plain_load() + 1));
  }
  static std::uint32_t Sum(const Counters& counters) {
    std::uint32_t sum = 0;
    for (std::size_t slot = 0; slot < kSlots; ++slot) sum += kernel::read_once(counters[slot]);
    return Wrapped(sum);
  }
  static constexpr std::uint32_t Wrapped(std::uint32_t n) {
    if constexpr (kSteps.modulus == 0) {
      return n;
    } else {
      return n % kSteps.modulus;
    }
  }

  void AwaitDrained(const Counts& counts, Here at) {
    const Counters& first = kSteps.unlocks_first ? counts.unlocks : counts.locks;
    const Counters& second = kSteps.unlocks_first ? counts.locks : counts.unlocks;
    std::uint32_t sum = 0;
    do {
      Rt::spin_until([&] { return (sum = Sum(first)) == Sum(second); },  // U1
                     "readers to leave their critical sections", at);
      if constexpr (kSteps.a) barrier_all_(at);  // A
    } while (sum != Sum(second));                // U2
  }

  typename Rt::BarrierAll barrier_all_;
  std::array<Counts, 2> counts_{{{"locks[0]", "unlocks[0]"}, {"locks[1]", "unlocks[1]"}}};
  typename Rt::template Atomic<Counts*> used_{&counts_[0], "used"};
  SrcuUse<Rt, kSteps.check_use> use_;
};

}  // namespace heddle
