// Each kind of RCU under torture, and what is dropped from it in mutants.
//
// `Way` is how it is tortured (tight.h, wide.h):
//
//   ProgramOf<Rt, Flavour>     the program
//   kCpus, kFirstReader        of it
//   kOnlyExpedited             grace periods of preemptible RCU
//   kError                     what a grace period that is too short ends in
//   Everywhere, UnlessSc       verdicts with that error
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "scenarios/torture/flavours.h"

namespace heddle::torture {

/// `steps` without some of them.
template <typename Steps, typename... Members>
constexpr Steps Without(Steps steps, Members... dropped) {
  ((steps.*dropped = false), ...);
  return steps;
}

template <typename Way, SrcuSteps kRight = SrcuSteps{}>
struct SrcuTorture : Way {
  template <SrcuSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = typename Way::template ProgramOf<Rt, SrcuFlavour<Rt, Way::kCpus, kSteps>>;
  };
  template <Runtime Rt>
  using Program = typename With<kRight>::template Program<Rt>;

  struct NoB : With<Without(kRight, &SrcuSteps::b)> {
    static constexpr std::string_view kName = "no-b";
    static constexpr std::string_view kWhat = "B dropped: no barrier behind ReadLock's increment";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return Way::UnlessSc(model, "the reader holds the object before anyone sees it counted in");
    }
  };
  struct NoSecondScan : With<Without(kRight, &SrcuSteps::scan_used)> {
    static constexpr std::string_view kName = "no-second-scan";
    static constexpr std::string_view kWhat = "G3 dropped: no wait after the flip";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("nobody waits for who counts under the index in use");
    }
  };
  struct NoWait : With<Without(kRight, &SrcuSteps::scan_other, &SrcuSteps::scan_used)> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "Synchronize waits for nothing";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("nobody waits for the reader");
    }
  };
  struct LocksFirst : With<Without(kRight, &SrcuSteps::unlocks_first)> {
    static constexpr std::string_view kName = "locks-first";
    static constexpr std::string_view kWhat = "U2 before U1";
    static constexpr Hardly kHardlyNatively{
        {},
        "needs one reader in a section, and another one that has read the index before the flip to "
        "lock and unlock between two neighbouring sums, some 10 ns"};
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("a reader that came after the sum of locks is counted out instead");
    }
  };
};

template <typename Way>
struct SrcuFastTorture : Way {
  static constexpr SrcuFastSteps kRight{};
  template <SrcuFastSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = typename Way::template ProgramOf<Rt, SrcuFastFlavour<Rt, Way::kCpus, kSteps>>;
  };
  template <Runtime Rt>
  using Program = typename With<kRight>::template Program<Rt>;

  struct NoBarriers : With<Without(kRight, &SrcuFastSteps::a, &SrcuFastSteps::d)> {
    static constexpr std::string_view kName = "no-barriers";
    static constexpr std::string_view kWhat = "A and D dropped: nobody has a barrier";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return Way::UnlessSc(model, "the reader holds the object before anyone sees it counted in");
    }
  };
  struct NoSecondScan : With<Without(kRight, &SrcuFastSteps::scan_used)> {
    static constexpr std::string_view kName = "no-second-scan";
    static constexpr std::string_view kWhat = "G3 dropped: no wait after the flip";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("nobody waits for who counts where everyone does");
    }
  };
  struct NoWait : With<Without(kRight, &SrcuFastSteps::scan_other, &SrcuFastSteps::scan_used)> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "Synchronize waits for nothing";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("nobody waits for the reader");
    }
  };
};

