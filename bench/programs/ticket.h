// ticket N: N threads take a ticket lock and increment a plain number under it.
//
//   each thread   t = next.fetch_add(1); wait until serving (acquire) is t; data++;
//                 serving =rel t + 1
//
// The order of the tickets is the only choice: N! executions.
#pragma once

#include "runtime/runtime.h"

namespace heddle::bench {

template <Runtime Rt>
class TicketLock {
 public:
  explicit TicketLock(int) {}
  static int Threads(int n) { return n; }
  void Thread(int) {
    const int t = next_.fetch_add(1, std::memory_order_relaxed);
    AwaitTurn(t);
    data_.store(data_.load() + 1);
    serving_.store(t + 1, std::memory_order_release);
  }

 private:
  void AwaitTurn(int t) {
    serving_.await([t](int serving) { return serving == t; }, std::memory_order_acquire,
                   "its turn");
  }

  typename Rt::template Atomic<int> next_{0, "next"}, serving_{0, "serving"};
  typename Rt::template Plain<int> data_{0, "data"};
};

}  // namespace heddle::bench
