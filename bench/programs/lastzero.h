// lastzero N: N threads fill an array, one looks for its last zero.
//
//   thread 0       reads x[N], x[N-1], … until it reads 0 (x[0] stays 0)
//   thread i ≥ 1   x[i] = x[i-1] + 1
//
// All accesses are seq_cst.  What thread 0 reads next depends on what it read, so a search that
// does not look at values meets many redundant executions here.
#pragma once

#include "bench/programs/cell_array.h"
#include "runtime/runtime.h"

namespace heddle::bench {

template <Runtime Rt>
class LastZero {
 public:
  explicit LastZero(int n) : x_(n + 1, 0, "x") {}
  static int Threads(int n) { return n + 1; }
  void Thread(int cpu) {
    if (cpu == 0) {
      Find();
    } else {
      x_[cpu].store(x_[cpu - 1].load(std::memory_order_seq_cst) + 1, std::memory_order_seq_cst);
    }
  }

 private:
  void Find() {
    int i = x_.size() - 1;
    while (x_[i].load(std::memory_order_seq_cst) != 0) --i;
  }

  CellArray<typename Rt::template Atomic<int>> x_;
};

}  // namespace heddle::bench
