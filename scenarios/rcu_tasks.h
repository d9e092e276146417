// rcu_tasks: may a trampoline be freed while a task is preempted in it?
//
//     Updater                      Task
//     unhook the trampoline        enter the trampoline, be preempted twice
//     Synchronize                  fall asleep: leave the trampoline after B2, before the switch
//     free it                      wake up, enter it, be preempted twice, leave it
//                                  fall asleep for good
//
// That the task is still in the trampoline once its switch has been counted is as bad as a reader
// can be: readers end with the switch.
//
// Source: rcu/rcu_tasks.h.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rcu/rcu_tasks.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "scenarios/trampoline.h"

namespace heddle {

template <Runtime Rt, RcuTasksSteps kSteps, bool kUntilSwitch = true>
class RcuTasksProgram {
 public:
  void Thread(int task) { task == 0 ? Update() : Sleep(task); }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  void Update() {
    trampoline_.Unhook();
    tasks_.Synchronize(0);
    trampoline_.Free();
  }
  void Sleep(int task) {
    const int before = EnterPreempted(task);
    if constexpr (!kUntilSwitch) trampoline_.Leave(before);
    tasks_.Block(task, [&] {
      if constexpr (kUntilSwitch) trampoline_.Leave(before);
    });
    tasks_.Wake(task);
    const int after = EnterPreempted(task);
    trampoline_.Leave(after);
    tasks_.Block(task, [] {});
    Rt::observe(seen_[0], before);
    Rt::observe(seen_[1], after);
  }
  int EnterPreempted(int task) {
    const int in = trampoline_.Enter();
    tasks_.Preempt(task);
    Rt::linger();
    tasks_.Preempt(task);
    return in;
  }

  Trampoline<Rt> trampoline_;
  RcuTasks<Rt, 2, kSteps> tasks_;
  std::array<Observation, 2> seen_{{{"before"}, {"after"}}};
};

// --- descriptions

struct RcuTasksSleep {
  static constexpr std::string_view kName = "rcu_tasks";
  static constexpr std::string_view kQuestion =
      "may a trampoline be freed while a task is preempted in it? (bound: 1 grace period, 1 task "
      "that sleeps twice)";
  static constexpr std::string_view kSource = "Linux commit 8315f42295d2, 2014";
  static constexpr int kThreads = 2;
  static constexpr bool kIsolated = true;
  static constexpr Shape kShape = Shape::kSample;
  template <RcuTasksSteps kSteps, bool kUntilSwitch = true>
  struct With {
    template <Runtime Rt>
    using Program = RcuTasksProgram<Rt, kSteps, kUntilSwitch>;
  };
  template <Runtime Rt>
  using Program = RcuTasksProgram<Rt, RcuTasksSteps{}>;

  static std::vector<Expect> Expected() {
    using namespace classic;
    return {Always({0, 0}, "unhooked before the task came"),
            Always({1, 0}, "unhooked amid the task's work"),
            Always({1, 1}, "unhooked after the task"), Never({0, 1}, "unhooked, and there again")};
  }

  struct NoFirst : With<RcuTasksSteps{.first = TasksOrder::kNothing}> {
    static constexpr std::string_view kName = "no-first-period";
    static constexpr std::string_view kWhat = "G1 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "data race",
                               "the hook is read before anyone sees that the task is awake");
    }
  };
  struct BarrierFirst : With<RcuTasksSteps{.first = TasksOrder::kFullBarrier}> {
    static constexpr std::string_view kName = "barrier-first";
    static constexpr std::string_view kWhat = "a full barrier instead of G1";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "data race", "nothing on the side of the task pairs with it");
    }
  };
  struct NoLast : With<RcuTasksSteps{.last = TasksOrder::kNothing}> {
    static constexpr std::string_view kName = "no-last-period";
    static constexpr std::string_view kWhat = "G6 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race",
                                 "the task is counted as asleep, but is still on its way there");
    }
  };
  struct BarrierLast : With<RcuTasksSteps{.last = TasksOrder::kFullBarrier}> {
    static constexpr std::string_view kName = "barrier-last";
    static constexpr std::string_view kWhat = "a full barrier instead of G6";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race",
                                 "the task is counted as asleep, but is still on its way there");
    }
  };
  struct NoLastEarly : With<RcuTasksSteps{.last = TasksOrder::kNothing}, false> {
    static constexpr std::string_view kName = "no-last-period-early";
    static constexpr std::string_view kWhat =
        "G6 dropped, and the task leaves the trampoline before B1";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "B2 releases nothing of what the task did before");
    }
  };
  struct NoWait : With<RcuTasksSteps{.wait = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "G5 dropped: two grace periods of plain RCU";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "being preempted ends the readers of plain RCU");
    }
  };
  struct CountsPreemption : With<RcuTasksSteps{.count_preemption = true}> {
    static constexpr std::string_view kName = "counts-preemption";
    static constexpr std::string_view kWhat = "being preempted counts as a switch";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "the task is still in the trampoline");
    }
  };
  struct NoRunnableTest : With<RcuTasksSteps{.test_runnable = false}> {
    static constexpr std::string_view kName = "no-runnable-test";
    static constexpr std::string_view kWhat = "G5 looks at the number of switches only";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "the task fell asleep for good between G2 and G4");
    }
  };
  struct SleepersMarked : With<RcuTasksSteps{.only_runnable = false}> {
    static constexpr std::string_view kName = "sleepers-marked";
    static constexpr std::string_view kWhat = "whoever is asleep is a holdout, too";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "G5 finds it asleep, too"};
    }
  };
  struct SleepersToo : With<RcuTasksSteps{.only_runnable = false, .test_runnable = false}> {
    static constexpr std::string_view kName = "sleepers-too";
    static constexpr std::string_view kWhat = "whoever is asleep is a holdout, and to switch";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "the task sleeps for good");
    }
  };
  struct NoSwitchTest : With<RcuTasksSteps{.test_switches = false}> {
    static constexpr std::string_view kName = "no-switch-test";
    static constexpr std::string_view kWhat = "G5 waits until it sees the holdout asleep";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "the task sleeps for good in the end; one that runs on: rcu_tasks_awake"};
    }
  };
  using Mutants =
      TypeList<NoFirst, BarrierFirst, NoLast, BarrierLast, NoLastEarly, NoWait, CountsPreemption,
               NoRunnableTest, SleepersMarked, SleepersToo, NoSwitchTest>;
};

}  // namespace heddle
