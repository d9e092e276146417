// srcu_barrier, rcu_barrier: does Barrier come back while another CPU is queuing a callback?
//
//     CPU 0             CPU 1                                CPU 2
//     Synchronize       Call(callback)                       Barrier
//                       rcu_barrier: Synchronize             say that it is back
//                       await that it is due, or that
//                         CPU 2 is back; Invoke
//
// Either Barrier has seen the callback, and waits for it; or it has not.  Over RCU, who waits for a
// grace period before it runs its callbacks waits for the CPU that is in Barrier, too.
#pragma once

#include <array>
#include <atomic>
#include <string_view>
#include <vector>

#include "rcu/callbacks.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/callbacks.h"
#include "scenarios/classic/rows.h"
#include "scenarios/grace_periods_program.h"

namespace heddle {

/// `Domain` as in grace_periods_program.h, for 3 CPUs.
template <Runtime Rt, typename Domain, bool kWaitsItself, CallbackSteps kSteps = CallbackSteps{}>
class BarrierProgram {
 public:
  void Thread(int cpu) {
    domain_.Begin(cpu);
    if (cpu == 0) periods_.Synchronize(0);
    if (cpu == 1) Call();
    if (cpu == 2) Barrier();
    domain_.End(cpu);
  }
  std::array<Observation, 1> Observed() const { return seen_; }

 private:
  using Periods = GracePeriods<Rt, decltype(Domain::domain)>;

  void Call() {
    callbacks_.Call(1, callback_);
    if constexpr (kWaitsItself) periods_.Synchronize(1);
    domain_.Idle(1, [&] {
      Rt::spin_until([&] { return callbacks_.IsDue(1) || kernel::read_once(back_) == 1; },
                     "the callback to be due, or Barrier to be back");
    });
    callbacks_.Invoke(1);
    Rt::observe(seen_[0], runs_.load());
  }
  void Barrier() {
    callbacks_.Barrier(2);
    kernel::write_once(back_, 1);
  }

  Domain domain_;
  Periods periods_{domain_.domain};
  Callbacks<Rt, Periods, 3, kSteps> callbacks_{periods_};
  typename Rt::template Plain<int> runs_{0, "runs"};
  typename Rt::template Atomic<int> back_{0, "back"};
  Callback<Rt> callback_{[this] { runs_.store(runs_.load() + 1); }};
  std::array<Observation, 1> seen_{{{"callbacks run"}}};
};

template <typename Flavour, bool kWaitsItself>
struct BarrierOf : CallbacksScenario {
  static constexpr int kThreads = 3;
  template <CallbackSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = BarrierProgram<Rt, typename Flavour::template Domain<Rt, Flavour::kSteps>,
                                   kWaitsItself, kSteps>;
  };
  template <Runtime Rt>
  using Program = typename Dropping<CallbackSteps{}>::template Program<Rt>;
  static std::vector<Expect> Expected() {
    return {classic::Always({0}, "Barrier came before it"), classic::Always({1}, "it has run")};
  }

  struct CountedFirst : Dropping<CallbackSteps{.count_numbered = false}> {
    static constexpr std::string_view kName = "counted-first";
    static constexpr std::string_view kWhat = "K5 before K2";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock",
                                 "its number is beyond the grace period that Barrier drives");
    }
  };
  struct RelaxedCount : Dropping<CallbackSteps{.release_queued = false}> {
    static constexpr std::string_view kName = "relaxed-count";
    static constexpr std::string_view kWhat = "K5 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "deadlock",
                               "Barrier counts it, and its snapshot is older than K2");
    }
  };
};

struct SrcuBarrier : BarrierOf<SharedSrcu, false> {
  static constexpr std::string_view kName = "srcu_barrier";
  static constexpr std::string_view kQuestion =
      "does Barrier come back while another CPU queues a callback? (bound: 1 callback, 1 other "
      "grace period)";
  using Mutants = TypeList<CountedFirst, RelaxedCount>;
};

struct RcuBarrier : BarrierOf<SharedRcu, true> {
  static constexpr std::string_view kName = "rcu_barrier";
  static constexpr std::string_view kQuestion =
      "does Barrier come back if the CPU whose callback it awaits waits for a grace period of RCU "
      "first? (bound: 1 callback, 2 other grace periods)";
  static std::vector<Expect> Expected() { return {classic::Always({1}, "it has run")}; }

  struct Awake : Dropping<CallbackSteps{.idle_meanwhile = false}> {
    static constexpr std::string_view kName = "awake";
    static constexpr std::string_view kWhat = "Barrier is not idle while it waits";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock",
                                 "the other CPU's grace period waits for it, and it for that CPU");
    }
  };
  using Mutants = TypeList<Awake>;
};

}  // namespace heddle
