// Do transitions between user mode and the kernel end, and where they should, if they fault?
//
//     Task: to user mode, and back, again and again
//     accounting: may fault, each time that it is done
//     another exception, which needs RCU: anywhere
//
//   I1  No fault is taken again in its own handling.
//   I2  RCU watches the kernel, and not user mode, whatever came amid the transitions.
//   I3  RCU watches what an exception does, unless that came amid a transition.
#pragma once

#include <array>
#include <atomic>
#include <string_view>
#include <vector>

#include "rcu/user_transition.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

template <Runtime Rt, int kRounds, UserTransitionSteps kSteps = UserTransitionSteps{}>
class UserTransitionProgram {
 public:
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kNmi, 1, [this] {
      Except([this] {
        Rt::check(transition_.IsWithin(0) || contexts_.IsWatching(0),
                  "I3: RCU does not watch an exception");
      });
    });
    for (int i = 0; Rt::again(i, kRounds); ++i) {
      transition_.EnterUser(0, [this] { Account(); });
      Rt::check(!contexts_.IsWatching(0), "I2: RCU watches user mode");
      transition_.ExitUser(0, [this] { Account(); });
      Rt::check(contexts_.IsWatching(0), "I2: RCU does not watch the kernel");
      Rt::observe(seen_[0], faults_.exchange(0) > 0 ? 1 : 0);
    }
  }
  std::array<Observation, 1> Observed() const { return seen_; }

 private:
  // A fault, in the other exception, in the task.
  static constexpr int kMostFaults = 2;

  void Account() {
    if (Rt::choose(2) == 0) return;
    if (depth_ == kMostFaults) {
      Rt::check(false, "I1: a fault is taken in its own handling, again and again");
      return;
    }
    ++depth_;
    ++faults_;
    Except([] {});
    --depth_;
  }
  template <typename F>
  void Except(F handle) {
    transition_.Exception(
        0, [this] { Account(); }, handle);
  }

  ContextTracking<Rt, 1> contexts_;
  UserTransition<Rt, 1, kSteps> transition_{contexts_};
  std::atomic<int> depth_{0}, faults_{0};  // the checks' own: no events
  std::array<Observation, 1> seen_{{{"faulted"}}};
};

struct UserTransitions {
  static constexpr std::string_view kName = "user_transition";
  static constexpr std::string_view kQuestion =
      "do transitions to user mode and back end, and where they should, if they fault at any step? "
      "(bound: 1 of each, 1 other exception)";
  static constexpr std::string_view kSource = "Linux, kernel/context_tracking.c";
  static constexpr int kThreads = 1;
  static constexpr Shape kShape = Shape::kTorture;
  template <UserTransitionSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = UserTransitionProgram<Rt, 1, kSteps>;
  };
  template <Runtime Rt>
  using Program = UserTransitionProgram<Rt, 1>;
  static std::vector<Expect> Expected() {
    return {classic::Always({0, 0}, "nothing faulted"),
            classic::Always({0, 1}, "something faulted, and was handled")};
  }

  struct NoCount : Dropping<UserTransitionSteps{.count = false}> {
    static constexpr std::string_view kName = "no-count";
    static constexpr std::string_view kWhat = "N1 and N4 dropped";
    static constexpr std::string_view kSource = "Linux before commit d0e536d89395, 2015";
    static constexpr int kMuseum = 37;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed",
                                 "the fault's own transition faults, before it is handled");
    }
  };
  struct LateCount : Dropping<UserTransitionSteps{.count_first = false}> {
    static constexpr std::string_view kName = "late-count";
    static constexpr std::string_view kWhat = "N1 comes after the first accounting";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed",
                                 "the fault's own transition faults, before it is handled");
    }
  };
  struct EarlyUncount : Dropping<UserTransitionSteps{.count_last = false}> {
    static constexpr std::string_view kName = "early-uncount";
    static constexpr std::string_view kWhat = "N4 comes before the second accounting";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed",
                                 "the fault's own transition faults, before it is handled");
    }
  };
  struct InnerStays : Dropping<UserTransitionSteps{.count_inner_off = false}> {
    static constexpr std::string_view kName = "inner-stays";
    static constexpr std::string_view kWhat = "N4 dropped in inner calls";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere(
          "misuse", "an exception's way back does nothing, so the CPU is where it was not");
    }
  };
  struct NoExit : Dropping<UserTransitionSteps{.exit_user = false}> {
    static constexpr std::string_view kName = "no-exit";
    static constexpr std::string_view kWhat = "X1 and X3 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "RCU does not watch an exception in user mode");
    }
  };
  struct NoReentry : Dropping<UserTransitionSteps{.enter_again = false}> {
    static constexpr std::string_view kName = "no-reentry";
    static constexpr std::string_view kWhat = "X3 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("misuse", "RCU watches user mode, from which the task comes back");
    }
  };
  using Mutants = TypeList<NoCount, LateCount, EarlyUncount, InnerStays, NoExit, NoReentry>;
};

}  // namespace heddle
