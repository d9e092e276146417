// RCU for CPUs that are not preempted: readers do nothing that others see, and an updater waits
// until every CPU has been out of its readers.
//
//     Reader                            Updater
//     lock, read, …, unlock             publish the new, unpublish the old
//     QuiescentState, outside of        S1 full barrier
//     readers, now and then:            S2 number of the grace period = n
//       Q1 n = number (acquire)         for each other CPU:
//       Q2 reported = n (release)       S3 look at its context
//                                       S4 wait until it has reported n, or has been away since S3
//                                       free the old
//
// A grace period has ended when each CPU has passed, since it began, through a state in which it is
// in no reader: it says so (Q2), or it is idle or in user mode (context_tracking.h).  So no reader
// spans a grace period: of each reader, either all comes before its end, or all after its
// beginning.
//
//   readers …            why their memory accesses are on their side, too
//   before a report      Q2 releases them, S4 acquires them.
//   after a report       Q1 acquires n and so, as S1 makes S2 a release, what was published before.
//                        Reports of older numbers end nothing.
//   before leaving       The context's word releases them, S3 or S4 acquires them.
//   after coming back    S1 is before S3: either S3 sees that the CPU is back, or the CPU's readers
//                        see what was published before S1.
//
// The kernel has a full barrier at the end of a grace period, too.  S3 and S4 acquire; here it
// would add nothing.
//
// Several updaters at once, cookies and callbacks: grace_periods.h, callbacks.h.  Readers that may
// be preempted: rcu_preempt.h.
//
// There is no expedited form, since nothing is put off that it could hurry: S2 asks all CPUs at
// once, S3 and S4 pass over those that are away.  The kernel's interrupts CPUs, which look for new
// grace periods only now and then; here a CPU that polls Owes sees S2 as soon as an interrupt would
// tell it, and one in a reader has to leave that in either case.  Handlers that hurry:
// rcu_preempt.h.
//
// Sources: P. E. McKenney, J. D. Slingwine, "Read-Copy Update: Using Execution History to Solve
// Concurrency Problems", PDCS 1998; M. Desnoyers et al., "User-Level Implementations of Read-Copy
// Update", IEEE TPDS 23(2), 2012, section on quiescent-state-based RCU, whose readers go offline
// and online by stores and full barriers; Linux's Documentation/RCU/Design for idle CPUs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "rcu/context_tracking.h"
#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct RcuSteps {
  ContextSteps context{};
  bool acquire_number = true;  ///< Q1
  bool release_report = true;  ///< Q2
  bool fence_first = true;     ///< S1
  bool new_number = true;      ///< S2; false: the last grace period's
  bool look = true;            ///< S3: whoever is away is not waited for
  bool wait = true;            ///< S4
  bool acquire_report = true;  ///< S4
  bool check_use = true;       ///< misuse is reported
};

/// CPUs are 0 … kCpus - 1, all in the kernel at first.  What takes a `cpu` is called by that CPU.
template <Runtime Rt, int kCpus, RcuSteps kSteps = RcuSteps{}>
class Rcu {
 public:
  using Here = SourceLocation;

  /// What is read until the matching ReadUnlock is not freed meanwhile.  Nests.  No barrier.
  void ReadLock(int cpu, Here at = Here::Current()) {
    if constexpr (!kSteps.check_use) return;
    Watched(cpu, "enters a reader", at);
    kernel::write_once(depth(cpu), kernel::read_once(depth(cpu)) + 1);
  }
  void ReadUnlock(int cpu, Here at = Here::Current()) {
    if constexpr (!kSteps.check_use) return;
    const int nested = kernel::read_once(depth(cpu));
    if (nested == 0) Misuse(cpu, "leaves a reader, but is in none", at);
    kernel::write_once(depth(cpu), nested - 1);
  }

  /// `cpu` is in no reader: grace periods that have begun need not wait for it any more.
  void QuiescentState(int cpu, Here at = Here::Current()) {
    NoReader(cpu, "reports a quiescent state", at);
    const auto number = number_.load(kSteps.acquire_number ? kAcquire : kRelaxed);  // Q1
    if (number == kernel::read_once(reported(cpu))) return;
    reported(cpu).store(number,
                        kSteps.release_report ? std::memory_order_release : kRelaxed);  // Q2
  }
  /// By the timer's handler: reports, if what it interrupted was idle or user mode.  Another
  /// handler may have been in a reader.
  void Tick(int cpu, Here at = Here::Current()) {
    if (contexts_.HandlerInterruptedAbsence(cpu)) QuiescentState(cpu, at);
  }
  /// Whether a grace period waits for the report of `cpu`.  Orders nothing.
  bool Owes(int cpu) { return kernel::read_once(number_) != kernel::read_once(reported(cpu)); }

