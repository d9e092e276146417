// LB (load buffering): can two CPUs both read what the other stores only afterwards?
//
//     CPU 0              CPU 1
//     r0 = x (relaxed)   r1 = y (relaxed)
//     y = 1  (relaxed)   x = 1  (relaxed)
//
// All models here say no: (po | rf) is acyclic in each.  For sc and x86-TSO that is exact, for rc11
// it is the paper's repair of out-of-thin-air reads; C++ itself and some Arm CPUs allow (1, 1), so
// on those a native sighting is news about the model, not about the CPU.
// Source: Lahav et al., "Repairing Sequential Consistency in C/C++11", PLDI 2017, section 5.
#pragma once

#include <array>
#include <atomic>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"

namespace heddle {

template <Runtime Rt>
class LoadBufferingProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) {
      Rt::observe(r0_, x_.load(std::memory_order_relaxed));
      y_.store(1, std::memory_order_relaxed);
    } else {
      Rt::observe(r1_, y_.load(std::memory_order_relaxed));
      x_.store(1, std::memory_order_relaxed);
    }
  }
  std::array<Observation, 2> Observed() const { return {r0_, r1_}; }

 private:
  typename Rt::template Atomic<int> x_{0, "x"}, y_{0, "y"};
  Observation r0_{"r0"}, r1_{"r1"};
};

struct LoadBuffering {
  static constexpr std::string_view kName = "LB";
  static constexpr std::string_view kQuestion =
      "can two CPUs both read what the other stores only afterwards?";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = LoadBufferingProgram<Rt>;

  static std::vector<Expect> Expected() {
    using enum Grade;
    return {{{0, 0}, kAllowed, kAllowed, kAllowed, "both loads came before both stores"},
            {{0, 1}, kAllowed, kAllowed, kAllowed, "CPU 0 came first"},
            {{1, 0}, kAllowed, kAllowed, kAllowed, "CPU 1 came first"},
            {{1, 1}, kForbidden, kForbidden, kForbidden, "each load read from its own future"}};
  }
  using Mutants = TypeList<>;
};

}  // namespace heddle
