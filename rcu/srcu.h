// SRCU, sleepable read-copy update: when does nobody read any more what was unpublished?
//
// Readers count themselves in and out under one of two indices; a grace period waits until the
// counts under each are equal, and between its two scans sends new readers to the other index.
//
//   ReadLock                         Synchronize
//   R1 i = index & 1                 S  mb
//   R2 ++locks[i][cpu]               G1 await Drained(the index not in use)
//   B  mb                            E  mb
//   ... the critical section ...     G2 ++index
//   ReadUnlock(i)                    D  mb
//   C  mb                            G3 await Drained(the index in use before G2)
//   R3 ++unlocks[i][cpu]             F  mb
//
//   Drained(i): U1 u = sum of unlocks[i]; A mb; U2 l = sum of locks[i]; l == u
//
// The claim: no critical section spans a call of Synchronize.  It ends before the call returns,
// with all that it read and wrote, or it sees all that was written before the call.
//
//   U1 before U2, A   Sums are no snapshot: readers come and go meanwhile.  If u counts somebody's
//                     unlock then l counts the lock, for A pairs with B and C, which are between
//                     the two: so l == u says that everybody in l is out.  The other way round, a
//                     reader that came after U2 is counted out instead of one that is inside.
//   B with A          Store buffering: R2, B, the section's reads; the updater's unpublication, A,
//                     U2.  Either U2 counts the reader, or the reader sees the unpublication.
//   C with A          What the section did comes before R3, and so before the end of the call.
//   G1                R1 and R2 are apart: a reader may have read the index before the flip of the
//                     grace period before this one and enter under it only now, that is, under the
//                     index that G3 does not scan.
//   G3                Everybody else is under the index in use.
//   G2 with D         Between U1 and U2 of G3 readers go on counting.  Counters wrap around, so it
//                     matters how often: D pairs with B, so that of what G3 counts in but not out
//                     at most two sections are of one thread (one, under sc).  Unless they nest,
//                     it suffices that counters have more values than twice the threads.  Without
//                     D or the flip there is no bound: l wraps around to u, and the call returns
//                     amid a section.  Without the flip, moreover, it waits for ever for readers
//                     that take turns.
//   E                 Not needed.  G2 depends on what G1 read, and no store takes effect before the
//                     reads it depends on; A is between G1's and it, besides.
//   S and F           Not needed as long as A is there, which is between the unpublication and U2,
//                     and between U1 and what follows the call.  S without A still makes B's pair.
//
// Readers may wait for anything but the end of a grace period of the same domain.  They may nest,
// and leave on another CPU than they entered on: only sums are compared.
//
// Several updaters at once, cookies and callbacks: grace_periods.h, callbacks.h.
//
// Deviations from Linux: an updater waits itself, and the phases of a grace period are not in its
// number.
// An increment is a load and a store, as there, where it is one instruction without a lock prefix
// or done with interrupts off: threads that share a CPU's counters must not interrupt one another
// within it.  For readers in NMIs it is one read-modify-write (nmisafe_lock, nmisafe_unlock): the
// interrupted store would take back what the NMI has counted.  If that is a lock, the interrupted
// reader's own section is not waited for; if it is an unlock, the call waits for ever.
//
// Sources: P. E. McKenney, "Sleepable RCU", LWN, 2006; Linux commit f2c46896635c (2017) for lock
// and unlock counters and the order of their sums.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "rcu/srcu_use.h"
#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

/// The algorithm's steps, each of which a mutant drops in turn.
struct SrcuSteps {
  bool a = true, b = true, c = true, d = true, e = true;
  bool start = true;          ///< S
  bool end = true;            ///< F
  bool scan_other = true;     ///< G1
  bool flip = true;           ///< G2
  bool scan_used = true;      ///< G3
  bool unlocks_first = true;  ///< U1 before U2
  // No steps, but variants.
  bool nmisafe_lock = false;    ///< R2 is one read-modify-write
  bool nmisafe_unlock = false;  ///< R3 likewise
  bool check_use = true;        ///< misuse is reported
  std::uint32_t modulus = 0;    ///< where the counters wrap around; 0: at 2^32
};

/// A domain: its grace periods wait for its own readers only.  Any number of readers, which name
/// the CPU they are on, at most one of them per CPU at a time in ReadLock or ReadUnlock.  One
/// updater at a time: several ask grace_periods.h.
///
/// Reported as misuse: an unlock without a lock, or with an index that the thread does not hold; a
/// lock in an NMI, unless the counters are NMI-safe;
/// Synchronize inside a critical section of the same domain, or (natively, if it is seen) while
/// another thread is in it, which the model reports as a data race.
template <Runtime Rt, std::size_t kCpus, SrcuSteps kSteps = SrcuSteps{}>
class Srcu {
 public:
  using Here = SourceLocation;