  /// Returns when every reader that may have found what was unpublished before the call has ended.
  /// Requires that no other CPU is in Synchronize: several ask grace_periods.h.
  void Synchronize(int cpu, Here at = Here::Current()) {
    if (!MayWait(cpu, at)) return;
    if constexpr (kSteps.fence_first) kernel::smp_mb<Rt>();  // S1
    const auto number = kernel::read_once(number_) + (kSteps.new_number ? 1U : 0U);
    kernel::write_once(number_, number);  // S2
    if constexpr (!kSteps.wait) return;
    for (int other = 0; other < kCpus; ++other)
      if (other != cpu) WaitFor(other, number);
  }

  /// False (natively): a call of Synchronize would be misuse, and that was reported.
  bool MayWait(int cpu, Here at = Here::Current()) {
    constexpr const char* kWhat = "waits for a grace period";
    return NoReader(cpu, kWhat, at) && Watched(cpu, kWhat, at);
  }
  /// Idle until `wait` returns: no grace period waits for `cpu` meanwhile.
  template <typename F>
  void Idle(int cpu, F&& wait, Here at = Here::Current()) {
    Leave(cpu, Context::kIdle, at);
    wait();
    Return(cpu, at);
  }

  /// Context tracking, as ContextTracking has it, and never inside a reader.
  void Leave(int cpu, Context context, Here at = Here::Current()) {
    NoReader(cpu, "leaves the kernel", at);
    contexts_.Leave(cpu, context, at);
  }
  void Return(int cpu, Here at = Here::Current()) { contexts_.Return(cpu, at); }
  void EnterHandler(int cpu) { contexts_.EnterHandler(cpu); }
  void ExitHandler(int cpu, Here at = Here::Current()) {
    if (contexts_.HandlerEndsWatching(cpu)) NoReader(cpu, "ends its outermost handler", at);
    contexts_.ExitHandler(cpu, at);
  }
  bool IsWatching(int cpu) { return contexts_.IsWatching(cpu); }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  static constexpr auto kAcquire = std::memory_order_acquire;

  void WaitFor(int cpu, std::uint64_t number) {
    const auto snapshot = contexts_.Snapshot(cpu);  // S3
    Rt::spin_until(
        [&] {  // S4
          if (kSteps.look && contexts_.HasBeenAway(cpu, snapshot)) return true;
          return reported(cpu).load(kSteps.acquire_report ? kAcquire : kRelaxed) == number;
        },
        "a quiescent state of every CPU");
  }

  bool NoReader(int cpu, const char* what, Here at) {
    if (!kSteps.check_use || kernel::read_once(depth(cpu)) == 0) return true;
    Misuse(cpu, std::string(what) + " inside a reader", at);
    return false;
  }
  bool Watched(int cpu, const char* what, Here at) {
    if (!kSteps.check_use || contexts_.IsWatching(cpu)) return true;
    Misuse(cpu, std::string(what) + " while RCU does not watch it", at);
    return false;
  }
  void Misuse(int cpu, const std::string& what, Here at) {
    Rt::report(Fault::kMisuse, "CPU " + std::to_string(cpu) + " " + what, at);
  }
  auto& depth(int cpu) { return depth_[static_cast<std::size_t>(cpu)]; }
  auto& reported(int cpu) { return reported_[static_cast<std::size_t>(cpu)]; }

  template <typename T>
  using Atomic = typename Rt::template Atomic<T>;
  template <typename Cell>
  using PerCpu = typename Rt::template Array<Cell, kCpus>;
  ContextTracking<Rt, kCpus, kSteps.context> contexts_;
  Atomic<std::uint64_t> number_{0, "grace period"};
  PerCpu<Atomic<std::uint64_t>> reported_{std::uint64_t{0}, "reported"};
  PerCpu<Atomic<int>> depth_{0, "reader depth"};  // each CPU's own, for reports
};

}  // namespace heddle
