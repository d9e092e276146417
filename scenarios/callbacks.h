// srcu_callbacks, rcu_callbacks, rcu_preempt_callbacks, srcu_callback_segments: is each callback
// run once, after its grace period?
//
//     CPU 0, reads        CPU 1, frees                       CPU 2, drives
//     lock                for each object:                   Synchronize, once or more
//     for each object:      unpublish it
//       read it if          Call(overwrite it)
//       published           Invoke
//     unlock              say that all are queued (release)  await that (acquire)
//                         Invoke when one is due             Barrier; look at what ran
//
// Over RCU the reader comes twice: a grace period may have seen it in between.  Who waits there is
// idle.
//
// Without the reader there are more calls and grace periods, and it is CPU 1 that calls Barrier:
// that is for the segments.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "rcu/callbacks.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/grace_periods.h"
#include "scenarios/grace_periods_program.h"

namespace heddle {

struct CallbackBounds {
  int calls, periods;
  bool reader;         ///< CPU 0 reads
  bool other_barrier;  ///< CPU 2 calls Barrier, else CPU 1
  int sections = 1;    ///< of the reader
};

/// `Domain` as in grace_periods_program.h, for 3 CPUs.
template <Runtime Rt, typename Domain, CallbackBounds kBounds, CallbackSteps kSteps,
          GracePeriodSteps kPeriods>
class CallbacksProgram {
 public:
  void Thread(int cpu) {
    if (!kBounds.reader) ++cpu;
    domain_.Begin(cpu);
    if (cpu == 0) Read();
    if (cpu == 1) Free();
    if (cpu == 2) Drive();
    domain_.End(cpu);
  }
  std::array<Observation, 1> Observed() const { return seen_; }

 private:
  static constexpr int kOverwritten = 9, kValue = 1;
  using Periods = GracePeriods<Rt, decltype(Domain::domain), kPeriods>;
  template <typename Cell>
  using PerObject = typename Rt::template Array<Cell, kBounds.calls>;

  void Read() {
    for (int section = 0; section < kBounds.sections; ++section) {
      if (section > 0) domain_.Rest(0);
      domain_.Section(0, [&] {
        for (int i = 0; i < kBounds.calls; ++i) {
          if (kernel::read_once(published_[i]) == 0) continue;
          Rt::linger();
          Rt::check(objects_[i].load() != kOverwritten, "a reader reads what was overwritten");
        }
      });
    }
  }
  void Free() {
    for (int i = 0; i < kBounds.calls; ++i) {
      kernel::write_once(published_[i], 0);
      callbacks_.Call(1, overwrite_[static_cast<std::size_t>(i)]);
      if constexpr (kBounds.reader) callbacks_.Invoke(1);
    }
    if constexpr (kBounds.other_barrier) {
      kernel::smp_store_release(all_queued_, 1);
      if (runs_[kBounds.calls - 1].load() == 0)
        domain_.Idle(1, [&] {
          Rt::spin_until([&] { return callbacks_.IsDue(1); }, "a callback to be due");
        });
      callbacks_.Invoke(1);
    } else {
      callbacks_.Barrier(1);
      CheckAllRun();
    }
  }
  void Drive() {
    for (int i = 0; i < kBounds.periods; ++i) periods_.Synchronize(2);
    if constexpr (!kBounds.other_barrier) return;
    all_queued_.await([](int v) { return v == 1; }, std::memory_order_acquire, "all to be queued");
    callbacks_.Barrier(2);
    CheckAllRun();
  }
  void CheckAllRun() {
    int runs = 0;
    for (int i = 0; i < kBounds.calls; ++i) {
      Rt::check(runs_[i].load() == 1, "a callback has not run when Barrier returns");
      runs += runs_[i].load();
    }
    Rt::observe(seen_[0], runs);
  }

  template <int kObject>
  Callback<Rt> Overwrite() {
    return Callback<Rt>([this] {
      Rt::check(runs_[kObject].load() == 0, "a callback runs twice");
      objects_[kObject].store(kOverwritten);
      runs_[kObject].store(1);
    });
  }

