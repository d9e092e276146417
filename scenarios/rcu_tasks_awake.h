// rcu_tasks_awake: does the wait end if a task has slept, but is awake whenever somebody looks?
//
//     Updater                        Task
//     unhook the trampoline          enter the trampoline
//     Synchronize:                   await that it is marked, in the trampoline
//       say that holdouts are marked leave it, fall asleep, wake up
//     free it                        run on until the trampoline is freed
//     say that it is freed           fall asleep for good
//
// Wherever the task waits it is preempted if a grace period of plain RCU asks for it.
//
// Source: rcu/rcu_tasks.h.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "rcu/rcu_tasks.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "scenarios/trampoline.h"

namespace heddle {

template <Runtime Rt, RcuTasksSteps kSteps = RcuTasksSteps{}>
class RcuTasksAwakeProgram {
 public:
  void Thread(int task) { task == 0 ? Update() : Sleep(task); }
  std::array<Observation, 1> Observed() const { return seen_; }

 private:
  using Flag = typename Rt::template Atomic<int>;

  void Update() {
    trampoline_.Unhook();
    tasks_.Synchronize(0, [this] { kernel::write_once(marked_, 1); });
    trampoline_.Free();
    kernel::write_once(freed_, 1);
  }
  void Sleep(int task) {
    const int in = trampoline_.Enter();
    RunUntil(task, marked_);
    trampoline_.Leave(in);
    tasks_.Block(task, [] {});
    tasks_.Wake(task);
    RunUntil(task, freed_);
    tasks_.Block(task, [] {});
    Rt::observe(seen_[0], in);
  }
  void RunUntil(int task, Flag& flag) {
    for (;;) {
      bool is_set = false;
      Rt::spin_until(
          [&] { return tasks_.IsToBePreempted(task) || (is_set = kernel::read_once(flag) == 1); },
          "the updater to come so far");
      if (is_set) return;
      tasks_.Preempt(task);
    }
  }

  Trampoline<Rt> trampoline_;
  RcuTasks<Rt, 2, kSteps> tasks_;
  Flag marked_{0, "marked"}, freed_{0, "freed"};
  std::array<Observation, 1> seen_{{{"in"}}};
};

struct RcuTasksAwake {
  static constexpr std::string_view kName = "rcu_tasks_awake";
  static constexpr std::string_view kQuestion =
      "does the wait for a trampoline end if a task has slept, but is awake again when somebody "
      "looks? (bound: 1 grace period, 1 task that sleeps once)";
  static constexpr std::string_view kSource = "Linux commit 8315f42295d2, 2014";
  static constexpr int kThreads = 2;
  static constexpr bool kIsolated = true;
  static constexpr Shape kShape = Shape::kSample;
  template <RcuTasksSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = RcuTasksAwakeProgram<Rt, kSteps>;
  };
  template <Runtime Rt>
  using Program = RcuTasksAwakeProgram<Rt>;

  static std::vector<Expect> Expected() {
    return {classic::Always({0}, "unhooked before the task came"),
            classic::Always({1}, "unhooked while the task was in the trampoline")};
  }

  struct NoSwitchTest : With<RcuTasksSteps{.test_switches = false}> {
    static constexpr std::string_view kName = "no-switch-test";
    static constexpr std::string_view kWhat = "G5 waits until it sees the holdout asleep";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "it has slept when nobody looked, and runs on");
    }
  };
  struct NoRunnableTest : With<RcuTasksSteps{.test_runnable = false}> {
    static constexpr std::string_view kName = "no-runnable-test";
    static constexpr std::string_view kWhat = "G5 looks at the number of switches only";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "the task does not fall asleep between G2 and G4: see rcu_tasks"};
    }
  };
  struct NoWait : With<RcuTasksSteps{.wait = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "G5 dropped: two grace periods of plain RCU";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "being preempted ends the readers of plain RCU");
    }
  };
  using Mutants = TypeList<NoSwitchTest, NoRunnableTest, NoWait>;
};

}  // namespace heddle
