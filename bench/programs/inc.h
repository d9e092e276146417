// inc N: N threads increment one counter.
//
//   each thread   x.fetch_add(1), relaxed
//
// Every order of the increments is an execution: N!.
#pragma once

#include "runtime/runtime.h"

namespace heddle::bench {

template <Runtime Rt>
class Increments {
 public:
  explicit Increments(int) {}
  static int Threads(int n) { return n; }
  void Thread(int) { x_.fetch_add(1, std::memory_order_relaxed); }

 private:
  typename Rt::template Atomic<int> x_{0, "x"};
};

}  // namespace heddle::bench
