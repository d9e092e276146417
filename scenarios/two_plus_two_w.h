// 2+2W (two writers, two writes): can each of two CPUs' first stores end up last?
//
//     CPU 0      CPU 1
//     x = 1      y = 1
//     y = 2      x = 2
//
// The end state (x, y) = (1, 1) needs a store reordered with a later one: rc11 allows that for
// anything below seq_cst, x86 never does (its buffers are first in, first out), and all-seq_cst
// stores (2+2W+sc) exclude it everywhere.  Source: "Herding Cats", TOPLAS 36(2), 2014, test `2+2w`.
#pragma once

#include <array>
#include <atomic>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"

namespace heddle {

template <Runtime Rt, std::memory_order kOrder0, std::memory_order kOrder1>
class TwoPlusTwoWProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) {
      x_.store(1, kOrder0);
      y_.store(2, kOrder0);
    } else {
      y_.store(1, kOrder1);
      x_.store(2, kOrder1);
    }
  }
  void Finish() {
    Rt::observe(x_seen_, x_.load(std::memory_order_relaxed));
    Rt::observe(y_seen_, y_.load(std::memory_order_relaxed));
  }
  std::array<Observation, 2> Observed() const { return {x_seen_, y_seen_}; }

 private:
  typename Rt::template Atomic<int> x_{0, "x"}, y_{0, "y"};
  Observation x_seen_{"x"}, y_seen_{"y"};
};

inline std::vector<Expect> TwoPlusTwoWOutcomes(Grade rc11) {
  using enum Grade;
  return {{{1, 1}, kForbidden, kForbidden, rc11, "both first stores landed last"},
          {{1, 2}, kAllowed, kAllowed, kAllowed, "CPU 0's stores landed last"},
          {{2, 1}, kAllowed, kAllowed, kAllowed, "CPU 1's stores landed last"},
          {{2, 2}, kAllowed, kAllowed, kAllowed, "both second stores landed last"}};
}

struct TwoPlusTwoW {
  static constexpr std::string_view kName = "2+2W";
  static constexpr std::string_view kQuestion =
      "can the first stores of two CPUs both end up last?";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = TwoPlusTwoWProgram<Rt, std::memory_order_relaxed, std::memory_order_relaxed>;
  static std::vector<Expect> Expected() { return TwoPlusTwoWOutcomes(Grade::kWeak); }
  using Mutants = TypeList<>;
};

struct TwoPlusTwoWSc {
  static constexpr std::string_view kName = "2+2W+sc";
  static constexpr std::string_view kQuestion =
      "can the first stores of two CPUs both end up last if all are seq_cst?";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = TwoPlusTwoWProgram<Rt, std::memory_order_seq_cst, std::memory_order_seq_cst>;
  static std::vector<Expect> Expected() { return TwoPlusTwoWOutcomes(Grade::kForbidden); }

  struct OneReleaseWriter {
    static constexpr std::string_view kName = "one-release-writer";
    static constexpr std::string_view kWhat = "CPU 1 stores with release";
    template <Runtime Rt>
    using Program = TwoPlusTwoWProgram<Rt, std::memory_order_seq_cst, std::memory_order_release>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model != "rc11") return {"", "stores of one CPU never change places"};
      return {"forbidden outcome", "nothing orders two release stores of one thread for others"};
    }
  };
  using Mutants = TypeList<OneReleaseWriter>;
};

}  // namespace heddle
