// srcu_fast_wrap: how far must fast SRCU's counters reach?
//
//     Reader                                   Updater
//     lock, the object (acquire)               one grace period, as in scenarios/srcu.h
//       lock, unlock, twice: nested sections
//     its value, unlock
//
// While the reader is at the object, its nested sections must not bring the locks around to the
// number of unlocks that the updater has summed before.  Barrier D interrupts the reader, which has
// seen the flip from then on: it locks once at most where G3 looks, if it had read `used` before.
// So three values are enough for one reader; scenarios/srcu_wrap.h needs four for two, as fences do
// not interrupt.
// Source: rcu/srcu_fast.h.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "scenarios/srcu_fast.h"

namespace heddle {

template <Runtime Rt, SrcuFastSteps kSteps>
class SrcuFastWrapProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Update() : Read(); }
  std::array<Observation, 1> Observed() const { return seen_; }

 private:
  static constexpr int kNested = 2, kReclaimed = 9;

  void Update() {
    kernel::smp_store_release(current_, 1);
    srcu_.Synchronize();
    objects_[0].store(kReclaimed);
  }
  void Read() {
    auto* const outer = srcu_.ReadLock(0);
    const int object = kernel::rcu_dereference(current_);
    for (int i = 0; i < kNested; ++i) srcu_.ReadUnlock(0, srcu_.ReadLock(0));
    Rt::observe(seen_[0], objects_[object].load());
    srcu_.ReadUnlock(0, outer);
  }

  typename Rt::template Atomic<int> current_{0, "current"};
  typename Rt::template Array<typename Rt::template Plain<int>, 2> objects_{1, "object"};
  SrcuFast<Rt, 1, kSteps> srcu_{"domain"};
  std::array<Observation, 1> seen_{{{"value"}}};
};

struct SrcuFastWrap : SrcuFastScenario {
  static constexpr std::string_view kName = "srcu_fast_wrap";
  static constexpr std::string_view kQuestion =
      "does no reader without barriers span a grace period if counters have 3 values? (bound: 1 "
      "reader, 2 sections nested in another one, 1 grace period)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <SrcuFastSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = SrcuFastWrapProgram<Rt, kSteps>;
  };
  template <Runtime Rt>
  using Program = SrcuFastWrapProgram<Rt, SrcuFastSteps{.modulus = 3}>;

  static std::vector<Expect> Expected() {
    return {classic::Always({1}, "a version of the object, not reclaimed")};
  }

  struct NoD : With<SrcuFastSteps{.d = false, .modulus = 3}> {
    static constexpr std::string_view kName = "no-d";
    static constexpr std::string_view kWhat = "D dropped: no barrier between the flip and G3";
    static constexpr Hardly kHardlyNatively = kHardlyBetweenSums;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return UnlessSc(model,
                      "G3 overtakes the flip: the reader locks twice between the sums where G3 "
                      "looks");
    }
  };
  struct NoFlip : With<SrcuFastSteps{.flip = false, .modulus = 3}> {
    static constexpr std::string_view kName = "no-flip";
    static constexpr std::string_view kWhat = "G2 dropped: all count in one place";
    static constexpr Hardly kHardlyNatively = kHardlyBetweenSums;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Everywhere("the reader locks twice between the sums");
    }
  };
  struct TwoValues : With<SrcuFastSteps{.modulus = 2}> {
    static constexpr std::string_view kName = "two-values";
    static constexpr std::string_view kWhat = "counters wrap around at 2";
    static constexpr Hardly kHardlyNatively = kHardlyBetweenSums;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Everywhere(
          "the reader has read `used` before the flip, and locks once between the sums");
    }
  };
  using Mutants = TypeList<NoD, NoFlip, TwoValues>;
};

}  // namespace heddle
