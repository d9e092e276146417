// treiber N: N threads push a node each on a Treiber stack, one pops.
//
//   threads 0 … N - 1   o = top; node.next = o; CAS(top, o → node, release, relaxed); if that
//                       fails: node.next = the value seen, and one more CAS
//   thread N            o = top (acquire); if not null: q = o.next;
//                       CAS(top, o → q, acquire, relaxed)
//
// Nodes are preallocated, one per pusher.  A pointer is the node's number + 1; 0 is null.
// Everything is relaxed unless said.
#pragma once

#include "bench/programs/cell_array.h"
#include "runtime/runtime.h"

namespace heddle::bench {

template <Runtime Rt>
class TreiberStack {
 public:
  explicit TreiberStack(int n) : next_(n, 0, "next") {}
  static int Threads(int n) { return n + 1; }
  void Thread(int cpu) {
    if (cpu < next_.size()) {
      Push(cpu);
    } else {
      Pop();
    }
  }

 private:
  void Push(int node) {
    int top = top_.load(std::memory_order_relaxed);
    for (int attempt = 0; attempt < 2; ++attempt) {
      next_[node].store(top, std::memory_order_relaxed);
      // Release: publishes node.next to the pop that takes the node.
      if (top_.compare_exchange_strong(top, node + 1, std::memory_order_release,
                                       std::memory_order_relaxed))
        return;
    }
  }
  void Pop() {
    int top = top_.load(std::memory_order_acquire);
    if (top == 0) return;
    const int below = next_[top - 1].load(std::memory_order_relaxed);
    top_.compare_exchange_strong(top, below, std::memory_order_acquire, std::memory_order_relaxed);
  }

  using Cell = typename Rt::template Atomic<int>;
  CellArray<Cell> next_;
  Cell top_{0, "top"};
};

}  // namespace heddle::bench