  Domain domain_;
  Periods periods_{domain_.domain};
  Callbacks<Rt, Periods, 3, kSteps> callbacks_{periods_};
  PerObject<typename Rt::template Atomic<int>> published_{1, "published"};
  PerObject<typename Rt::template Plain<int>> objects_{kValue, "object"};
  PerObject<typename Rt::template Plain<int>> runs_{0, "runs"};
  typename Rt::template Atomic<int> all_queued_{0, "all queued"};
  static_assert(kBounds.calls <= 3);
  std::array<Callback<Rt>, 3> overwrite_{Overwrite<0>(), Overwrite<kBounds.calls / 2>(),
                                         Overwrite<kBounds.calls - 1>()};
  std::array<Observation, 1> seen_{{{"callbacks run"}}};
};

// --- descriptions

struct CallbacksScenario {
  static constexpr Shape kShape = Shape::kSample;
  static constexpr bool kIsolated = true;
};

/// `Flavour` as in grace_periods.h.
template <typename Flavour, CallbackBounds kBounds>
struct CallbacksOf : CallbacksScenario {
  static constexpr std::string_view kSource = "Linux, Documentation/RCU/Design/Data-Structures";
  static constexpr int kThreads = 3;
  template <CallbackSteps kSteps, GracePeriodSteps kPeriods = GracePeriodSteps{}>
  struct Dropping {
    template <Runtime Rt>
    using Program = CallbacksProgram<Rt, typename Flavour::template Domain<Rt, Flavour::kSteps>,
                                     kBounds, kSteps, kPeriods>;
  };
  template <Runtime Rt>
  using Program = typename Dropping<CallbackSteps{}>::template Program<Rt>;
  static std::vector<Expect> Expected() { return {classic::Always({1}, "it has run once")}; }

  struct Early : Dropping<CallbackSteps{.wait = false}> {
    static constexpr std::string_view kName = "early";
    static constexpr std::string_view kWhat = "due when its grace period has begun";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "a reader is still at the object");
    }
  };
  struct RunningCounts : Dropping<CallbackSteps{}, GracePeriodSteps{.skip_running = false}> {
    static constexpr std::string_view kName = "running-counts";
    static constexpr std::string_view kWhat = "K2 accepts the end of the running grace period";
    static constexpr Hardly kHardlyNatively = GracePeriodsScenario::kHardlyAtTheEnd;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "it had begun before the callback was queued");
    }
  };
  struct NoSnapFence : Dropping<CallbackSteps{}, GracePeriodSteps{.fence_snapshot = false}> {
    static constexpr std::string_view kName = "no-snap-fence";
    static constexpr std::string_view kWhat = "K2 without its full barrier";
    static constexpr Hardly kHardlyNatively = GracePeriodsScenario::kHardlyDelayed;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(
          model, "data race", "K2 overtakes the unpublication: a grace period between them counts");
    }
  };
  struct RelaxedAdvance : Dropping<CallbackSteps{}, GracePeriodSteps{.acquire_end = false}> {
    static constexpr std::string_view kName = "relaxed-advance";
    static constexpr std::string_view kWhat = "I1 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the callback is not after the readers' end");
    }
  };
  struct RunTwice : Dropping<CallbackSteps{.take = false}> {
    static constexpr std::string_view kName = "run-twice";
    static constexpr std::string_view kWhat = "I2 leaves in the list what it runs";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "the next Invoke runs it again");
    }
  };
  struct CountFirst : Dropping<CallbackSteps{.count_when_run = false}> {
    static constexpr std::string_view kName = "count-first";
    static constexpr std::string_view kWhat = "counted as run before they run";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "Barrier returns amid the callback");
    }
  };
  struct RelaxedRan : Dropping<CallbackSteps{.release_ran = false}> {
    static constexpr std::string_view kName = "relaxed-ran";
    static constexpr std::string_view kWhat = "the count of what has run is no release";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "Barrier does not synchronise with the callback");
    }
  };
  struct RelaxedBarrier : Dropping<CallbackSteps{.acquire_ran = false}> {
    static constexpr std::string_view kName = "relaxed-barrier";
    static constexpr std::string_view kWhat = "Barrier reads the count of what has run relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "Barrier does not synchronise with the callback");
    }
  };
};

