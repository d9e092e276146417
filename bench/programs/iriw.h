// iriw N: independent reads of independent writes (IRIW), with N readers of either kind.
//
//   thread 0              x = 1, relaxed
//   thread 1              y = 1, relaxed
//   threads 2 … N + 1     read x, then y, acquire
//   threads N + 2 …       read y, then x, acquire
//
// rc11 allows every combination, 16^N; under sc and tso no two readers disagree on which write
// came first.
#pragma once

#include "runtime/runtime.h"

namespace heddle::bench {

template <Runtime Rt>
class Iriw {
 public:
  explicit Iriw(int n) : n_(n) {}
  static int Threads(int n) { return 2 + 2 * n; }
  void Thread(int cpu) {
    if (cpu < 2) {
      (cpu == 0 ? x_ : y_).store(1, std::memory_order_relaxed);
      return;
    }
    const bool x_first = cpu < n_ + 2;
    (x_first ? x_ : y_).load(std::memory_order_acquire);
    (x_first ? y_ : x_).load(std::memory_order_acquire);
  }

 private:
  int n_;
  typename Rt::template Atomic<int> x_{0, "x"}, y_{0, "y"};
};

}  // namespace heddle::bench
