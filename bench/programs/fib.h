// fib N: two threads add each other's number to their own; x = y = 1 at first.
//
//   thread a, N times   x = x + y (reads x, then y)
//   thread b, N times   y = y + x (reads y, then x)
//
// All relaxed.  Each location has one writer, so mo is given; what differs is how far behind each
// thread sees the other.
#pragma once

#include "runtime/runtime.h"

namespace heddle::bench {

template <Runtime Rt>
class Fibonacci {
 public:
  explicit Fibonacci(int n) : rounds_(n) {}
  static int Threads(int) { return 2; }
  void Thread(int cpu) {
    if (cpu == 0) {
      Add(x_, y_);
    } else {
      Add(y_, x_);
    }
  }

 private:
  using Cell = typename Rt::template Atomic<int>;

  void Add(Cell& own, Cell& other) {
    for (int i = 0; i < rounds_; ++i) {
      // Two statements: the operands of + have no order.
      const int mine = own.load(std::memory_order_relaxed);
      const int theirs = other.load(std::memory_order_relaxed);
      own.store(mine + theirs, std::memory_order_relaxed);
    }
  }

  int rounds_;
  Cell x_{1, "x"}, y_{1, "y"};
};

}  // namespace heddle::bench
