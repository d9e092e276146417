// rcu_tasks_rude: may a trampoline be freed while the code that takes a CPU into idle is in it?
//
//     Updater                      CPU 1, idle: RCU does not watch it
//     unhook the trampoline        twice: preemption off, call the traced function, preemption on,
//     Synchronize                         switch if asked to
//     free it                      switch when asked to
//
// Source: rcu/rcu_tasks_rude.h.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "rcu/rcu.h"
#include "rcu/rcu_tasks_rude.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "scenarios/trampoline.h"

namespace heddle {

struct RcuTasksRudeUse {
  bool plain = false;         ///< the updater waits for plain RCU instead
  bool by_interrupt = false;  ///< the work is done by an interrupt, in the trampoline
};

template <Runtime Rt, RcuTasksRudeSteps kSteps, RcuTasksRudeUse kUse = RcuTasksRudeUse{}>
class RcuTasksRudeProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Update() : Idle(cpu); }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  void Update() {
    Rt::spin_until([this] { return kernel::smp_load_acquire(idle_) == 1; }, "CPU 1 to be idle");
    trampoline_.Unhook();
    kUse.plain ? rcu_.Synchronize(0) : rude_.Synchronize(0);
    trampoline_.Free();
    kernel::smp_store_release(done_, 1);
  }
  void Idle(int cpu) {
    rcu_.Leave(cpu, Context::kIdle);
    kernel::smp_store_release(idle_, 1);
    for (Observation& seen : seen_) {
      rude_.PreemptionOff(cpu);
      const int in = trampoline_.Enter();
      if constexpr (kUse.by_interrupt) rude_.Switch(cpu);
      trampoline_.Leave(in);
      Rt::observe(seen, in);
      rude_.PreemptionOn(cpu);
      rude_.Switch(cpu);
    }
    Rt::spin_until([&] { return rude_.Owes(cpu) || kernel::smp_load_acquire(done_) == 1; },
                   "work, or the updater to be done");
    rude_.Switch(cpu);
  }

  Trampoline<Rt> trampoline_;
  Rcu<Rt, 2> rcu_;
  RcuTasksRude<Rt, 2, kSteps> rude_;
  typename Rt::template Atomic<int> idle_{0, "idle"}, done_{0, "done"};
  std::array<Observation, 2> seen_{{{"first"}, {"second"}}};
};

// --- descriptions

struct RcuTasksRudeIdle {
  static constexpr std::string_view kName = "rcu_tasks_rude";
  static constexpr std::string_view kQuestion =
      "may a trampoline be freed while code of an idle CPU is in it, which RCU does not watch? "
      "(bound: 1 grace period, 2 calls)";
  static constexpr std::string_view kSource = "Linux, kernel/rcu/tasks.h";
  static constexpr int kThreads = 2;
  static constexpr bool kIsolated = true;
  static constexpr Shape kShape = Shape::kSample;
  template <RcuTasksRudeSteps kSteps, RcuTasksRudeUse kUse = RcuTasksRudeUse{}>
  struct With {
    template <Runtime Rt>
    using Program = RcuTasksRudeProgram<Rt, kSteps, kUse>;
  };
  template <Runtime Rt>
  using Program = RcuTasksRudeProgram<Rt, RcuTasksRudeSteps{}>;

  static std::vector<Expect> Expected() {
    using namespace classic;
    return {Always({0, 0}, "unhooked before the first call"),
            Always({1, 0}, "unhooked between the calls"),
            Always({1, 1}, "unhooked after the calls"), Never({0, 1}, "unhooked, and there again")};
  }

  struct PlainRcu : With<RcuTasksRudeSteps{}, RcuTasksRudeUse{.plain = true}> {
    static constexpr std::string_view kName = "plain-rcu";
    static constexpr std::string_view kWhat = "the updater waits for a grace period of plain RCU";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "RCU does not wait for idle CPUs");
    }
  };
  struct NoWait : With<RcuTasksRudeSteps{.wait = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "R2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "the CPU is still in the trampoline");
    }
  };
  struct ByInterrupt
      : With<RcuTasksRudeSteps{.check_use = false}, RcuTasksRudeUse{.by_interrupt = true}> {
    static constexpr std::string_view kName = "by-interrupt";
    static constexpr std::string_view kWhat = "an interrupt does the work, instead of a switch";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "it comes in the trampoline as well");
    }
  };
  struct ByInterruptChecked : With<RcuTasksRudeSteps{}, RcuTasksRudeUse{.by_interrupt = true}> {
    static constexpr std::string_view kName = "by-interrupt-checked";
    static constexpr std::string_view kWhat = "the same, and misuse is reported";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("misuse", "reported before anything goes wrong");
    }
  };
  struct NoFirstFence : With<RcuTasksRudeSteps{.fence_first = false}> {
    static constexpr std::string_view kName = "no-first-fence";
    static constexpr std::string_view kWhat = "R0 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "the CPU switches, and then finds the trampoline still hooked");
    }
  };
  struct ReleaseFirst : With<RcuTasksRudeSteps{.full_first = false}> {
    static constexpr std::string_view kName = "release-first";
    static constexpr std::string_view kWhat = "R0 is a release";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {
          "",
          "enough for the caller, but not for others that it counts for: rcu_tasks_rude_shared"};
    }
  };
  struct RelaxedWork : With<RcuTasksRudeSteps{.acquire_request = false}> {
    static constexpr std::string_view kName = "relaxed-work";
    static constexpr std::string_view kWhat = "W1 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "a call after the switch may still find the trampoline");
    }
  };
  struct RelaxedDone : With<RcuTasksRudeSteps{.release_done = false}> {
    static constexpr std::string_view kName = "relaxed-done";
    static constexpr std::string_view kWhat = "W2 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the call before the switch is not before R2");
    }
  };
  struct RelaxedAwait : With<RcuTasksRudeSteps{.acquire_done = false}> {
    static constexpr std::string_view kName = "relaxed-await";
    static constexpr std::string_view kWhat = "R2 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "the freeing is not after the call before the switch");
    }
  };
  using Mutants = TypeList<PlainRcu, NoWait, ByInterrupt, ByInterruptChecked, NoFirstFence,
                           ReleaseFirst, RelaxedWork, RelaxedDone, RelaxedAwait>;
};

}  // namespace heddle