template <typename Way>
struct RcuTorture : Way {
  static constexpr RcuSteps kRight{};
  template <RcuSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = typename Way::template ProgramOf<Rt, RcuFlavour<Rt, Way::kCpus, kSteps>>;
  };
  template <Runtime Rt>
  using Program = typename With<kRight>::template Program<Rt>;

  struct NoWait : With<Without(kRight, &RcuSteps::wait)> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "S4 dropped: Synchronize waits for nothing";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("nobody waits for the reader");
    }
  };
  struct OldNumber : With<Without(kRight, &RcuSteps::new_number)> {
    static constexpr std::string_view kName = "old-number";
    static constexpr std::string_view kWhat = "S2 keeps the last grace period's number";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("a report of before the call ends it");
    }
  };
  struct NoFirstFence : With<Without(kRight, &RcuSteps::fence_first)> {
    static constexpr std::string_view kName = "no-first-fence";
    static constexpr std::string_view kWhat = "S1 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return Way::UnlessSc(model,
                           "S3 finds the reader idle, which comes back before it can see the "
                           "publication");
    }
  };
};

template <typename Way>
struct RcuPreemptTorture : Way {
  static constexpr bool kHandlersWait = true;
  static constexpr RcuPreemptSteps kRight{};
  template <RcuPreemptSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = typename Way::template ProgramOf<
        Rt, RcuPreemptFlavour<Rt, Way::kCpus, kSteps, Way::kFirstReader, Way::kOnlyExpedited>>;
  };
  template <Runtime Rt>
  using Program = typename With<kRight>::template Program<Rt>;

  struct NoWait
      : With<Without(kRight, &RcuPreemptSteps::wait_for_cpus, &RcuPreemptSteps::wait_for_queued)> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "S2 and S3 dropped: Synchronize waits for nothing";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("nobody waits for the reader");
    }
  };
  struct ForgetsQueued : With<Without(kRight, &RcuPreemptSteps::wait_for_queued)> {
    static constexpr std::string_view kName = "forgets-queued";
    static constexpr std::string_view kWhat = "S3 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("nobody waits for the reader that was preempted");
    }
  };
  struct TickReportsInReader : With<Without(kRight, &RcuPreemptSteps::tick_looks)> {
    static constexpr std::string_view kName = "tick-reports-in-reader";
    static constexpr std::string_view kWhat = "T1 does not look whether it is in a reader";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("the reader that it interrupted is not waited for");
    }
  };
};

template <typename Way>
struct RcuTasksTorture : Way {
  static constexpr RcuTasksSteps kRight{};
  template <RcuTasksSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = typename Way::template ProgramOf<Rt, RcuTasksFlavour<Rt, Way::kCpus, kSteps>>;
  };
  template <Runtime Rt>
  using Program = typename With<kRight>::template Program<Rt>;

  struct NoWait : With<Without(kRight, &RcuTasksSteps::wait)> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "G5 dropped: two grace periods of plain RCU only";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("being preempted twice ends both of them");
    }
  };
  struct CountsPreemption : With<RcuTasksSteps{.count_preemption = true}> {
    static constexpr std::string_view kName = "counts-preemption";
    static constexpr std::string_view kWhat =
        "a switch is counted that is none of the task's doing";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("it ends the wait for the preempted task");
    }
  };
};

template <typename Way>
struct RcuTasksRudeTorture : Way {
  static constexpr RcuTasksRudeSteps kRight{};
  template <RcuTasksRudeSteps kSteps, bool kSwitchAmid = false>
  struct With {
    template <Runtime Rt>
    using Program = typename Way::template ProgramOf<
        Rt, RcuTasksRudeFlavour<Rt, Way::kCpus, kSteps, Way::kFirstReader, kSwitchAmid>>;
  };
  template <Runtime Rt>
  using Program = typename With<kRight>::template Program<Rt>;

  struct NoWait : With<Without(kRight, &RcuTasksRudeSteps::wait)> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "R2 dropped: Synchronize waits for nothing";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("nobody waits for the reader");
    }
  };
  struct SwitchesAmid : With<Without(kRight, &RcuTasksRudeSteps::check_use), true> {
    static constexpr std::string_view kName = "switches-amid";
    static constexpr std::string_view kWhat = "the CPU switches although preemption is off";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Way::Everywhere("it counts as switched amid the reader");
    }
  };
};

}  // namespace heddle::torture
