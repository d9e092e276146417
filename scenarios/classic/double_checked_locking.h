// Double-checked locking: is something that is made on first use made once, and whole for
// everybody?
//
//     I1 made? (acquire) -> I5        without the lock, as it is asked every time
//     I2 take the lock; made? -> I4
//     I3 make it; made = true (release)
//     I4 leave the lock
//     I5 use it
//
// I3's release pairs with I1: who sees `made` without the lock sees the contents.  I2 needs no
// order but the lock's.
// Source: Meyers, Alexandrescu, "C++ and the Perils of Double-Checked Locking", Dr. Dobb's Journal,
// 2004, who show that it cannot be right without orders on both sides.  There `made` is a pointer
// to what was made.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/ttas_lock.h"
#include "scenarios/classic/verdicts.h"

namespace heddle {

struct OnceSteps {
  std::memory_order look = std::memory_order_acquire;     ///< I1
  bool look_again = true;                                 ///< I2
  bool make_first = true;                                 ///< I3: contents before `made`
  std::memory_order publish = std::memory_order_release;  ///< I3
};

template <Runtime Rt, OnceSteps kSteps>
class MadeOnFirstUse {
 public:
  /// What is made is the number of the CPU that made it, plus one.
  int Use(int cpu) {
    if (!made_.load(kSteps.look)) {
      lock_.Acquire(cpu);
      if (!kSteps.look_again || !made_.load(std::memory_order_relaxed)) Make(cpu);
      lock_.Release(cpu);
    }
    return contents_.load();
  }

 private:
  void Make(int cpu) {
    if constexpr (kSteps.make_first) contents_.store(cpu + 1);
    made_.store(true, kSteps.publish);
    if constexpr (!kSteps.make_first) contents_.store(cpu + 1);
  }

  TtasLock<Rt> lock_;
  typename Rt::template Atomic<bool> made_{false, "made"};
  typename Rt::template Plain<int> contents_{0, "contents"};
};

template <Runtime Rt, OnceSteps kSteps>
class MadeOnFirstUseProgram {
 public:
  void Thread(int cpu) { Rt::observe(used_[static_cast<std::size_t>(cpu)], it_.Use(cpu)); }
  std::array<Observation, 3> Observed() const { return used_; }

 private:
  MadeOnFirstUse<Rt, kSteps> it_;
  std::array<Observation, 3> used_{{{"cpu0"}, {"cpu1"}, {"cpu2"}}};
};

struct DoubleCheckedLocking {
  static constexpr std::string_view kName = "double_checked_locking";
  static constexpr std::string_view kQuestion =
      "is something that is made on first use made once, and whole for everybody? (bound: 3 CPUs)";
  static constexpr std::string_view kSource = "Meyers, Alexandrescu, Dr. Dobb's Journal, 2004";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = MadeOnFirstUseProgram<Rt, OnceSteps{}>;

  static std::vector<Expect> Expected() {
    using enum Grade;
    return {{{1, 1, 1}, kAllowed, kAllowed, kAllowed, "CPU 0 made it"},
            {{2, 2, 2}, kAllowed, kAllowed, kAllowed, "CPU 1 made it"},
            {{3, 3, 3}, kAllowed, kAllowed, kAllowed, "CPU 2 made it"}};
  }

  struct RelaxedPublication {
    static constexpr std::string_view kName = "relaxed-publication";
    static constexpr std::string_view kWhat = "I3 is relaxed: the pattern as first published";
    static constexpr std::string_view kSource = "Meyers, Alexandrescu, Dr. Dobb's Journal, 2004";
    template <Runtime Rt>
    using Program = MadeOnFirstUseProgram<Rt, OnceSteps{.publish = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "the lock orders nothing for who never takes it");
    }
  };
  struct RelaxedLook {
    static constexpr std::string_view kName = "relaxed-look";
    static constexpr std::string_view kWhat = "I1 is relaxed";
    template <Runtime Rt>
    using Program = MadeOnFirstUseProgram<Rt, OnceSteps{.look = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed load acquires nothing");
    }
  };
  struct PublishFirst {
    static constexpr std::string_view kName = "publish-first";
    static constexpr std::string_view kWhat = "I3 sets `made` before it makes the contents";
    static constexpr std::string_view kSource = "Meyers, Alexandrescu, Dr. Dobb's Journal, 2004";
    template <Runtime Rt>
    using Program = MadeOnFirstUseProgram<Rt, OnceSteps{.make_first = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "what others use is not made yet"};
    }
  };
  struct LookOnce {
    static constexpr std::string_view kName = "look-once";
    static constexpr std::string_view kWhat = "I2 does not ask again";
    template <Runtime Rt>
    using Program = MadeOnFirstUseProgram<Rt, OnceSteps{.look_again = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "who waited for the lock makes it anew while others use it"};
    }
  };
  using Mutants = TypeList<RelaxedPublication, RelaxedLook, PublishFirst, LookOnce>;
};

}  // namespace heddle