struct SrcuCallbacks
    : CallbacksOf<SharedSrcu,
                  CallbackBounds{.calls = 1, .periods = 1, .reader = true, .other_barrier = true}> {
  static constexpr std::string_view kName = "srcu_callbacks";
  static constexpr std::string_view kQuestion =
      "does a callback run once, after its grace period, and before another CPU's Barrier returns? "
      "(bound: 1 callback, 2 grace periods, 1 reader)";
  using Mutants = TypeList<Early, RunningCounts, NoSnapFence, RelaxedAdvance, RunTwice, CountFirst,
                           RelaxedRan, RelaxedBarrier>;
};

struct RcuCallbacks
    : CallbacksOf<
          SharedRcu,
          CallbackBounds{
              .calls = 1, .periods = 1, .reader = true, .other_barrier = true, .sections = 2}> {
  static constexpr std::string_view kName = "rcu_callbacks";
  static constexpr std::string_view kQuestion =
      "does a callback of RCU run once, after its grace period, and before another CPU's Barrier "
      "returns? (bound: 1 callback, 2 grace periods, 1 CPU with 2 readers)";

  // What takes a callback for due, or awaits that it has run, is idle, and so ends with a full
  // barrier: R2 of context_tracking.h.
  struct RelaxedAdvanceInIdle : RelaxedAdvance {
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "who comes back from idle has a full barrier, which makes it an acquire"};
    }
  };
  struct RelaxedBarrierInIdle : RelaxedBarrier {
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "who comes back from idle has a full barrier, which makes it an acquire"};
    }
  };
  // No RunTwice: nothing is due to CPU 1 before it has been idle, and then it invokes once.
  using Mutants = TypeList<Early, RunningCounts, NoSnapFence, RelaxedAdvanceInIdle, CountFirst,
                           RelaxedRan, RelaxedBarrierInIdle>;
};

struct RcuPreemptCallbacks
    : CallbacksOf<
          SharedRcuPreempt,
          CallbackBounds{
              .calls = 1, .periods = 1, .reader = true, .other_barrier = true, .sections = 2}> {
  static constexpr std::string_view kName = "rcu_preempt_callbacks";
  static constexpr std::string_view kQuestion =
      "does a callback of preemptible RCU run once, after its grace period, and before another "
      "CPU's Barrier returns? (bound: 1 callback, 2 grace periods, 1 task with 2 readers, 1 tick)";
  using Mutants = TypeList<Early, RunningCounts, NoSnapFence, RelaxedAdvance, RunTwice, CountFirst,
                           RelaxedRan, RelaxedBarrier>;
};

struct SrcuCallbackSegments : CallbacksScenario {
  static constexpr std::string_view kName = "srcu_callback_segments";
  static constexpr std::string_view kQuestion =
      "does each callback get a number, so that it runs once? (bound: 3 callbacks of one CPU, 3 "
      "grace periods of another one and 1 of its own)";
  static constexpr std::string_view kSource = "Linux commit 4a8e65b0c348, 2023";
  static constexpr int kThreads = 2;
  static constexpr CallbackBounds kBounds{
      .calls = 3, .periods = 3, .reader = false, .other_barrier = false};
  template <CallbackSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = CallbacksProgram<Rt, SrcuDomain<Rt, 3>, kBounds, kSteps, GracePeriodSteps{}>;
  };
  template <Runtime Rt>
  using Program = typename Dropping<CallbackSteps{}>::template Program<Rt>;
  static std::vector<Expect> Expected() { return {classic::Always({3}, "each has run once")}; }

  struct SnapLate : Dropping<CallbackSteps{.snap_first = false}> {
    static constexpr std::string_view kName = "snap-late";
    static constexpr std::string_view kWhat = "K2 after K3";
    static constexpr std::string_view kSource = "Linux before commit 4a8e65b0c348, 2023";
    static constexpr int kMuseum = 43;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock",
                                 "a grace period ends and one begins between K3 and K2: the "
                                 "callback finds no place, and Barrier waits for it");
    }
  };
  using Mutants = TypeList<SnapLate>;
};

}  // namespace heddle
