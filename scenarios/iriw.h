// IRIW (independent reads of independent writes): do all CPUs see two stores in the same order?
//
//     CPU 0        CPU 1        CPU 2                CPU 3
//     x = 1        y = 1        r0 = x; r1 = y       r2 = y; r3 = x
//
// (1, 0, 1, 0) says no: CPU 2 saw x first, CPU 3 saw y first.  Acquire loads, as here in IRIW, do
// not exclude it in rc11; x86 has one memory order and does.  In IRIW+sc everything is seq_cst,
// which excludes it everywhere.  Source: Boehm, Adve, "Foundations of the C++ Concurrency Memory
// Model", PLDI 2008, section 4.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"

namespace heddle {

template <Runtime Rt, std::memory_order kStore, std::memory_order kLoad2, std::memory_order kLoad3>
class IriwProgram {
 public:
  void Thread(int cpu) {
    switch (cpu) {
      case 0:
        return x_.store(1, kStore);
      case 1:
        return y_.store(1, kStore);
      case 2:
        Rt::observe(r0_, x_.load(kLoad2));
        Rt::observe(r1_, y_.load(kLoad2));
        return;
      default:
        Rt::observe(r2_, y_.load(kLoad3));
        Rt::observe(r3_, x_.load(kLoad3));
    }
  }
  std::array<Observation, 4> Observed() const { return {r0_, r1_, r2_, r3_}; }

 private:
  typename Rt::template Atomic<int> x_{0, "x"}, y_{0, "y"};
  Observation r0_{"r0"}, r1_{"r1"}, r2_{"r2"}, r3_{"r3"};
};

/// All 16 outcomes; (1, 0, 1, 0) with the given grade under rc11, the rest in some interleaving.
inline std::vector<Expect> IriwOutcomes(Grade rc11, const char* why) {
  using enum Grade;
  std::vector<Expect> table;
  for (int bits = 0; bits < 16; ++bits) {
    const std::vector<std::int64_t> outcome = {bits >> 3 & 1, bits >> 2 & 1, bits >> 1 & 1,
                                               bits & 1};
    if (bits == 0b1010) {
      table.push_back({outcome, kForbidden, kForbidden, rc11, why});
    } else {
      table.push_back({outcome, kAllowed, kAllowed, kAllowed, "one order of the stores fits"});
    }
  }
  return table;
}

struct Iriw {
  static constexpr std::string_view kName = "IRIW";
  static constexpr std::string_view kQuestion =
      "do all CPUs see two stores in the same order if they load with acquire?";
  static constexpr int kThreads = 4;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = IriwProgram<Rt, std::memory_order_relaxed, std::memory_order_acquire,
                              std::memory_order_acquire>;
  static std::vector<Expect> Expected() {
    return IriwOutcomes(Grade::kWeak, "the readers disagree about which store came first");
  }
  using Mutants = TypeList<>;
};

struct IriwSc {
  static constexpr std::string_view kName = "IRIW+sc";
  static constexpr std::string_view kQuestion =
      "do all CPUs see two stores in the same order if everything is seq_cst?";
  static constexpr int kThreads = 4;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = IriwProgram<Rt, std::memory_order_seq_cst, std::memory_order_seq_cst,
                              std::memory_order_seq_cst>;
  static std::vector<Expect> Expected() {
    return IriwOutcomes(Grade::kForbidden, "seq_cst accesses have one order for all");
  }

  struct OneAcquireReader {
    static constexpr std::string_view kName = "one-acquire-reader";
    static constexpr std::string_view kWhat = "CPU 2 loads with acquire";
    template <Runtime Rt>
    using Program = IriwProgram<Rt, std::memory_order_seq_cst, std::memory_order_acquire,
                                std::memory_order_seq_cst>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model != "rc11") return {"", "stores become visible to all CPUs at once"};
      return {"forbidden outcome", "CPU 2's loads are outside the order of seq_cst accesses"};
    }
  };
  using Mutants = TypeList<OneAcquireReader>;
};

}  // namespace heddle
