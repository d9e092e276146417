// Preemptible RCU: readers may be preempted, and go on elsewhere.
//
//     Reader                              Tick, in an interrupt
//     lock    L1 ++nesting                T1 if nesting is 0: the CPU's report
//     …                                   T2 else special |= need a report
//     unlock  U1 --nesting
//             U2 if it is 0 and special   Context switch, interrupts off
//                is not: its processing   C1 if nesting is not 0: queue the task
//                                         C2 the CPU's report
//     Processing, interrupts off
//     X1 special = 0                      Updater, under the node's lock
//     X2 if a report is needed: it        S0 (before it) full barrier
//     X3 if queued: leave the queue       S1 a new grace period
//                                         S2 it waits for each CPU that runs a task
//                                         S3 and for each task that is queued already
//                                         S4 without the lock: wait for all of them
//
// A reader says nothing to others; that it has begun is its own task's count.  So a CPU's report
// means: whoever was in a reader here when the grace period began has left it, or is queued.  A
// switch may report at once (C2) because of C1.  A task that is queued before its CPU has reported
// holds up the current grace period, one that is queued afterwards only the next one (S3): it
// cannot have begun its reader before the report.
//
//   order                      what breaks without it
//   U1 before U2               Preempted in between, the task is queued and nobody takes it out:
//                              the grace period never ends.
//   C1 before C2               The last report ends the grace period over the reader.
//   X with interrupts off      The tick takes the lock that the processing holds.
//   T1, T2 with X2, C2         Each is the only report of a task that runs on, from where it is
//                              outside of readers, in one, or back from a switch.
//   X1                         Only time: later unlocks process again, and find nothing to do.
//   S0                         Needed where a grace period counts for who has not asked for it:
//                              D2 of grace_periods.h.
//   S4 acquires the last       The end of a reader is ordered before the updater's next step by
//   report, which releases     these alone: the updater does not take the lock in S4.
//
// Both the count and `special` are the task's own, and its interrupts': relaxed, and increments may
// be split, as a handler leaves the count as it was.  What remains is the lock's: the end of a
// reader is before the report, in the same CPU's or task's order; the report before the end of the
// grace period; its beginning before the report, and that before the CPU's next reader.
//
// Expedited: behind S3 an interrupt of each task does what a tick does.  A task outside of readers
// reports at once (T1), one inside when it leaves (T2); one that is switched out or queued counts
// as ever.  No step is new, so its argument is the tick's.  (torture_tight_rcu_preempt is expedited
// only: its mutant whose T1 does not look fails.)
//
// The kernel processes an unlock with interrupts off later, has a tree of nodes and boosts queued
// tasks; that is not here.  One CPU updates at a time.
//
// Sources: P. E. McKenney, D. Sarma, I. Molnar, S. Bhattacharya, "Extending RCU for Realtime and
// Embedded Workloads", OLS 2006; Linux's Documentation/RCU/Design/Memory-Ordering.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>

#include "rcu/scheduler.h"
#include "runtime/kernel.h"
#include "runtime/runtime.h"
#include "runtime/sync/mutex.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct RcuPreemptSteps {
  bool tick_looks = true;        ///< T1: whether it is in a reader
  bool tick_reports = true;      ///< T1: the report
  bool tick_asks = true;         ///< T2
  bool nesting_first = true;     ///< U1 before U2
  bool queue = true;             ///< C1
  bool switch_reports = true;    ///< C2
  bool report_last = true;       ///< C1 before C2, in two sections of the lock if not
  bool holds_up_current = true;  ///< C1: also the grace period that waits for this CPU
  bool clear_special = true;     ///< X1
  bool report_asked = true;      ///< X2
  bool leave_queue = true;       ///< X3
  bool irqs_off = true;          ///< X
  bool fence_first = true;       ///< S0
  bool wait_for_cpus = true;     ///< S2
  bool wait_for_queued = true;   ///< S3
  bool acquire_end = true;       ///< S4
  bool release_end = true;       ///< the last report
};

