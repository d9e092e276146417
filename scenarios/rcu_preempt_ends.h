// rcu_preempt_ends: does a grace period end while the task that it waits for runs on?
//
//     Updater                     Task, on the only CPU
//     write the fresh object      in one of three ways, once a grace period waits:
//     publish it                    a tick, then the reader
//     Synchronize                   a tick amid the reader
//     overwrite the old object      a switch amid the reader
//     say that it is done         await that
//
// In scenarios/rcu_preempt.h a task's end reports for it, whatever came before; here it does not
// end before the grace period has, so that somebody else must.
//
// Source: rcu/rcu_preempt.h.
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

template <Runtime Rt, RcuPreemptSteps kSteps = RcuPreemptSteps{}>
class RcuPreemptEndsProgram {
 public:
  void Thread(int thread) { thread == 0 ? Update() : Task(); }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  enum Way { kTick, kTickAmid, kSwitchAmid, kWays };
  static constexpr int kOverwritten = 0;

  void Update() {
    objects_[1].store(2);
    kernel::smp_store_release(published_, 1);
    rcu_.Synchronize();
    objects_[0].store(kOverwritten);
    kernel::smp_store_release(done_, 1);
  }

  void Task() {
    const int way = Rt::choose(kWays);
    rcu_.Start(0, 0);
    if (way == kTick) {
      AwaitGracePeriod();
      rcu_.Tick(0);
    }
    rcu_.ReadLock(0);
    const int index = kernel::rcu_dereference(published_);
    if (way != kTick) {
      AwaitGracePeriod();
      way == kTickAmid ? rcu_.Tick(0) : rcu_.Preempt(0);
    }
    const int value = objects_[static_cast<std::size_t>(index)].load();
    rcu_.ReadUnlock(0);
    Rt::check(value != kOverwritten, "a reader reads what the updater has overwritten");
    done_.await([](int done) { return done == 1; }, std::memory_order_relaxed,
                "the grace period to be over");
    rcu_.End(0);
    Rt::observe(seen_[0], way);
    Rt::observe(seen_[1], value);
  }
  void AwaitGracePeriod() {
    Rt::spin_until([&] { return rcu_.IsWaiting() || kernel::read_once(done_) == 1; },
                   "a grace period that waits");
  }

  RcuPreempt<Rt, 1, 1, kSteps> rcu_;
  typename Rt::template Array<typename Rt::template Plain<int>, 2> objects_{1, "object"};
  typename Rt::template Atomic<int> published_{0, "published"};
  typename Rt::template Atomic<int> done_{0, "done"};
  std::array<Observation, 2> seen_{{{"way"}, {"value"}}};
};

struct RcuPreemptEnds {
  static constexpr std::string_view kName = "rcu_preempt_ends";
  static constexpr std::string_view kQuestion =
      "does a grace period end, and not too soon, if the task that it waits for runs on, and only "
      "a tick or a switch comes? (bound: 1 grace period, 1 task with 1 reader, 1 tick or 1 switch)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr bool kIsolated = true;
  template <RcuPreemptSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = RcuPreemptEndsProgram<Rt, kSteps>;
  };
  template <Runtime Rt>
  using Program = RcuPreemptEndsProgram<Rt>;
  static std::vector<Expect> Expected() {
    using classic::Always;
    return {Always({0, 2}, "a tick before the reader: the reader finds the fresh object"),
            Always({1, 1}, "a tick amid the reader, which has the old object"),
            Always({1, 2}, "a tick amid the reader, which has the fresh one"),
            Always({2, 1}, "a switch amid the reader, which has the old object"),
            Always({2, 2}, "a switch amid the reader, which has the fresh one")};
  }

  struct TickReportsNothing : Dropping<RcuPreemptSteps{.tick_reports = false}> {
    static constexpr std::string_view kName = "tick-reports-nothing";
    static constexpr std::string_view kWhat = "T1 finds no reader, and does not report";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "nobody reports for a CPU whose task runs on");
    }
  };
  struct TickAsksNothing : Dropping<RcuPreemptSteps{.tick_asks = false}> {
    static constexpr std::string_view kName = "tick-asks-nothing";
    static constexpr std::string_view kWhat = "T2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "the reader's end does not know that it is to report");
    }
  };
  struct AskedInVain : Dropping<RcuPreemptSteps{.report_asked = false}> {
    static constexpr std::string_view kName = "asked-in-vain";
    static constexpr std::string_view kWhat = "X2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "the reader's end is asked to report, and does not");
    }
  };
  struct SwitchReportsNothing : Dropping<RcuPreemptSteps{.switch_reports = false}> {
    static constexpr std::string_view kName = "switch-reports-nothing";
    static constexpr std::string_view kWhat = "C2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "the CPU goes on owing its report");
    }
  };
  struct TickReportsInReader : Dropping<RcuPreemptSteps{.tick_looks = false}> {
    static constexpr std::string_view kName = "tick-reports-in-reader";
    static constexpr std::string_view kWhat = "T1 does not look whether it is in a reader";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "the reader that it interrupted is not waited for");
    }
  };
  struct NotQueued : Dropping<RcuPreemptSteps{.queue = false}> {
    static constexpr std::string_view kName = "not-queued";
    static constexpr std::string_view kWhat = "C1 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "nobody waits for the preempted reader");
    }
  };
  using Mutants = TypeList<TickReportsNothing, TickAsksNothing, AskedInVain, SwitchReportsNothing,
                           TickReportsInReader, NotQueued>;
};

}  // namespace heddle
