// Two questions about read-modify-writes (RMWs).
//
// RMW+permutation: do three increments of one counter ever lose one or see a value twice?
//     CPU 0, 1, 2:  r = counter.fetch_add(1)      (relaxed; atomicity needs no order)
//
// RMW+release-sequence: does an RMW in the middle pass on what the store before it released?
//     CPU 0                    CPU 1                        CPU 2
//     payload = 42 (plain)     if (flag == 1) flag = 2      r0 = flag (acquire)
//     flag = 1 (release)         (one relaxed RMW)          if (r0 == 2) r1 = payload (plain)
// Yes: the RMW continues CPU 0's release sequence, so CPU 2 synchronizes with CPU 0 through a
// relaxed access.  A load and a store in its place break the chain (C++20, [intro.races]; P0982R1).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"

namespace heddle {

template <Runtime Rt, bool kAtomic>
class RmwPermutationProgram {
 public:
  void Thread(int cpu) {
    int before;
    if constexpr (kAtomic) {
      before = counter_.fetch_add(1, std::memory_order_relaxed);
    } else {
      before = counter_.load(std::memory_order_relaxed);
      counter_.store(before + 1, std::memory_order_relaxed);
    }
    Rt::observe(seen_[static_cast<std::size_t>(cpu)], before);
  }
  std::array<Observation, 3> Observed() const { return seen_; }

 private:
  typename Rt::template Atomic<int> counter_{0, "counter"};
  std::array<Observation, 3> seen_{{{"r0"}, {"r1"}, {"r2"}}};
};

struct RmwPermutation {
  static constexpr std::string_view kName = "RMW+permutation";
  static constexpr std::string_view kQuestion =
      "do three increments of one counter ever lose one or see a value twice?";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = RmwPermutationProgram<Rt, true>;

  static std::vector<Expect> Expected() {
    using enum Grade;
    std::vector<Expect> table;
    for (const auto& order : std::vector<std::vector<std::int64_t>>{
             {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}) {
      table.push_back({order, kAllowed, kAllowed, kAllowed, "each increment saw another value"});
    }
    return table;
  }

  struct LoadThenStore {
    static constexpr std::string_view kName = "load-then-store";
    static constexpr std::string_view kWhat = "the increment is a load and a store";
    template <Runtime Rt>
    using Program = RmwPermutationProgram<Rt, false>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"forbidden outcome", "two CPUs load the same value before either stores"};
    }
  };
  using Mutants = TypeList<LoadThenStore>;
};

template <Runtime Rt, bool kAtomic>
class ReleaseSequenceProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) {
      payload_.store(42);
      flag_.store(1, std::memory_order_release);
    } else if (cpu == 1) {
      PassOn();
    } else {
      const int flag = flag_.load(std::memory_order_acquire);
      Rt::observe(flag_seen_, flag);
      if (flag == 2) Rt::observe(payload_seen_, payload_.load());
    }
  }
  std::array<Observation, 2> Observed() const { return {flag_seen_, payload_seen_}; }

 private:
  void PassOn() {
    if constexpr (kAtomic) {
      int expected = 1;
      flag_.compare_exchange_strong(expected, 2, std::memory_order_relaxed,
                                    std::memory_order_relaxed);
    } else if (flag_.load(std::memory_order_relaxed) == 1) {
      flag_.store(2, std::memory_order_relaxed);
    }
  }

  typename Rt::template Plain<int> payload_{0, "payload"};
  typename Rt::template Atomic<int> flag_{0, "flag"};
  Observation flag_seen_{"flag"}, payload_seen_{"payload"};
};

struct ReleaseSequence {
  static constexpr std::string_view kName = "RMW+release-sequence";
  static constexpr std::string_view kQuestion =
      "does a relaxed RMW pass on what the store before it released?";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = ReleaseSequenceProgram<Rt, true>;

  static std::vector<Expect> Expected() {
    using enum Grade;
    return {{{0, 0}, kAllowed, kAllowed, kAllowed, "the reader came before the flag"},
            {{1, 0}, kAllowed, kAllowed, kAllowed, "the flag was not passed on yet"},
            {{2, 42}, kAllowed, kAllowed, kAllowed, "flag passed on, payload visible"},
            {{2, 0}, kForbidden, kForbidden, kForbidden, "flag passed on, payload missed"}};
  }

  struct LoadThenStore {
    static constexpr std::string_view kName = "load-then-store";
    static constexpr std::string_view kWhat = "the flag is passed on by a relaxed load and store";
    template <Runtime Rt>
    using Program = ReleaseSequenceProgram<Rt, false>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "rc11") return {"data race", "a plain store ends the release sequence"};
      return {"", "every atomic read synchronizes under this model"};
    }
  };
  using Mutants = TypeList<LoadThenStore>;
};

}  // namespace heddle
