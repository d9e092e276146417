// RCU-tasks: when is no task in a trampoline any more?
//
// A reader is whatever a task does between two voluntary switches.  Being preempted does not end
// it, so a trampoline needs no code that says "a reader begins": a task may be preempted in it and
// lie there for as long as it likes.  What nobody can enter any more is freed when each task has
// slept once.
//
//   Block (the task sleeps)              Synchronize
//     preemption off                       G1 grace period of plain RCU
//     B1 runnable = 0                      for each other task:
//     B2 ++switches                        G2 it is a holdout if it is on the list of tasks
//     preemption on                           (acquire) or, G3, on the list of exiting ones,
//   Wake                                      and runnable
//     W1 runnable = 1, preemption off      G4 and then the number of its switches counts
//   Exit                                   G5 await, of each holdout: another number of switches,
//     E1 onto the list of exiting tasks       or that it is not runnable
//     E2 off the list of tasks (release)   G6 grace period of plain RCU
//     … still a reader, may sleep
//     preemption off, for good
//     E3 off the list of exiting tasks
//     E4 as B1 and B2
//
//   G1   The task's side has no barriers: of W1, B2 and what follows, a hook that is read may come
//        before the store.  Then G2 finds a task asleep that is in the trampoline, or G4 a number
//        that changes by a store of before the call.  As those stores are made with preemption off,
//        that is, in readers of plain RCU, they are all either before the end of G1 and so seen by
//        G2 and G4, or after its beginning, and then what follows sees what was unhooked.  A full
//        barrier instead of G1 would have no partner.
//   G3   A task leaves the list of tasks while it is still a reader.  It is on the other list by
//        then (E1 before E2) and looked for there afterwards (G2 before G3).
//   G4   Read after G2 has found the task runnable.  It may fall asleep in between: that is why G5
//        looks at runnable, too.
//   G6   A reader ends with the switch, not with B2 or E3, which tell of it: it may go on, with
//        preemption off, until then.  (What is entered and left with preemption off is over by the
//        end of G1.)  And B1, B2 and E3 release nothing: G6 orders what the task did before.
//
// All of the task's accesses are relaxed but E2, and so are the grace period's but G2's: the two
// grace periods of plain RCU order everything else.
//
// Deadlock: who waits for a grace period may hold a mutex that a reader wants, if the reader sleeps
// to get it, for sleeping ends it; even if it exits.  Once, exiting tasks were readers of SRCU from
// E1 to E3, and were waited for in their sleep (exiting_is_reader).
//
// Deviations from Linux: a task stays on its CPU; the lists are marks in arrays, without locks, and
// the list of exiting tasks is not divided by CPU; the call waits itself; no callbacks.  Idle tasks
// are on no list: rcu_tasks_rude.h waits for those.  Tasks in user mode are left out.
//
// Sources: Linux commits 8315f42295d2 (2014), which brought RCU-tasks, and 1612160b9127 (2024)
// for the lists of exiting tasks.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "rcu/rcu.h"
#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

/// How a call begins and ends.
enum class TasksOrder { kNothing, kFullBarrier, kPlainPeriod };

/// The protocol's steps, each of which a mutant drops in turn.
struct RcuTasksSteps {
  TasksOrder first = TasksOrder::kPlainPeriod;  ///< G1
  TasksOrder last = TasksOrder::kPlainPeriod;   ///< G6
  bool acquire_list = true;                     ///< G2; false: relaxed
  bool scan_exiting = true;                     ///< G3
  bool list_first = true;                       ///< G2 before G3
  bool only_runnable = true;                    ///< G2, G3: false: sleepers are holdouts, too
  bool wait = true;                             ///< G5
  bool test_switches = true;                    ///< G5
  bool test_runnable = true;                    ///< G5
  bool exiting_is_reader = false;  ///< a task that exits is waited for until E3, even in its sleep
  bool count_preemption = false;   ///< a switch is counted if it is none of the task's doing, too
  bool mark_exiting_first = true;  ///< E1 before E2
  bool release_list = true;        ///< E2; false: relaxed
  bool unmark_in_time = true;      ///< E3 with preemption off; false: before that
};

/// Tasks are 0 … kTasks - 1, each on the CPU of its number, all runnable at first.  What takes a
/// `task` is called by that task.
template <Runtime Rt, int kTasks, RcuTasksSteps kSteps = RcuTasksSteps{}>
class RcuTasks {
 public:
  using Here = SourceLocation;

