// RCU's axiom: of each reader, either all comes before a grace period's end, or all after its
// beginning.  Is that so of accesses that order nothing by themselves?
//
//     rcu_span                                   rcu_sb
//     Reader              Updater                Reader              Updater
//     lock                x = 1                  lock                y = 1
//     read x and y, in    Synchronize            x = 1               Synchronize
//       either order      y = 1                  read y              read x
//     unlock                                     unlock
//     never: y = 1 and x = 0                     never: y = 0 and x = 0
//
// All accesses are relaxed.  Before its section the reader's CPU has been idle and reports, and
// likewise after it, so that the grace period may end by either.
// Source: J. Alglave, L. Maranget, P. E. McKenney, A. Parri, A. Stern, "Frightening Small Children
// and Disconcerting Grown-ups: Concurrency in the Linux Kernel", ASPLOS 2018, on RCU.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rcu/rcu.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"

namespace heddle {

enum class RcuLitmus { kSpan, kStoreBuffering };

template <Runtime Rt, RcuLitmus kLitmus, RcuSteps kSteps = RcuSteps{}>
class RcuLitmusProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Update() : Read(); }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  static constexpr bool kSpan = kLitmus == RcuLitmus::kSpan;

  void Update() {
    kernel::write_once(kSpan ? x_ : y_, 1);
    rcu_.Synchronize(0);
    kSpan ? kernel::write_once(y_, 1) : SeeX();
  }
  void Read() {
    rcu_.Leave(1, Context::kIdle);
    rcu_.Return(1);
    rcu_.QuiescentState(1);
    rcu_.ReadLock(1);
    if constexpr (kSpan) {
      const bool x_first = Rt::choose(2) == 0;
      if (x_first) SeeX();
      SeeY();
      if (!x_first) SeeX();
    } else {
      kernel::write_once(x_, 1);
      SeeY();
    }
    rcu_.ReadUnlock(1);
    rcu_.QuiescentState(1);
    rcu_.Leave(1, Context::kIdle);
  }
  void SeeX() { Rt::observe(seen_[0], kernel::read_once(x_)); }
  void SeeY() { Rt::observe(seen_[1], kernel::read_once(y_)); }

  Rcu<Rt, 2, kSteps> rcu_;
  typename Rt::template Atomic<int> x_{0, "x"};
  typename Rt::template Atomic<int> y_{0, "y"};
  std::array<Observation, 2> seen_{{{"x"}, {"y"}}};
};

template <RcuLitmus kLitmus>
struct RcuLitmusScenario {
  static constexpr std::string_view kSource = "Alglave et al., ASPLOS 2018";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr bool kIsolated = true;
  template <Runtime Rt>
  using Program = RcuLitmusProgram<Rt, kLitmus>;
  template <RcuSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = RcuLitmusProgram<Rt, kLitmus, kSteps>;
  };
  static Verdict UnlessSc(std::string_view model, std::string why) {
    if (model == "sc") return {"", "sc never lets a load overtake a store"};
    return {"forbidden outcome", std::move(why)};
  }
  static Verdict OnlyRc11(std::string_view model, std::string why) {
    if (model != "rc11") return {"", "every atomic read synchronizes under this model"};
    return {"forbidden outcome", std::move(why)};
  }
};

struct RcuSpan : RcuLitmusScenario<RcuLitmus::kSpan> {
  static constexpr std::string_view kName = "rcu_span";
  static constexpr std::string_view kQuestion =
      "does a reader that sees what follows a grace period see what came before it, too, whichever "
      "it reads first?";
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed, kNo = Grade::kForbidden;
    return {{{0, 0}, kOk, kOk, kOk, "the reader comes before the end"},
            {{1, 0}, kOk, kOk, kOk, "it comes after the beginning"},
            {{1, 1}, kOk, kOk, kOk, "it comes after the end"},
            {{0, 1}, kNo, kNo, kNo, "it spans the grace period"}};
  }

  struct NoWait : Dropping<RcuSteps{.wait = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "S4 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"forbidden outcome", "x is read before, y after the grace period"};
    }
  };
  struct OldNumber : Dropping<RcuSteps{.new_number = false}> {
    static constexpr std::string_view kName = "old-number";
    static constexpr std::string_view kWhat = "S2 dropped: reports before the grace period count";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"forbidden outcome", "the CPU entered its reader after that report"};
    }
  };
  struct NoFirstFence : Dropping<RcuSteps{.fence_first = false}> {
    static constexpr std::string_view kName = "no-first-fence";
    static constexpr std::string_view kWhat = "S1 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return UnlessSc(model, "S3 overtakes the store of x: the CPU comes back in between");
    }
  };
  struct NoReturnFence : Dropping<RcuSteps{.context = {.fence_returning = false}}> {
    static constexpr std::string_view kName = "no-return-fence";
    static constexpr std::string_view kWhat = "R2 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyRc11(model, "x is read before R1: the look finds the CPU away");
    }
  };
  using Mutants = TypeList<NoWait, OldNumber, NoFirstFence, NoReturnFence>;
};

struct RcuSb : RcuLitmusScenario<RcuLitmus::kStoreBuffering> {
  static constexpr std::string_view kName = "rcu_sb";
  static constexpr std::string_view kQuestion =
      "does a grace period order a store and a load as a full barrier does, against a reader that "
      "has none?";
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed, kNo = Grade::kForbidden;
    return {{{1, 0}, kOk, kOk, kOk, "the reader comes before the end"},
            {{0, 1}, kOk, kOk, kOk, "it comes after the beginning, and is not seen"},
            {{1, 1}, kOk, kOk, kOk, "both are seen"},
            {{0, 0}, kNo, kNo, kNo, "it is neither before nor after"}};
  }

  struct NoWait : Dropping<RcuSteps{.wait = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "S4 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return UnlessSc(model, "the reader has no barrier of its own");
    }
  };
  struct NoFirstFence : Dropping<RcuSteps{.fence_first = false}> {
    static constexpr std::string_view kName = "no-first-fence";
    static constexpr std::string_view kWhat = "S1 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return UnlessSc(model, "S3 overtakes the store of y: the CPU comes back in between");
    }
  };
  struct RelaxedReport : Dropping<RcuSteps{.release_report = false}> {
    static constexpr std::string_view kName = "relaxed-report";
    static constexpr std::string_view kWhat = "Q2 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyRc11(model, "the reader's store of x is not before S4");
    }
  };
  struct RelaxedLeaving : Dropping<RcuSteps{.context = {.release_leaving = false}}> {
    static constexpr std::string_view kName = "relaxed-leaving";
    static constexpr std::string_view kWhat = "L is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyRc11(model, "the reader's store of x is not before the look");
    }
  };
  using Mutants = TypeList<NoWait, NoFirstFence, RelaxedReport, RelaxedLeaving>;
};

}  // namespace heddle
