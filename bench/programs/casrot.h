// casrot N: N threads pass a token on, in the order of their numbers only.
//
//   thread i   strong CAS of x from i to i + 1, relaxed, once
//
// x = 0 at first.  A CAS that fails is only a read: it may see any write that keeps it failing.
#pragma once

#include "runtime/runtime.h"

namespace heddle::bench {

template <Runtime Rt>
class CasRotation {
 public:
  explicit CasRotation(int) {}
  static int Threads(int n) { return n; }
  void Thread(int cpu) {
    int expected = cpu;
    x_.compare_exchange_strong(expected, cpu + 1, std::memory_order_relaxed,
                               std::memory_order_relaxed);
  }

 private:
  typename Rt::template Atomic<int> x_{0, "x"};
};

}  // namespace heddle::bench
