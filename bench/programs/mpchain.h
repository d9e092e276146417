// mpchain N: message passing (MP) through a chain of flags x[0] … x[N-1].
//
//   thread 0          d = 1; x[0] =rel 1
//   thread 1 … N - 1  if x[i-1] (acquire) is set: x[i] =rel 1
//   thread N          if x[N-1] (acquire) is set: d must be 1
//
// An execution is how far the message came: N + 1 of them.  d is relaxed.
#pragma once

#include "bench/programs/cell_array.h"
#include "runtime/runtime.h"

namespace heddle::bench {

template <Runtime Rt>
class MessageChain {
 public:
  explicit MessageChain(int n) : x_(n, 0, "x") {}
  static int Threads(int n) { return n + 1; }
  void Thread(int cpu) {
    if (cpu == 0) {
      d_.store(1, std::memory_order_relaxed);
    } else if (x_[cpu - 1].load(std::memory_order_acquire) == 0) {
      return;
    }
    if (cpu < x_.size()) {
      x_[cpu].store(1, std::memory_order_release);
    } else {
      Rt::check(d_.load(std::memory_order_relaxed) == 1, "the flag came without the data");
    }
  }

 private:
  using Cell = typename Rt::template Atomic<int>;
  Cell d_{0, "d"};
  CellArray<Cell> x_;
};

}  // namespace heddle::bench
