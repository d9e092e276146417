// srcu_wrap: how far must SRCU's counters reach, and what has the flip of the index to do with it?
//
//     First reader                       Second reader          Updater
//     as in scenarios/srcu.h             ReadLock, ReadUnlock,  one grace period
//                                        again and again
//
// The counters are compared modulo their size.  While the first reader is at the object, the second
// one must not bring the locks around to the number of unlocks that the updater has summed before:
// the flip, and barrier D behind it, send it to the other index in time.  One more lock under the
// old index is possible under sc, as it may have read the index before the flip; two elsewhere, as
// nothing orders its unlock before its next read of the index.
// Source: rcu/srcu.h.
#pragma once

#include <string_view>
#include <vector>

#include "rcu/srcu.h"
#include "runtime/scenario.h"
#include "scenarios/srcu.h"

namespace heddle {

struct SrcuWrap : SrcuScenario {
  static constexpr std::string_view kName = "srcu_wrap";
  static constexpr std::string_view kQuestion =
      "does no reader span a grace period if counters have 2 bits? (bound: 2 readers, 3 sections "
      "each, 1 grace period)";
  static constexpr SrcuBounds kBounds{.periods = 1, .sections = 3, .second_only_locks = true};
  template <SrcuSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = SrcuProgram<Rt, kBounds, kSteps>;
  };
  template <Runtime Rt>
  using Program = SrcuProgram<Rt, kBounds, SrcuSteps{.modulus = 4}>;

  static std::vector<Expect> Expected() { return Versions(1, 2); }

  struct NoD : With<SrcuSteps{.d = false, .modulus = 4}> {
    static constexpr std::string_view kName = "no-d";
    static constexpr std::string_view kWhat = "D dropped: no barrier between the flip and G3";
    static constexpr Hardly kHardlyNatively = kHardlyBetweenSums;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return UnlessSc(model,
                      "G3 overtakes the flip: the second reader locks under the old index "
                      "three times between the sums");
    }
  };
  struct NoFlip : With<SrcuSteps{.flip = false, .modulus = 4}> {
    static constexpr std::string_view kName = "no-flip";
    static constexpr std::string_view kWhat = "G2 dropped: readers stay under one index";
    static constexpr Hardly kHardlyNatively = kHardlyBetweenSums;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Everywhere("the second reader locks three times between the sums");
    }
  };
  struct ThreeValues : With<SrcuSteps{.modulus = 3}> {
    static constexpr std::string_view kName = "three-values";
    static constexpr std::string_view kWhat = "counters wrap around at 3";
    static constexpr Hardly kHardlyNatively = kHardlyBetweenSums;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "sc") return Holds("under sc a reader locks once at most between the sums");
      return Everywhere(
          "the second reader locks twice between the sums: nothing orders its unlock "
          "before its next read of the index");
    }
  };
  struct TwoValues : With<SrcuSteps{.modulus = 2}> {
    static constexpr std::string_view kName = "two-values";
    static constexpr std::string_view kWhat = "counters wrap around at 2";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Everywhere(
          "the second reader has read the index before the flip, and locks between the "
          "sums");
    }
  };
  struct NoE : With<SrcuSteps{.e = false, .modulus = 4}> {
    static constexpr std::string_view kName = "no-e";
    static constexpr std::string_view kWhat = "E dropped: no barrier between G1 and the flip";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Holds("no store takes effect before loads that it depends on");
    }
  };
  using Mutants = TypeList<NoD, NoFlip, ThreeValues, TwoValues, NoE>;
};

}  // namespace heddle
