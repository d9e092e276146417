// rcu_tasks_exit: may a trampoline be freed while a task that exits is preempted in it?
//
//     Updater                      Task, on its way out
//     lock the mutex               enter the trampoline, be preempted
//     unhook the trampoline        leave the list of tasks
//     Synchronize                  be preempted, leave the trampoline
//     free it                      sleep until it has the mutex, unlock it
//     unlock the mutex             enter the trampoline, be preempted
//                                  leave the list of exiting tasks, leave the trampoline
//
// The mutex stands for what exiting tasks may need and others hold while they wait for a grace
// period.  Source: rcu/rcu_tasks.h.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "rcu/rcu_tasks.h"
#include "runtime/scenario.h"
#include "runtime/sync/mutex.h"
#include "scenarios/classic/rows.h"
#include "scenarios/trampoline.h"

namespace heddle {

template <Runtime Rt, RcuTasksSteps kSteps>
class RcuTasksExitProgram {
 public:
  void Thread(int task) { task == 0 ? Update() : Exit(task); }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  void Update() {
    mutex_.lock();
    trampoline_.Unhook();
    tasks_.Synchronize(0);
    trampoline_.Free();
    mutex_.unlock();
  }
  void Exit(int task) {
    const int first = trampoline_.Enter();
    int second = 0;
    tasks_.Preempt(task);
    Rt::linger();
    const auto still = [&] {
      Rt::linger();
      tasks_.Preempt(task);
      trampoline_.Leave(first);
      tasks_.Block(task, [] {});
      mutex_.lock();
      tasks_.Wake(task);
      mutex_.unlock();
      second = trampoline_.Enter();
      tasks_.Preempt(task);
      Rt::linger();
    };
    tasks_.Exit(task, still, [&] { trampoline_.Leave(second); });
    Rt::observe(seen_[0], first);
    Rt::observe(seen_[1], second);
  }

  Trampoline<Rt> trampoline_;
  sync::Mutex<Rt> mutex_{"mutex"};
  RcuTasks<Rt, 2, kSteps> tasks_;
  std::array<Observation, 2> seen_{{{"first"}, {"second"}}};
};

// --- descriptions

struct RcuTasksExit {
  static constexpr std::string_view kName = "rcu_tasks_exit";
  static constexpr std::string_view kQuestion =
      "may a trampoline be freed while a task that exits is preempted in it, and does the wait end "
      "if that task needs a mutex that the updater holds? (bound: 1 grace period, 1 task)";
  static constexpr std::string_view kSource = "Linux commit 1612160b9127, 2024";
  static constexpr int kThreads = 2;
  static constexpr bool kIsolated = true;
  static constexpr Shape kShape = Shape::kSample;
  template <RcuTasksSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = RcuTasksExitProgram<Rt, kSteps>;
  };
  template <Runtime Rt>
  using Program = RcuTasksExitProgram<Rt, RcuTasksSteps{}>;

  static std::vector<Expect> Expected() {
    using namespace classic;
    return {Always({0, 0}, "unhooked before the task came"),
            Always({1, 0}, "unhooked amid the task's work"),
            Always({1, 1}, "unhooked after the task"), Never({0, 1}, "unhooked, and there again")};
  }

  struct NotScanned : With<RcuTasksSteps{.scan_exiting = false}> {
    static constexpr std::string_view kName = "exiting-not-scanned";
    static constexpr std::string_view kWhat = "G3 dropped: only the list of tasks is scanned";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race",
                                 "the task has left that list, but not the trampoline");
    }
  };
  struct ExitingFirst : With<RcuTasksSteps{.list_first = false}> {
    static constexpr std::string_view kName = "exiting-scanned-first";
    static constexpr std::string_view kWhat = "G3 before G2";
    static constexpr Hardly kHardlyNatively{
        {}, "needs a task to move from list to list between two neighbouring reads, some ns"};
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "the task moves from list to list in between");
    }
  };
  struct UnlistedFirst : With<RcuTasksSteps{.mark_exiting_first = false}> {
    static constexpr std::string_view kName = "unlisted-first";
    static constexpr std::string_view kWhat = "E2 before E1";
    static constexpr Hardly kHardlyNatively{
        {}, "needs both scans to come between two neighbouring stores, some ns"};
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "the task is on no list in between");
    }
  };
  struct UnmarkedEarly : With<RcuTasksSteps{.unmark_in_time = false}> {
    static constexpr std::string_view kName = "unmarked-early";
    static constexpr std::string_view kWhat = "E3 while the task may still be preempted";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "the task is on no list, and its preemption ends G6");
    }
  };
  struct RelaxedUnlisting : With<RcuTasksSteps{.release_list = false}> {
    static constexpr std::string_view kName = "relaxed-unlisting";
    static constexpr std::string_view kWhat = "E2 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "G2 finds the task off the list, and G3 not yet on the other");
    }
  };
  struct RelaxedScan : With<RcuTasksSteps{.acquire_list = false}> {
    static constexpr std::string_view kName = "relaxed-scan";
    static constexpr std::string_view kWhat = "G2 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "G2 finds the task off the list, and G3 not yet on the other");
    }
  };
  struct NoLast : With<RcuTasksSteps{.last = TasksOrder::kNothing}> {
    static constexpr std::string_view kName = "no-last-period";
    static constexpr std::string_view kWhat = "G6 dropped";
    static constexpr Hardly kHardlyNatively{
        {}, "needs the updater to be done between E3 and the task's last instruction"};
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race",
                                 "the task is on no list, but still in the trampoline");
    }
  };
  struct ExitingIsReader : With<RcuTasksSteps{.exiting_is_reader = true}> {
    static constexpr std::string_view kName = "exiting-is-reader";
    static constexpr std::string_view kWhat = "whoever exits is waited for until E3, even asleep";
    static constexpr std::string_view kSource = "Linux before commit 1612160b9127, 2024";
    static constexpr int kMuseum = 41;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock",
                                 "the task waits for the mutex, and who holds it for the task");
    }
  };
  using Mutants = TypeList<NotScanned, ExitingFirst, UnlistedFirst, UnmarkedEarly, RelaxedUnlisting,
                           RelaxedScan, NoLast, ExitingIsReader>;
};

}  // namespace heddle