/// Tasks 0 … kTasks - 1 have readers; the updater is none of them and runs elsewhere.
template <Runtime Rt, int kCpus, int kTasks, RcuPreemptSteps kSteps = RcuPreemptSteps{}>
class RcuPreempt {
 public:
  using Here = SourceLocation;

  /// The task's first and last steps: it runs on `cpu`, or no longer on any.
  void Start(int task, int cpu) {
    scheduler_.Enter(task, cpu);
    const kernel::IrqsOff<Rt> off;
    SwitchedIn(task);
  }
  void End(int task, Here at = Here::Current()) {
    if (kernel::read_once(nesting(task)) != 0) Misuse(task, "ends inside a reader", at);
    const kernel::IrqsOff<Rt> off;
    SwitchingOut(task);
    scheduler_.Leave(task);
  }
  /// The handlers of Interrupt::kPreemption and of the timer's Interrupt::kIrq, while it runs.
  void Preempt(int task) {
    scheduler_.Preempt(
        task, [&] { SwitchingOut(task); }, [&] { SwitchedIn(task); });
  }
  void Tick(int task) {
    if (!kSteps.tick_looks || kernel::read_once(nesting(task)) == 0) {
      if constexpr (kSteps.tick_reports) Report(scheduler_.CpuOf(task));  // T1
    } else if (kSteps.tick_asks) {
      Add(special(task), kNeedsReport);  // T2
    }
  }

  /// Nests.  No CPU's barrier.  Also by handlers that interrupt the task.
  void ReadLock(int task) {  // L1
    kernel::write_once(nesting(task), kernel::read_once(nesting(task)) + 1);
    kernel::barrier();  // the reader stays inside, for what interrupts it
  }
  void ReadUnlock(int task, Here at = Here::Current()) {
    const int depth = kernel::read_once(nesting(task));
    if (depth == 0) Misuse(task, "leaves a reader, but is in none", at);
    int specials = 0;
    if constexpr (!kSteps.nesting_first) specials = kernel::read_once(special(task));
    Rt::interrupt_point();
    kernel::barrier();
    kernel::write_once(nesting(task), depth - 1);  // U1
    if constexpr (kSteps.nesting_first) specials = kernel::read_once(special(task));
    if (depth == 1 && specials != 0) Process(task);  // U2
  }

  /// Whether a grace period waits for some CPU or task: what a tick is for.  Orders nothing.
  bool IsWaiting() { return kernel::read_once(waits_for_) != 0; }

  /// Returns when every reader that may have found what was unpublished before the call has ended.
  void Synchronize() {
    Begin();
    AwaitEnd();  // S4
  }
  /// The same, sooner: interrupts have every task do what a tick does.  Tasks are the scenario's
  /// threads from `first` on.  For the model it is the same as Synchronize: ticks come anywhere.
  void SynchronizeExpedited(int first) {
    Begin();
    for (int task = 0; task < kTasks; ++task) Rt::send_interrupt(first + task, Interrupt::kIrq);
    AwaitEnd();
  }

 private:
  static constexpr int kNeedsReport = 1, kQueued = 2;

  void Begin() {
    if constexpr (kSteps.fence_first) kernel::smp_mb<Rt>();  // S0
    const std::lock_guard lock(lock_);
    int wait_for = 0;  // S1
    for (int cpu = 0; cpu < kCpus; ++cpu) {
      owes(cpu).store(kSteps.wait_for_cpus && runs(cpu).load());  // S2
      if (owes(cpu).load()) ++wait_for;
    }
    for (int task = 0; task < kTasks; ++task) {
      holds_up(task).store(kSteps.wait_for_queued && queued(task).load());  // S3
      if (holds_up(task).load()) ++wait_for;
    }
    kernel::write_once(waits_for_, wait_for);
  }
  void AwaitEnd() {
    waits_for_.await([](int left) { return left == 0; },
                     kSteps.acquire_end ? std::memory_order_acquire : std::memory_order_relaxed,
                     "the end of a grace period");
  }

