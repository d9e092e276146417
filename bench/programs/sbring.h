// sbring N: store buffering (SB) around a ring of N threads.
//
//   thread i   x[i] = 1; read x[(i + 1) mod N]
//
// sbring: both relaxed; sbringsc: both seq_cst; sbringf: relaxed, with a seq_cst fence between.
// Each read sees 0 or 1: 2^N executions.  That all see 0 is weak: excluded by sc always, by the
// other models only in sbringsc and sbringf.
#pragma once

#include "bench/programs/cell_array.h"
#include "runtime/runtime.h"

namespace heddle::bench {

enum class RingStrength { kRelaxed, kSeqCst, kFence };

template <Runtime Rt, RingStrength kStrength = RingStrength::kRelaxed>
class StoreBufferRing {
 public:
  explicit StoreBufferRing(int n) : x_(n, 0, "x") {}
  static int Threads(int n) { return n; }
  void Thread(int cpu) {
    x_[cpu].store(1, kOrder);
    if constexpr (kStrength == RingStrength::kFence) Rt::fence(std::memory_order_seq_cst);
    x_[(cpu + 1) % x_.size()].load(kOrder);
  }

 private:
  static constexpr auto kOrder =
      kStrength == RingStrength::kSeqCst ? std::memory_order_seq_cst : std::memory_order_relaxed;
  CellArray<typename Rt::template Atomic<int>> x_;
};

}  // namespace heddle::bench
