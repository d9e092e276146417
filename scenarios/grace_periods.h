// rcu_shared, rcu_preempt_shared, rcu_tasks_rude_shared, srcu_shared: is a grace period that
// another CPU drives late enough for whom it counts?
//
// The program is grace_periods_program.h's.
#pragma once

#include <string_view>

#include "scenarios/grace_periods_program.h"

namespace heddle {

/// `Flavour::Domain<Rt, steps>`, and `Flavour::kSteps`: nothing dropped.
template <typename Flavour, GracePeriodsBounds kBounds>
struct GracePeriodsShared : GracePeriodsScenario {
  template <GracePeriodSteps kSteps, auto kOfFlavour = Flavour::kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program =
        GracePeriodsProgram<Rt, typename Flavour::template Domain<Rt, kOfFlavour>, kBounds, kSteps>;
  };
  template <Runtime Rt>
  using Program = typename Dropping<GracePeriodSteps{}>::template Program<Rt>;

  struct NoSnapshotFence : Dropping<GracePeriodSteps{.fence_snapshot = false}> {
    static constexpr std::string_view kName = "no-snapshot-fence";
    static constexpr std::string_view kWhat = "P1 dropped";
    static constexpr Hardly kHardlyNatively = kHardlyDelayed;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(
          model, "data race", "P2 overtakes the unpublication: a grace period between them counts");
    }
  };
  struct RunningCounts : Dropping<GracePeriodSteps{.skip_running = false}> {
    static constexpr std::string_view kName = "running-counts";
    static constexpr std::string_view kWhat = "P3 accepts the end of the running grace period";
    static constexpr Hardly kHardlyNatively = kHardlyAtTheEnd;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "it had begun before the unpublication");
    }
  };
  struct Unmarked : Dropping<GracePeriodSteps{.mark_running = false}> {
    static constexpr std::string_view kName = "unmarked";
    static constexpr std::string_view kWhat = "D1 dropped: nobody sees that one is running";
    static constexpr Hardly kHardlyNatively = kHardlyAtTheEnd;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "the running one counts for who asks amid it");
    }
  };
  struct RelaxedPoll : Dropping<GracePeriodSteps{.acquire_end = false}> {
    static constexpr std::string_view kName = "relaxed-poll";
    static constexpr std::string_view kWhat = "P4 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "who polls does not acquire what the driver waited for");
    }
  };
};

struct SharedRcu {
  static constexpr RcuSteps kSteps{};
  template <Runtime Rt, RcuSteps kDropping>
  using Domain = RcuDomain<Rt, 3, kDropping>;
};
struct SharedRcuPreempt {
  static constexpr RcuPreemptSteps kSteps{};
  template <Runtime Rt, RcuPreemptSteps kDropping>
  using Domain = RcuPreemptDomain<Rt, kDropping>;
};
struct SharedRcuTasksRude {
  static constexpr RcuTasksRudeSteps kSteps{.check_use = false};
  template <Runtime Rt, RcuTasksRudeSteps kDropping>
  using Domain = RcuTasksRudeDomain<Rt, kDropping>;
};
struct SharedSrcu {
  static constexpr SrcuSteps kSteps{};
  template <Runtime Rt, SrcuSteps kDropping>
  using Domain = SrcuDomain<Rt, 3, kDropping>;
};

struct RcuShared : GracePeriodsShared<SharedRcu, GracePeriodsBounds{.second = WaitBy::kCookie}> {
  static constexpr std::string_view kName = "rcu_shared";
  static constexpr std::string_view kQuestion =
      "does no reader span the grace period of whom it counts for, if two CPUs ask at once, one by "
      "a cookie? (bound: 1 grace period each, 1 CPU with 2 readers)";

  struct NoLock : Dropping<GracePeriodSteps{.lock = false}> {
    static constexpr std::string_view kName = "no-lock";
    static constexpr std::string_view kWhat = "the mutex dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "each driver waits for the other's quiescent state");
    }
  };
  struct Awake : Dropping<GracePeriodSteps{.idle_meanwhile = false}> {
    static constexpr std::string_view kName = "awake";
    static constexpr std::string_view kWhat = "who waits for the mutex is not idle";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "whoever holds it waits for a quiescent state");
    }
  };
  struct RelaxedEnd : Dropping<GracePeriodSteps{.release_end = false}> {
    static constexpr std::string_view kName = "relaxed-end";
    static constexpr std::string_view kWhat = "D3 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "who polls does not acquire what the driver waited for");
    }
  };
  struct NoDriverFence : Dropping<GracePeriodSteps{}, RcuSteps{.fence_first = false}> {
    static constexpr std::string_view kName = "no-driver-fence";
    static constexpr std::string_view kWhat = "the full barrier in D2 dropped";
    static constexpr Hardly kHardlyNatively = kHardlyDelayed;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "data race",
                               "the look at the readers overtakes D1, and the unpublication is "
                               "between them");
    }
  };
  using Mutants = TypeList<NoSnapshotFence, RunningCounts, Unmarked, NoLock, Awake, RelaxedEnd,
                           RelaxedPoll, NoDriverFence>;
};

