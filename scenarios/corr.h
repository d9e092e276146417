// CoRR (coherence, read-read): can a CPU that has seen a store miss it afterwards?
//
//     CPU 0              CPU 1
//     x = 1 (relaxed)    r0 = x (relaxed)
//                        r1 = x (relaxed)
//
// No, at any memory order: all accesses to one location agree on one order of its stores.  Some
// CPUs have broken this ("read-after-read hazard", Arm Cortex-A9 erratum 761319).
// Source: "Herding Cats", TOPLAS 36(2), 2014, test `coRR`.
#pragma once

#include <array>
#include <atomic>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"

namespace heddle {

template <Runtime Rt>
class CoRRProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) return x_.store(1, std::memory_order_relaxed);
    Rt::observe(r0_, x_.load(std::memory_order_relaxed));
    Rt::observe(r1_, x_.load(std::memory_order_relaxed));
  }
  std::array<Observation, 2> Observed() const { return {r0_, r1_}; }

 private:
  typename Rt::template Atomic<int> x_{0, "x"};
  Observation r0_{"r0"}, r1_{"r1"};
};

struct CoRR {
  static constexpr std::string_view kName = "CoRR";
  static constexpr std::string_view kQuestion =
      "can a CPU that has seen a store miss it afterwards?";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = CoRRProgram<Rt>;

  static std::vector<Expect> Expected() {
    using enum Grade;
    return {{{0, 0}, kAllowed, kAllowed, kAllowed, "both loads came before the store"},
            {{0, 1}, kAllowed, kAllowed, kAllowed, "the store came between the loads"},
            {{1, 0}, kForbidden, kForbidden, kForbidden, "the second load went back in time"},
            {{1, 1}, kAllowed, kAllowed, kAllowed, "both loads came after the store"}};
  }
  using Mutants = TypeList<>;
};

}  // namespace heddle
