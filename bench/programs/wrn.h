// wrn N: N threads write one location and read it.
//
//   thread i   x = i + 1; read x; both relaxed
//
// Each thread reads its own write or one after it in mo: N! orders × N! ways to read.
#pragma once

#include "runtime/runtime.h"

namespace heddle::bench {

template <Runtime Rt>
class WriteThenRead {
 public:
  explicit WriteThenRead(int) {}
  static int Threads(int n) { return n; }
  void Thread(int cpu) {
    x_.store(cpu + 1, std::memory_order_relaxed);
    x_.load(std::memory_order_relaxed);
  }

 private:
  typename Rt::template Atomic<int> x_{0, "x"};
};

}  // namespace heddle::bench
