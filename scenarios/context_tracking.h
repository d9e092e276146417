// Context tracking alone: is a CPU that was away, however shortly, seen to have been away?
//
//     CPU 0                              CPU 1
//     used = 1 (plain)                   snapshot of CPU 0
//     await looked                       looked = 1 (relaxed)
//     go idle, come back                 wait until CPU 0 has been away since
//                                        read used (plain)
//
// CPU 1 may look again only when CPU 0 is back, or while it is away; and used must not race.
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rcu/context_tracking.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"

namespace heddle {

template <Runtime Rt, ContextSteps kSteps = ContextSteps{}>
class ContextTrackingProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Idle() : Look(); }
  std::array<Observation, 1> Observed() const { return {seen_}; }

 private:
  void Idle() {
    used_.store(1);
    looked_.await([](int looked) { return looked == 1; }, std::memory_order_relaxed,
                  "the snapshot");
    contexts_.Leave(0, Context::kIdle);
    contexts_.Return(0);
  }
  void Look() {
    const auto snapshot = contexts_.Snapshot(0);
    kernel::write_once(looked_, 1);
    Rt::spin_until([&] { return contexts_.HasBeenAway(0, snapshot); }, "CPU 0 to have been away");
    Rt::observe(seen_, used_.load());
  }

  ContextTracking<Rt, 2, kSteps> contexts_;
  typename Rt::template Plain<int> used_{0, "used"};
  typename Rt::template Atomic<int> looked_{0, "looked"};
  Observation seen_{"used"};
};

struct ContextTrackingAlone {
  static constexpr std::string_view kName = "context_tracking";
  static constexpr std::string_view kQuestion =
      "is a CPU that was idle, however shortly, seen to have been, with all it did before?";
  static constexpr std::string_view kSource = "Linux, Documentation/RCU/Design";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr bool kIsolated = true;
  template <ContextSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = ContextTrackingProgram<Rt, kSteps>;
  };
  template <Runtime Rt>
  using Program = ContextTrackingProgram<Rt>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{1}, kOk, kOk, kOk, "all that the CPU did before it was idle"}};
  }
  static Verdict OnlyRc11(std::string_view model, std::string why) {
    if (model != "rc11") return {"", "every atomic read synchronizes under this model"};
    return {"data race", std::move(why)};
  }

  struct Flag : Dropping<ContextSteps{.count = false}> {
    static constexpr std::string_view kName = "flag";
    static constexpr std::string_view kWhat = "the counter is a flag";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"deadlock", "once the CPU is back, the word is what it was"};
    }
  };
  struct NoChange : Dropping<ContextSteps{.test_change = false}> {
    static constexpr std::string_view kName = "no-change";
    static constexpr std::string_view kWhat = "A3 compares nothing: only who is away has been away";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"deadlock", "the CPU is back before the second look"};
    }
  };
  struct RelaxedLeaving : Dropping<ContextSteps{.release_leaving = false}> {
    static constexpr std::string_view kName = "relaxed-leaving";
    static constexpr std::string_view kWhat = "L is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyRc11(model, "what the CPU did is not before the look");
    }
  };
  struct RelaxedLook : Dropping<ContextSteps{.acquire_look = false}> {
    static constexpr std::string_view kName = "relaxed-look";
    static constexpr std::string_view kWhat = "A3 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyRc11(model, "what follows the look is not after what the CPU did");
    }
  };
  struct Stored : Dropping<ContextSteps{.one_rmw = false}> {
    static constexpr std::string_view kName = "stored";
    static constexpr std::string_view kWhat = "L and R1 are loads and stores";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyRc11(model, "a look that sees R1 does not acquire L's release");
    }
  };
  using Mutants = TypeList<Flag, NoChange, RelaxedLeaving, RelaxedLook, Stored>;
};

}  // namespace heddle
