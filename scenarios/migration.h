// migration: is a task alone on its CPU, wherever it is preempted and goes on?
//
//     Task, on a CPU                       An interrupt, and P1 and P4 of rcu/scheduler.h
//     interrupts off; use the CPU's data   use the CPU's data
//
// Each task is preempted up to once, anywhere, and goes on where there is a CPU for it; and an
// interrupt comes to the first one.  A CPU's data is plain: two tasks that take themselves to be on
// one CPU, or one after the other without an order, race.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "rcu/scheduler.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

template <Runtime Rt, SchedulerSteps kSteps = SchedulerSteps{}>
class MigrationProgram {
 public:
  void Thread(int task) {
    scheduler_.Enter(task, task);
    const auto use = [this, task] { Use(task); };
    Rt::set_interrupt_handler(Interrupt::kPreemption, 1,
                              [this, task, use] { scheduler_.Preempt(task, use, use); });
    Rt::set_interrupt_handler(Interrupt::kIrq, task == 0 ? 1 : 0, use);
    for (int i = 0; Rt::again(i, 1); ++i)
      Rt::observe(seen_[static_cast<std::size_t>(task)], Use(task));
    // Without a CPU it is not interrupted.
    const kernel::IrqsOff<Rt> off;
    scheduler_.Leave(task);
    Rt::set_interrupt_handler(Interrupt::kPreemption, 0, {});
    Rt::set_interrupt_handler(Interrupt::kIrq, 0, {});
  }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  /// Returns the CPU.
  int Use(int task) {
    const kernel::IrqsOff<Rt> off;
    const int cpu = scheduler_.CpuOf(task);
    auto& user = users_[static_cast<std::size_t>(cpu)];
    user.store(task);
    Rt::linger();
    Rt::check(user.load() == task, "another task uses the data of this one's CPU");
    return cpu;
  }

  Scheduler<Rt, 2, 2, kSteps> scheduler_;
  typename Rt::template Array<typename Rt::template Plain<int>, 2> users_{0, "user of CPU"};
  std::array<Observation, 2> seen_{{{"CPU of task 0"}, {"CPU of task 1"}}};
};

struct Migration {
  static constexpr std::string_view kName = "migration";
  static constexpr std::string_view kQuestion =
      "is a task alone on its CPU, wherever it is preempted and goes on? (bound: 2 tasks, 2 CPUs, "
      "1 preemption of each, 1 interrupt)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr bool kIsolated = true;
  static constexpr bool kHandlersWait = true;  // for a CPU
  template <SchedulerSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = MigrationProgram<Rt, kSteps>;
  };
  template <Runtime Rt>
  using Program = MigrationProgram<Rt>;
  static std::vector<Expect> Expected() {
    std::vector<Expect> rows;
    for (const int task : {0, 1})
      for (const int cpu : {0, 1}) rows.push_back(classic::Always({task, cpu}, "one of the CPUs"));
    return rows;
  }

  struct OutLate : Dropping<SchedulerSteps{.out_first = false}> {
    static constexpr std::string_view kName = "out-late";
    static constexpr std::string_view kWhat = "P1 after P2";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "another task has the CPU by then");
    }
  };
  struct RelaxedLeaving : Dropping<SchedulerSteps{.release_free = false}> {
    static constexpr std::string_view kName = "relaxed-leaving";
    static constexpr std::string_view kWhat = "P2 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the next task is not after the one before");
    }
  };
  struct NoWait : Dropping<SchedulerSteps{.wait = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "P3 takes a CPU that is not free";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "two tasks are on it");
    }
  };
  struct RelaxedTaking : Dropping<SchedulerSteps{.acquire_free = false}> {
    static constexpr std::string_view kName = "relaxed-taking";
    static constexpr std::string_view kWhat = "P3 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the next task is not after the one before");
    }
  };
  struct InEarly : Dropping<SchedulerSteps{.in_last = false}> {
    static constexpr std::string_view kName = "in-early";
    static constexpr std::string_view kWhat = "P4 before P3";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "another task has the old CPU");
    }
  };
  struct IrqsOn : Dropping<SchedulerSteps{.irqs_off = false}> {
    static constexpr std::string_view kName = "irqs-on";
    static constexpr std::string_view kWhat = "P1 to P4 with interrupts on";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race",
                                 "one between P2 and P3 is on a CPU that another task has");
    }
  };
  using Mutants = TypeList<OutLate, RelaxedLeaving, NoWait, RelaxedTaking, InEarly, IrqsOn>;
};

}  // namespace heddle