  void SwitchedIn(int task) {
    const std::lock_guard lock(lock_);
    runs(scheduler_.CpuOf(task)).store(true);
  }
  void SwitchingOut(int task) {
    const int cpu = scheduler_.CpuOf(task);
    if constexpr (!kSteps.report_last) Report(cpu);
    const std::lock_guard lock(lock_);
    const bool in_reader = kernel::read_once(nesting(task)) != 0;
    if (kSteps.queue && in_reader && !queued(task).load()) {  // C1
      Add(special(task), kQueued);
      queued(task).store(true);
      holds_up(task).store(kSteps.holds_up_current && owes(cpu).load());
      if (holds_up(task).load()) kernel::write_once(waits_for_, kernel::read_once(waits_for_) + 1);
    }
    if constexpr (kSteps.switch_reports) ReportLocked(cpu);  // C2
    runs(cpu).store(false);
  }

  void Process(int task) {
    if constexpr (kSteps.irqs_off) {
      const kernel::IrqsOff<Rt> off;
      ProcessMasked(task);
    } else {
      ProcessMasked(task);
    }
  }
  void ProcessMasked(int task) {
    const int specials = kernel::read_once(special(task));
    if constexpr (kSteps.clear_special) kernel::write_once(special(task), 0);  // X1
    if (kSteps.report_asked && (specials & kNeedsReport) != 0)
      Report(scheduler_.CpuOf(task));  // X2
    if (!kSteps.leave_queue || (specials & kQueued) == 0) return;
    const std::lock_guard lock(lock_);
    queued(task).store(false);  // X3
    if (holds_up(task).load()) CountDown();
    holds_up(task).store(false);
  }

  void Report(int cpu) {
    const std::lock_guard lock(lock_);
    ReportLocked(cpu);
  }
  void ReportLocked(int cpu) {
    if (owes(cpu).load()) CountDown();
    owes(cpu).store(false);
  }
  // A release, as unlocking is: whoever awaits 0 does not take the lock.
  void CountDown() {
    waits_for_.store(kernel::read_once(waits_for_) - 1,
                     kSteps.release_end ? std::memory_order_release : std::memory_order_relaxed);
  }

  void Misuse(int task, const std::string& what, Here at) {
    Rt::report(Fault::kMisuse, "task " + std::to_string(task) + " " + what, at);
  }
  template <typename Cell>
  static void Add(Cell& cell, int bit) {
    kernel::write_once(cell, kernel::read_once(cell) | bit);
  }
  auto& nesting(int task) { return nesting_[static_cast<std::size_t>(task)]; }
  auto& special(int task) { return special_[static_cast<std::size_t>(task)]; }
  auto& queued(int task) { return queued_[static_cast<std::size_t>(task)]; }
  auto& holds_up(int task) { return holds_up_[static_cast<std::size_t>(task)]; }
  auto& runs(int cpu) { return runs_[static_cast<std::size_t>(cpu)]; }
  auto& owes(int cpu) { return owes_[static_cast<std::size_t>(cpu)]; }

  template <typename Cell>
  using PerCpu = typename Rt::template Array<Cell, kCpus>;
  template <typename Cell>
  using PerTask = typename Rt::template Array<Cell, kTasks>;
  using Word = typename Rt::template Atomic<int>;
  using Locked = typename Rt::template Plain<bool>;  // under the lock

  Scheduler<Rt, kCpus, kTasks> scheduler_;
  PerTask<Word> nesting_{0, "nesting"}, special_{0, "special"};  // each task's own
  sync::Mutex<Rt> lock_{"node"};
  PerCpu<Locked> runs_{false, "runs a task"}, owes_{false, "owes a report"};
  PerTask<Locked> queued_{false, "queued"}, holds_up_{false, "holds up"};
  Word waits_for_{0, "CPUs and tasks to wait for"};
};

}  // namespace heddle