  /// The task is preempted, and goes on.
  void Preempt(int task, Here at = Here::Current()) {
    Running(task, "is preempted", at);
    if constexpr (kSteps.count_preemption) CountSwitch(task);
    Rt::linger();  // natively it is away for a while
    rcu_.QuiescentState(task, at);
  }
  /// Whether a grace period of plain RCU waits until it is.  Orders nothing.
  bool IsToBePreempted(int task) { return rcu_.Owes(task); }
  /// The task falls asleep, and nothing else is to be done on its CPU.  `amid` is what it does,
  /// with preemption off, once it is counted as asleep.
  template <typename F>
  void Block(int task, F amid, Here at = Here::Current()) {
    Running(task, "blocks", at);
    rcu_.ReadLock(task, at);
    StopRunning(task);
    amid();
    rcu_.ReadUnlock(task, at);
    rcu_.Leave(task, Context::kIdle, at);
  }
  /// What it has slept for is there.  (In fact its waker does this.)
  void Wake(int task, Here at = Here::Current()) {
    if (kernel::read_once(runnable(task)) != 0 || exited(task).load() != 0)
      Misuse(task, "is woken, but does not sleep", at);
    rcu_.Return(task, at);
    rcu_.ReadLock(task, at);
    kernel::write_once(runnable(task), 1);  // W1
    rcu_.ReadUnlock(task, at);
  }
  /// The task ends.  It does `still` while it may be preempted and may sleep, and `last` with
  /// preemption off.
  template <typename F, typename G>
  void Exit(int task, F still, G last, Here at = Here::Current()) {
    Running(task, "exits", at);
    if constexpr (kSteps.mark_exiting_first) kernel::write_once(exiting(task), 1);      // E1
    listed(task).store(0, kSteps.release_list ? std::memory_order_release : kRelaxed);  // E2
    if constexpr (!kSteps.mark_exiting_first) kernel::write_once(exiting(task), 1);
    if constexpr (!kSteps.unmark_in_time) kernel::write_once(exiting(task), 0);
    still();
    rcu_.ReadLock(task, at);
    if constexpr (kSteps.unmark_in_time) kernel::write_once(exiting(task), 0);  // E3
    last();
    StopRunning(task);  // E4
    exited(task).store(1);
    rcu_.ReadUnlock(task, at);
    rcu_.Leave(task, Context::kIdle, at);
  }

  /// Returns when every reader that may have found what was unhooked before the call has ended; the
  /// caller is in none.  Requires that no other task is in Synchronize.
  void Synchronize(int task, Here at = Here::Current()) {
    Synchronize(
        task, [] {}, at);
  }
  /// `marked()`: what is done once the holdouts are known.
  template <typename F>
  void Synchronize(int task, F marked, Here at = Here::Current()) {
    Running(task, "waits for a grace period", at);
    Order(kSteps.first, task, at);  // G1
    std::array<std::optional<Holdout>, kTasks> holdouts;
    for (const bool on_list : {kSteps.list_first, !kSteps.list_first})
      for (int other = 0; other < kTasks; ++other)
        if (auto& holdout = holdouts[static_cast<std::size_t>(other)]; other != task && !holdout)
          holdout = on_list ? OnList(other) : Exiting(other);
    marked();
    if constexpr (kSteps.wait)
      for (const auto& holdout : holdouts)
        if (holdout)
          Rt::spin_until([&] { return IsDone(*holdout); }, "every holdout to sleep", at);  // G5
    Order(kSteps.last, task, at);                                                          // G6
  }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  struct Holdout {
    int task;
    std::uint32_t switches;
    bool exiting;
  };

  std::optional<Holdout> OnList(int task) {  // G2
    const auto order = kSteps.acquire_list ? std::memory_order_acquire : kRelaxed;
    return listed(task).load(order) != 0 ? Marked(task, false) : std::nullopt;
  }
  std::optional<Holdout> Exiting(int task) {  // G3
    if (!kSteps.scan_exiting || kernel::read_once(exiting(task)) == 0) return std::nullopt;
    return Marked(task, true);
  }
  std::optional<Holdout> Marked(int task, bool exits) {
    const bool asleep = kernel::read_once(runnable(task)) == 0;
    if (asleep && kSteps.only_runnable && !(exits && kSteps.exiting_is_reader)) return std::nullopt;
    return Holdout{task, kernel::read_once(switches(task)), exits};  // G4
  }
  bool IsDone(const Holdout& holdout) {
    if (kSteps.exiting_is_reader && holdout.exiting)
      return kernel::read_once(exiting(holdout.task)) == 0;
    if (kSteps.test_switches && kernel::read_once(switches(holdout.task)) != holdout.switches)
      return true;
    return kSteps.test_runnable && kernel::read_once(runnable(holdout.task)) == 0;
  }
  void Order(TasksOrder what, int task, Here at) {
    if (what == TasksOrder::kPlainPeriod) rcu_.Synchronize(task, at);
    if (what == TasksOrder::kFullBarrier) kernel::smp_mb<Rt>();
  }

  void StopRunning(int task) {
    kernel::write_once(runnable(task), 0);  // B1
    CountSwitch(task);                      // B2
  }
  void CountSwitch(int task) {
    kernel::write_once(switches(task), kernel::read_once(switches(task)) + 1);
  }

  void Running(int task, const char* what, Here at) {
    if (kernel::read_once(runnable(task)) == 0)
      Misuse(task, std::string(what) + (exited(task).load() != 0 ? " after its end" : " asleep"),
             at);
  }
  void Misuse(int task, const std::string& what, Here at) {
    Rt::report(Fault::kMisuse, "task " + std::to_string(task) + " " + what, at);
  }
  auto& listed(int task) { return listed_[static_cast<std::size_t>(task)]; }
  auto& exiting(int task) { return exiting_[static_cast<std::size_t>(task)]; }
  auto& runnable(int task) { return runnable_[static_cast<std::size_t>(task)]; }
  auto& switches(int task) { return switches_[static_cast<std::size_t>(task)]; }
  auto& exited(int task) { return exited_[static_cast<std::size_t>(task)]; }

  template <typename Cell>
  using PerTask = typename Rt::template Array<Cell, kTasks>;
  template <typename T>
  using Atomic = typename Rt::template Atomic<T>;
  Rcu<Rt, kTasks> rcu_;
  PerTask<Atomic<int>> listed_{1, "on the list"}, exiting_{0, "exiting"}, runnable_{1, "runnable"};
  PerTask<Atomic<std::uint32_t>> switches_{0U, "switches"};
  PerTask<typename Rt::template Plain<int>> exited_{0, "exited"};  // each task's own
};

}  // namespace heddle
