// srcu_fast: is an updater with barriers of all threads enough if SRCU's readers have none?
//
// The program is scenarios/srcu.h's; the domain rcu/srcu_fast.h's.
#pragma once

#include <string_view>
#include <vector>

#include "rcu/srcu_fast.h"
#include "scenarios/srcu.h"

namespace heddle {

struct SrcuFastScenario : SrcuScenario {
  static constexpr std::string_view kSource =
      "Linux's srcu_read_lock_fast(), 2025; Desnoyers et al., TPDS 23(2), 2012";

 protected:
  template <SrcuBounds kBounds, SrcuFastSteps kSteps>
  struct Of {
    template <Runtime Rt>
    using Program = SrcuProgramOf<Rt, kBounds, SrcuFast<Rt, 3, kSteps>>;
  };
};

struct SrcuFastReaders : SrcuFastScenario {
  static constexpr std::string_view kName = "srcu_fast";
  static constexpr std::string_view kQuestion =
      "does no reader without barriers span a grace period whose scans have barriers of all "
      "threads? (bound: 2 readers, one of which leaves the object alone, 1 section each, 1 grace "
      "period)";
  static constexpr SrcuBounds kBounds{.periods = 1, .sections = 1, .second_only_locks = true};
  template <SrcuFastSteps kSteps>
  using With = Of<kBounds, kSteps>;
  template <Runtime Rt>
  using Program = With<SrcuFastSteps{}>::template Program<Rt>;

  static std::vector<Expect> Expected() { return Versions(1, 2); }

  struct NoA : With<SrcuFastSteps{.a = false}> {
    static constexpr std::string_view kName = "no-a";
    static constexpr std::string_view kWhat = "A dropped: no barrier between the sums";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "tso") return Holds("tso keeps loads in order, and D is what B was to R2");
      return OnlyRc11(model, "nothing orders what readers do in their sections");
    }
  };
  struct NoAD : With<SrcuFastSteps{.a = false, .d = false}> {
    static constexpr std::string_view kName = "no-a-nor-d";
    static constexpr std::string_view kWhat = "A and D dropped: no barrier at all";
    static constexpr Hardly kHardlyNatively = kHardlyDelayed;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return UnlessSc(model, "the reader finds the old object before anyone sees it counted in");
    }
  };
  struct NoADButE : With<SrcuFastSteps{.a = false, .d = false, .e = true}> {
    static constexpr std::string_view kName = "no-a-nor-d-but-e";
    static constexpr std::string_view kWhat = "A and D dropped, but E added: one barrier";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "tso") return Holds("tso keeps loads in order, and E is what B was to R2");
      return OnlyRc11(model, "nothing orders what readers do in their sections");
    }
  };
  struct NoAButSF : With<SrcuFastSteps{.a = false, .start = true, .end = true}> {
    static constexpr std::string_view kName = "no-a-but-s-and-f";
    static constexpr std::string_view kWhat = "A dropped, but S and F added: none between the sums";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyRc11(model, "a reader is counted out that is not counted in, for one inside");
    }
  };
  struct LocksFirst : With<SrcuFastSteps{.unlocks_first = false}> {
    static constexpr std::string_view kName = "locks-first";
    static constexpr std::string_view kWhat = "U2 before U1";
    static constexpr Hardly kHardlyNatively = kHardlyBetweenSums;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Everywhere(
          "the second reader, which came after the sum of locks, is counted out instead of the "
          "first one, which is inside");
    }
  };
  struct NoFirstScan : With<SrcuFastSteps{.scan_other = false}> {
    static constexpr std::string_view kName = "no-first-scan";
    static constexpr std::string_view kWhat = "G1 dropped, and with it the barrier before the flip";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyRc11(model,
                      "a reader sees the flip before the unpublication: it finds the old object "
                      "and counts where G3 does not look");
    }
  };
  struct NoFirstScanButS : With<SrcuFastSteps{.start = true, .scan_other = false}> {
    static constexpr std::string_view kName = "no-first-scan-but-s";
    static constexpr std::string_view kWhat = "G1 dropped, but a barrier before the flip";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Holds("there is no earlier grace period: see srcu_fast_periods");
    }
  };
  struct NoSecondScan : With<SrcuFastSteps{.scan_used = false}> {
    static constexpr std::string_view kName = "no-second-scan";
    static constexpr std::string_view kWhat = "G3 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Everywhere("nobody waits for who counts where everyone does");
    }
  };
  struct SharedSlot : With<SrcuFastSteps{.own_slots = false}> {
    static constexpr std::string_view kName = "shared-slot";
    static constexpr std::string_view kWhat = "both readers count in one slot";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Everywhere("increments without a lock prefix are one thread's own");
    }
  };
  using Mutants = TypeList<NoA, NoAD, NoADButE, NoAButSF, LocksFirst, NoFirstScan, NoFirstScanButS,
                           NoSecondScan, SharedSlot>;
};

/// Why a grace period scans the counts that are not in use.
struct SrcuFastPeriods : SrcuFastScenario {
  static constexpr std::string_view kName = "srcu_fast_periods";
  static constexpr std::string_view kQuestion =
      "does no reader without barriers span a grace period that follows another one? (bound: 1 "
      "reader, 1 section, 2 grace periods)";
  static constexpr int kThreads = 2;
  static constexpr SrcuBounds kBounds{.periods = 2, .sections = 1};
  template <SrcuFastSteps kSteps>
  using With = Of<kBounds, kSteps>;
  template <Runtime Rt>
  using Program = With<SrcuFastSteps{}>::template Program<Rt>;

  static std::vector<Expect> Expected() { return Versions(1, 3); }

  struct NoFirstScan : With<SrcuFastSteps{.start = true, .scan_other = false}> {
    static constexpr std::string_view kName = "no-first-scan";
    static constexpr std::string_view kWhat = "G1 dropped, but a barrier before the flip";
    static constexpr Hardly kHardlyNatively = kHardlyBetweenSteps;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Everywhere(
          "a reader that read `used` before the first flip counts there after the first grace "
          "period, and the second one does not look there");
    }
  };
  struct NoD : With<SrcuFastSteps{.d = false}> {
    static constexpr std::string_view kName = "no-d";
    static constexpr std::string_view kWhat = "D dropped: no barrier between the flip and G3";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Holds("D bounds how far counters run on: 32 bits are far enough");
    }
  };
  struct NoAButS : With<SrcuFastSteps{.a = false, .start = true}> {
    static constexpr std::string_view kName = "no-a-but-s";
    static constexpr std::string_view kWhat = "A dropped, but S added: no barrier after G3";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyRc11(model, "the reader is counted out before it has read the object");
    }
  };
  struct NoAButF : With<SrcuFastSteps{.a = false, .end = true}> {
    static constexpr std::string_view kName = "no-a-but-f";
    static constexpr std::string_view kWhat = "A dropped, but F added: no barrier before G1";
    static constexpr Hardly kHardlyNatively = kHardlyDelayed;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return UnlessSc(model,
                      "G1 overtakes the unpublication: it misses a reader that is late where it "
                      "looks and finds the old object");
    }
  };
  struct NoAButSF : With<SrcuFastSteps{.a = false, .start = true, .end = true}> {
    static constexpr std::string_view kName = "no-a-but-s-and-f";
    static constexpr std::string_view kWhat = "A dropped, but S and F added: none between the sums";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Holds("nobody else is counted out for the only reader: see srcu_fast");
    }
  };
  using Mutants = TypeList<NoFirstScan, NoD, NoAButS, NoAButF, NoAButSF>;
};

}  // namespace heddle
