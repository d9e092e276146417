// Test-and-test-and-set lock: does one flag admit one CPU at a time?
//
//     Acquire                                              Release
//     S1 wait until the flag is clear (plain reading:      S3 clear the flag (release)
//        keeps the line shared while somebody holds it)
//     S2 set it (RMW, acquire); if it was set, back to S1
//
// S3 pairs with S2.  S1 needs no order, since S2 decides.
// Source: Rudolph, Segall, "Dynamic Decentralized Cache Schemes for MIMD Parallel Processors",
// ISCA 1984.
#pragma once

#include <array>
#include <atomic>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/mutual_exclusion.h"
#include "scenarios/classic/verdicts.h"

namespace heddle {

struct TtasSteps {
  bool atomic_set = true;                               ///< S2 is one RMW
  std::memory_order set = std::memory_order_acquire;    ///< S2
  std::memory_order clear = std::memory_order_release;  ///< S3
};

template <Runtime Rt, TtasSteps kSteps = TtasSteps{}>
class TtasLock {
 public:
  void Acquire(int /*cpu*/) {
    do {
      held_.await([](bool held) { return !held; }, std::memory_order_relaxed,
                  "the lock to be free");
    } while (Set());
  }
  void Release(int /*cpu*/) { held_.store(false, kSteps.clear); }

 private:
  bool Set() {
    if constexpr (kSteps.atomic_set) return held_.exchange(true, kSteps.set);
    if (held_.load(kSteps.set)) return true;
    held_.store(true, std::memory_order_relaxed);
    return false;
  }

  typename Rt::template Atomic<bool> held_{false, "held"};
};

struct TtasLockScenario {
  static constexpr std::string_view kName = "ttas_lock";
  static constexpr std::string_view kQuestion =
      "does one flag admit one CPU at a time? (bound: 3 CPUs, 1 entry each)";
  static constexpr std::string_view kSource = "Rudolph, Segall, ISCA 1984";
  static constexpr int kThreads = 3;
  static constexpr std::array kAlike = {0, 0, 0};
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt, TtasSteps kSteps>
  using Code = MutualExclusionProgram<Rt, TtasLock<Rt, kSteps>, 1, 1, 1>;
  template <Runtime Rt>
  using Program = Code<Rt, TtasSteps{}>;
  static std::vector<Expect> Expected() { return EntryOrders<1, 1, 1>(); }

  struct LoadThenStore {
    static constexpr std::string_view kName = "load-then-store";
    static constexpr std::string_view kWhat = "S2 is a load and a store";
    template <Runtime Rt>
    using Program = Code<Rt, TtasSteps{.atomic_set = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "two CPUs find the flag clear before either sets it"};
    }
  };
  struct RelaxedSet {
    static constexpr std::string_view kName = "relaxed-set";
    static constexpr std::string_view kWhat = "S2 is relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, TtasSteps{.set = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed RMW acquires nothing");
    }
  };
  struct RelaxedClear {
    static constexpr std::string_view kName = "relaxed-clear";
    static constexpr std::string_view kWhat = "S3 is relaxed";
    static constexpr std::string_view kSource =
        "Crystal's SpinLock before pull request 13050, 2023";
    template <Runtime Rt>
    using Program = Code<Rt, TtasSteps{.clear = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed store releases nothing");
    }
  };
  using Mutants = TypeList<LoadThenStore, RelaxedSet, RelaxedClear>;
};

}  // namespace heddle