struct RcuPreemptShared
    : GracePeriodsShared<SharedRcuPreempt, GracePeriodsBounds{.second = WaitBy::kCookie}> {
  static constexpr std::string_view kName = "rcu_preempt_shared";
  static constexpr std::string_view kQuestion =
      "does no reader of a task span the grace period of whom it counts for, if two CPUs ask at "
      "once, one by a cookie? (bound: 1 grace period each, 1 task with 2 readers, 1 tick)";

  struct NoDriverFence : Dropping<GracePeriodSteps{}, RcuPreemptSteps{.fence_first = false}> {
    static constexpr std::string_view kName = "no-driver-fence";
    static constexpr std::string_view kWhat = "S0 of rcu/rcu_preempt.h dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "the tick reports to a grace period whose D1 the cookie missed, and "
                               "the next reader misses the unpublication");
    }
  };
  using Mutants = TypeList<NoSnapshotFence, RunningCounts, NoDriverFence>;
};

struct RcuTasksRudeShared
    : GracePeriodsShared<SharedRcuTasksRude, GracePeriodsBounds{.second = WaitBy::kCookie}> {
  static constexpr std::string_view kName = "rcu_tasks_rude_shared";
  static constexpr std::string_view kQuestion =
      "does no region with preemption off span the grace period of whom it counts for, if two CPUs "
      "ask at once, one by a cookie? (bound: 1 grace period each, 1 CPU with 2 regions)";

  struct ReleaseFirst
      : Dropping<GracePeriodSteps{}, RcuTasksRudeSteps{.full_first = false, .check_use = false}> {
    static constexpr std::string_view kName = "release-first";
    static constexpr std::string_view kWhat = "R0 of rcu/rcu_tasks_rude.h is a release";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(
          model, "data race",
          "the CPU switches for a grace period whose D1 the cookie missed, and "
          "the next region misses the unpublication");
    }
  };
  using Mutants = TypeList<NoSnapshotFence, RunningCounts, ReleaseFirst>;
};

struct SrcuShared
    : GracePeriodsShared<SharedSrcu, GracePeriodsBounds{.second = WaitBy::kCookie, .sections = 1}> {
  static constexpr std::string_view kName = "srcu_shared";
  static constexpr std::string_view kQuestion =
      "does no reader span the grace period of whom it counts for, if two CPUs ask at once, one by "
      "a cookie? (bound: 1 grace period each, 1 reader)";

  struct NoLock : Dropping<GracePeriodSteps{.lock = false}> {
    static constexpr std::string_view kName = "no-lock";
    static constexpr std::string_view kWhat = "the mutex dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "two updaters in the flavour's Synchronize");
    }
  };
  struct RelaxedEnd : Dropping<GracePeriodSteps{.release_end = false}> {
    static constexpr std::string_view kName = "relaxed-end";
    static constexpr std::string_view kWhat = "D3 is relaxed";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "SRCU's barrier F, or A, before it makes it a release"};
    }
  };
  struct RelaxedEndNoF : Dropping<GracePeriodSteps{.release_end = false}, SrcuSteps{.end = false}> {
    static constexpr std::string_view kName = "relaxed-end-no-f";
    static constexpr std::string_view kWhat = "D3 is relaxed, and SRCU's F dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "A is between the sum of unlocks and D3"};
    }
  };
  struct NoS : Dropping<GracePeriodSteps{}, SrcuSteps{.start = false}> {
    static constexpr std::string_view kName = "no-s";
    static constexpr std::string_view kWhat = "SRCU's S dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "A is between D1 and every sum of locks"};
    }
  };
  using Mutants = TypeList<NoSnapshotFence, RunningCounts, Unmarked, NoLock, RelaxedPoll,
                           RelaxedEnd, RelaxedEndNoF, NoS>;
};

}  // namespace heddle