  explicit Srcu(const char* name) : use_("srcu", name) {}

  /// Enters a critical section; returns the index to leave it with, 0 or 1.
  [[nodiscard]] int ReadLock(int cpu, Here at = Here::Current()) {
    use_.BeforeEnter(kSteps.nmisafe_lock && kSteps.nmisafe_unlock, at);
    const std::size_t i = kernel::read_once(index_) & 1;   // R1
    Increment<kSteps.nmisafe_lock>(slots_[i].locks[cpu]);  // R2
    if constexpr (kSteps.b) kernel::smp_mb<Rt>();          // B
    use_.Enter(i);
    return static_cast<int>(i);
  }

  /// `cpu`: where the thread is now.
  void ReadUnlock(int cpu, int index, Here at = Here::Current()) {
    const auto i = static_cast<std::size_t>(index);
    const auto wrong = [index](int held) {
      return "index " + std::to_string(index) + ", but has locked it with index " +
             std::to_string(held);
    };
    if (!use_.Leave(i, at, wrong)) return;
    if constexpr (kSteps.c) kernel::smp_mb<Rt>();              // C
    Increment<kSteps.nmisafe_unlock>(slots_[i].unlocks[cpu]);  // R3
  }

  /// Returns when every critical section that had begun before the call has ended.
  void Synchronize(Here at = Here::Current()) {
    if (!use_.BeginSynchronize(at)) return;
    if constexpr (kSteps.start) kernel::smp_mb<Rt>();  // S
    const std::uint32_t used = kernel::read_once(index_);
    if constexpr (kSteps.scan_other) AwaitDrained(used + 1, at);      // G1
    if constexpr (kSteps.e) kernel::smp_mb<Rt>();                     // E
    if constexpr (kSteps.flip) kernel::write_once(index_, used + 1);  // G2
    if constexpr (kSteps.d) kernel::smp_mb<Rt>();                     // D
    if constexpr (kSteps.scan_used) AwaitDrained(used, at);           // G3
    if constexpr (kSteps.end) kernel::smp_mb<Rt>();                   // F
    use_.EndSynchronize();
  }

  /// False (natively): a call of Synchronize would be misuse, and that was reported.
  bool MayWait(int /*cpu*/, Here at = Here::Current()) { return use_.IsOutside(at); }

 private:
  using Counter = typename Rt::template Atomic<std::uint32_t>;
  using Counters = typename Rt::template Array<Counter, kCpus>;  // one per CPU

  struct Slot {
    Slot(const char* l, const char* u) : locks(0U, l), unlocks(0U, u) {}
    Counters locks, unlocks;
  };

  template <bool kOneRmw>
  static void Increment(Counter& counter) {
    if constexpr (kOneRmw) {
      static_assert(kSteps.modulus == 0, "a read-modify-write wraps around at 2^32");
      counter.fetch_add(1, std::memory_order_relaxed);
    } else {
      kernel::write_once(counter, Wrapped(kernel::read_once(counter) + 1));
    }
  }
  static std::uint32_t Sum(const Counters& counters) {
    std::uint32_t sum = 0;
    for (std::size_t cpu = 0; cpu < kCpus; ++cpu) sum += kernel::read_once(counters[cpu]);
    return Wrapped(sum);
  }
  static constexpr std::uint32_t Wrapped(std::uint32_t n) {
    if constexpr (kSteps.modulus == 0) {
      return n;
    } else {
      return n % kSteps.modulus;
    }
  }

  static bool Drained(const Slot& slot) {
    const std::uint32_t first = Sum(kSteps.unlocks_first ? slot.unlocks : slot.locks);  // U1
    if constexpr (kSteps.a) kernel::smp_mb<Rt>();                                       // A
    return first == Sum(kSteps.unlocks_first ? slot.locks : slot.unlocks);              // U2
  }
  void AwaitDrained(std::uint32_t index, Here at) {
    const Slot& slot = slots_[index & 1];
    Rt::spin_until([&slot] { return Drained(slot); }, "readers to leave their critical sections",
                   at);
  }

  Counter index_{0U, "index"};  // its lowest bit counts
  std::array<Slot, 2> slots_{{{"locks[0]", "unlocks[0]"}, {"locks[1]", "unlocks[1]"}}};
  SrcuUse<Rt, kSteps.check_use> use_;
};

}  // namespace heddle
