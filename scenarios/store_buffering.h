// SB (store buffering): can two CPUs both miss the other's store?
//
//     CPU 0              CPU 1
//     x = 1  (relaxed)   y = 1  (relaxed)
//     [fence, seq_cst]   [fence, seq_cst]
//     r0 = y (relaxed)   r1 = x (relaxed)
//
// Without fences yes: each store waits in its CPU's buffer while the load overtakes it (Intel SDM
// vol. 3A, "Loads May Be Reordered with Earlier Stores to Different Locations").  It takes both
// fences to exclude it.  Source: "Herding Cats", TOPLAS 36(2), 2014, tests `sb`, `sb+mfences`.
#pragma once

#include <array>
#include <atomic>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"

namespace heddle {

template <Runtime Rt, bool kFence0, bool kFence1>
class StoreBufferingProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) {
      x_.store(1, std::memory_order_relaxed);
      if constexpr (kFence0) Rt::fence(std::memory_order_seq_cst);
      Rt::observe(r0_, y_.load(std::memory_order_relaxed));
    } else {
      y_.store(1, std::memory_order_relaxed);
      if constexpr (kFence1) Rt::fence(std::memory_order_seq_cst);
      Rt::observe(r1_, x_.load(std::memory_order_relaxed));
    }
  }
  std::array<Observation, 2> Observed() const { return {r0_, r1_}; }

 private:
  typename Rt::template Atomic<int> x_{0, "x"}, y_{0, "y"};
  Observation r0_{"r0"}, r1_{"r1"};
};

struct StoreBuffering {
  static constexpr std::string_view kName = "SB";
  static constexpr std::string_view kQuestion = "can two CPUs both miss the other's store?";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  /// Every supported CPU shows the weak outcome: a native run that never sees it has not made the
  /// threads overlap, and its silence about other scenarios means nothing.
  static constexpr bool kControl = true;
  template <Runtime Rt>
  using Program = StoreBufferingProgram<Rt, false, false>;

  static std::vector<Expect> Expected() {
    using enum Grade;
    return {{{0, 0}, kForbidden, kWeak, kWeak, "both loads overtook the stores before them"},
            {{0, 1}, kAllowed, kAllowed, kAllowed, "CPU 0 came first"},
            {{1, 0}, kAllowed, kAllowed, kAllowed, "CPU 1 came first"},
            {{1, 1}, kAllowed, kAllowed, kAllowed, "both stores came before both loads"}};
  }
  using Mutants = TypeList<>;
};

struct StoreBufferingFenced {
  static constexpr std::string_view kName = "SB+fences";
  static constexpr std::string_view kQuestion =
      "do fences keep two CPUs from both missing the other's store?";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = StoreBufferingProgram<Rt, true, true>;

  static std::vector<Expect> Expected() {
    using enum Grade;
    return {{{0, 0},
             kForbidden,
             kForbidden,
             kForbidden,
             "one fence is first: the other CPU's load "
             "must see the store before it"},
            {{0, 1}, kAllowed, kAllowed, kAllowed, "CPU 0 came first"},
            {{1, 0}, kAllowed, kAllowed, kAllowed, "CPU 1 came first"},
            {{1, 1}, kAllowed, kAllowed, kAllowed, "both stores came before both loads"}};
  }

  static Verdict OneFenceMissing(std::string_view model) {
    if (model == "sc") return {"", "sc never lets a load overtake a store"};
    return {"forbidden outcome", "the CPU without a fence still loads before it stores"};
  }
  struct NoFirstFence {
    static constexpr std::string_view kName = "no-fence-on-cpu0";
    static constexpr std::string_view kWhat = "CPU 0 loads without a fence after its store";
    template <Runtime Rt>
    using Program = StoreBufferingProgram<Rt, false, true>;
    static Verdict Expected(std::string_view model, TrapDelivery) { return OneFenceMissing(model); }
  };
  struct NoSecondFence {
    static constexpr std::string_view kName = "no-fence-on-cpu1";
    static constexpr std::string_view kWhat = "CPU 1 loads without a fence after its store";
    template <Runtime Rt>
    using Program = StoreBufferingProgram<Rt, true, false>;
    static Verdict Expected(std::string_view model, TrapDelivery) { return OneFenceMissing(model); }
  };
  using Mutants = TypeList<NoFirstFence, NoSecondFence>;
};

}  // namespace heddle
