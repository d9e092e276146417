// The family of programs whose numbers of executions are published for other checkers: what each
// thread does is in one line above each.  All accesses are relaxed unless said.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <vector>

#include "runtime/model/model_runtime.h"

namespace heddle::bench {

/// A program of `threads` threads, without observations.
class Program : public ModelInstance {
 public:
  void Finish() override {}
  std::vector<Observation> Observed() const override { return {}; }
};

using Cell = ModelRuntime::Atomic<int>;
inline constexpr auto kRelaxed = std::memory_order_relaxed;

/// N threads: x.fetch_add(1).  N! executions.
class Increments final : public Program {
 public:
  explicit Increments(int) {}
  static int Threads(int n) { return n; }
  void Thread(int) override { x_.fetch_add(1, kRelaxed); }

 private:
  Cell x_{0, "x"};
};

/// One thread writes x, N read it.  2^N executions.
class Readers final : public Program {
 public:
  explicit Readers(int) {}
  static int Threads(int n) { return n + 1; }
  void Thread(int t) override {
    if (t == 0) {
      x_.store(1, kRelaxed);
    } else {
      x_.load(kRelaxed);
    }
  }

 private:
  Cell x_{0, "x"};
};

/// Thread i: x[i] = 1, then reads x[i+1], around a ring.  2^N executions, one fewer under sc;
/// kSc: both accesses seq_cst, one fewer under every model.
template <bool kSc>
class StoreBufferRing final : public Program {
 public:
  explicit StoreBufferRing(int n) {
    for (int i = 0; i < n; ++i) x_.emplace_back(0, "x");
  }
  static int Threads(int n) { return n; }
  void Thread(int t) override {
    constexpr auto kOrder = kSc ? std::memory_order_seq_cst : kRelaxed;
    x_[static_cast<std::size_t>(t)].store(1, kOrder);
    x_[(static_cast<std::size_t>(t) + 1) % x_.size()].load(kOrder);
  }

 private:
  std::deque<Cell> x_;
};

template <typename P>
ModelCode CodeOf(int n) {
  return {"bench", P::Threads(n), TrapDelivery::kKernel, [n] { return std::make_unique<P>(n); }};
}

}  // namespace heddle::bench
