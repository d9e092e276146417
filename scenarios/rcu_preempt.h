// Does a preempted reader hold up the grace period?
//
//     Updater                     Task, on a CPU
//     write the fresh object      lock
//     publish it                  i = published
//     Synchronize, or expedited   read object i
//     overwrite the old object    unlock
//
// The first task is preempted up to once, anywhere, and then goes on, on whichever CPU is free by
// then; and up to one tick interrupts it, anywhere.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "rcu/rcu_preempt.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

template <Runtime Rt, int kCpus, int kTasks, int kReads, RcuPreemptSteps kSteps = RcuPreemptSteps{}>
class RcuPreemptProgram {
 public:
  void Thread(int thread) { thread == 0 ? Update() : Task(thread - 1); }
  std::array<Observation, static_cast<std::size_t>(kTasks)> Observed() const { return seen_; }

 private:
  static constexpr int kOverwritten = 0;
  static constexpr int kObjects = 8;  // natively, overwritten ones stay so for as many rounds

  void Update() {
    for (int n = 1; Rt::again(n - 1, 1); ++n) {
      const int old = (n - 1) % kObjects, fresh = n % kObjects;
      object(fresh).store(1 + n % 2);
      kernel::smp_store_release(published_, fresh);
      // For the model the two are the same, so natively only is there a choice.
      if (n == 1 || Rt::choose(2) == 0)
        rcu_.Synchronize();
      else
        rcu_.SynchronizeExpedited(1);
      object(old).store(kOverwritten);
      Rt::linger();
    }
  }

  void Task(int task) {
    rcu_.Start(task, task % kCpus);
    const int bound = task == 0 ? 1 : 0;  // natively there is none
    Rt::set_interrupt_handler(Interrupt::kPreemption, bound, [this, task] { rcu_.Preempt(task); });
    Rt::set_interrupt_handler(Interrupt::kIrq, bound, [this, task] { rcu_.Tick(task); });
    for (int i = 0; Rt::again(i, kReads); ++i) {
      rcu_.ReadLock(task);
      const int index = kernel::rcu_dereference(published_);
      Rt::linger();
      const int value = object(index).load();
      rcu_.ReadUnlock(task);
      Rt::check(value != kOverwritten, "a reader reads what the updater has overwritten");
      Rt::observe(seen_[static_cast<std::size_t>(task)], value);
    }
    // Without a CPU it is not interrupted.
    const kernel::IrqsOff<Rt> off;
    rcu_.End(task);
    Rt::set_interrupt_handler(Interrupt::kPreemption, 0, {});
    Rt::set_interrupt_handler(Interrupt::kIrq, 0, {});
  }

  auto& object(int index) { return objects_[static_cast<std::size_t>(index)]; }

  RcuPreempt<Rt, kCpus, kTasks, kSteps> rcu_;
  typename Rt::template Array<typename Rt::template Plain<int>, kObjects> objects_{1, "object"};
  typename Rt::template Atomic<int> published_{0, "published"};
  std::array<Observation, static_cast<std::size_t>(kTasks)> seen_ = [] {
    std::array<Observation, static_cast<std::size_t>(kTasks)> seen{};
    constexpr const char* kNames[] = {"task 0", "task 1"};
    for (std::size_t i = 0; i < seen.size(); ++i) seen[i] = {kNames[i]};
    return seen;
  }();
};

// --- descriptions

