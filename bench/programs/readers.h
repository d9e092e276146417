// readers N: one write, N reads of it.
//
//   thread 0       x = 1, relaxed
//   threads 1 … N  read x, relaxed
//
// Each reader sees 0 or 1, whatever the others see: 2^N executions.
#pragma once

#include "runtime/runtime.h"

namespace heddle::bench {

template <Runtime Rt>
class Readers {
 public:
  explicit Readers(int) {}
  static int Threads(int n) { return n + 1; }
  void Thread(int cpu) {
    if (cpu == 0) {
      x_.store(1, std::memory_order_relaxed);
    } else {
      x_.load(std::memory_order_relaxed);
    }
  }

 private:
  typename Rt::template Atomic<int> x_{0, "x"};
};

}  // namespace heddle::bench