template <int kCpus, int kTasks, int kReads>
struct RcuPreemptScenario {
  static constexpr int kThreads = 1 + kTasks;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr bool kIsolated = true;
  static constexpr bool kHandlersWait = true;  // for a CPU, and for the node's lock
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    std::vector<Expect> rows;
    for (int task = 0; task < kTasks; ++task)
      for (const int value : {1, 2})
        rows.push_back({{task, value}, kOk, kOk, kOk, "a version that was not overwritten"});
    return rows;
  }
  template <RcuPreemptSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = RcuPreemptProgram<Rt, kCpus, kTasks, kReads, kSteps>;
  };
  template <Runtime Rt>
  using Program = RcuPreemptProgram<Rt, kCpus, kTasks, kReads>;

  struct TickReportsInReader : Dropping<RcuPreemptSteps{.tick_looks = false}> {
    static constexpr std::string_view kName = "tick-reports-in-reader";
    static constexpr std::string_view kWhat = "T1 does not look whether it is in a reader";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "the reader that it interrupted is not waited for");
    }
  };
  struct TickAsksNothing : Dropping<RcuPreemptSteps{.tick_asks = false}> {
    static constexpr std::string_view kName = "tick-asks-nothing";
    static constexpr std::string_view kWhat = "T2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "the task's next switch reports; of one that runs on: rcu_preempt_ends"};
    }
  };
  struct NestingLast : Dropping<RcuPreemptSteps{.nesting_first = false}> {
    static constexpr std::string_view kName = "nesting-last";
    static constexpr std::string_view kWhat = "U2 looks at special before U1";
    static constexpr std::string_view kWhyNotNatively =
        "never hangs natively, where the task's next reader takes it out of the queue";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock",
                                 "preempted in between, the task is queued and never taken out");
    }
  };
  struct NotQueued : Dropping<RcuPreemptSteps{.queue = false}> {
    static constexpr std::string_view kName = "not-queued";
    static constexpr std::string_view kWhat = "C1 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "nobody waits for the preempted reader");
    }
  };
  struct ReportFirst : Dropping<RcuPreemptSteps{.report_last = false}> {
    static constexpr std::string_view kName = "report-first";
    static constexpr std::string_view kWhat = "C2 before C1";
    static constexpr Hardly kHardlyNatively{
        {}, "needs a grace period to end between a switch's report and its queueing, some 100 ns"};
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race",
                                 "the CPU's report ends the grace period over its reader");
    }
  };
  struct HoldsUpTheNextOnly : Dropping<RcuPreemptSteps{.holds_up_current = false}> {
    static constexpr std::string_view kName = "holds-up-the-next-only";
    static constexpr std::string_view kWhat = "a queued task holds up later grace periods only";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race",
                                 "the current one may have begun after the task's reader");
    }
  };
  struct StaysQueued : Dropping<RcuPreemptSteps{.leave_queue = false}> {
    static constexpr std::string_view kName = "stays-queued";
    static constexpr std::string_view kWhat = "X3 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "the grace period waits for a reader that has ended");
    }
  };
  struct StaysSpecial : Dropping<RcuPreemptSteps{.clear_special = false}> {
    static constexpr std::string_view kName = "stays-special";
    static constexpr std::string_view kWhat = "X1 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"",
              "the ends of later readers report, too, which they may, and find no queue to leave"};
    }
  };
  struct ProcessesWithIrqsOn : Dropping<RcuPreemptSteps{.irqs_off = false}> {
    static constexpr std::string_view kName = "processes-with-irqs-on";
    static constexpr std::string_view kWhat = "X with interrupts on";
    static constexpr Hardly kHardlyNatively{
        {}, "needs a tick while an unlock is processed, some 100 ns"};
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "the tick takes the lock that it interrupted");
    }
  };
  struct ForgetsCpus : Dropping<RcuPreemptSteps{.wait_for_cpus = false}> {
    static constexpr std::string_view kName = "forgets-cpus";
    static constexpr std::string_view kWhat = "S2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "nobody waits for the reader that runs");
    }
  };
  struct ForgetsQueued : Dropping<RcuPreemptSteps{.wait_for_queued = false}> {
    static constexpr std::string_view kName = "forgets-queued";
    static constexpr std::string_view kWhat = "S3 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "nobody waits for the reader that was preempted");
    }
  };
  struct RelaxedWait : Dropping<RcuPreemptSteps{.acquire_end = false}> {
    static constexpr std::string_view kName = "relaxed-wait";
    static constexpr std::string_view kWhat = "S4 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the updater overtakes the reader's end");
    }
  };
  struct RelaxedReport : Dropping<RcuPreemptSteps{.release_end = false}> {
    static constexpr std::string_view kName = "relaxed-report";
    static constexpr std::string_view kWhat = "the last report is no release";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the updater overtakes the reader's end");
    }
  };
  using Mutants =
      TypeList<TickReportsInReader, TickAsksNothing, NestingLast, NotQueued, ReportFirst,
               HoldsUpTheNextOnly, StaysQueued, StaysSpecial, ProcessesWithIrqsOn, ForgetsCpus,
               ForgetsQueued, RelaxedWait, RelaxedReport>;
};

struct RcuPreemptShare : RcuPreemptScenario<1, 2, 1> {
  static constexpr std::string_view kName = "rcu_preempt";
  static constexpr std::string_view kQuestion =
      "does no reader span a grace period if readers share a CPU, one is preempted, and a tick "
      "comes? (bound: 1 grace period, 2 tasks with 1 reader, 1 preemption, 1 tick)";
};

struct RcuPreemptMigrate : RcuPreemptScenario<2, 1, 2> {
  static constexpr std::string_view kName = "rcu_preempt_migrate";
  static constexpr std::string_view kQuestion =
      "does no reader span a grace period if its task is preempted and goes on on another CPU, and "
      "a tick comes? (bound: 1 grace period, 1 task with 2 readers, 1 preemption, 2 CPUs, 1 tick)";
};

}  // namespace heddle
