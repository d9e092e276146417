// seqlock N: a sequence lock around two numbers; one writer, two readers.
//
//   thread 0, i = 1 … N   s = seq; seq = s + 1; release fence; a = i; b = i; seq =rel s + 2
//   threads 1, 2          s = seq (acquire); read a; read b; acquire fence;
//                         if s is even: read seq again; if it is still s, a must equal b
//
// Readers make one attempt each.  Everything is relaxed unless said.
#pragma once

#include "runtime/runtime.h"

namespace heddle::bench {

template <Runtime Rt>
class SeqLock {
 public:
  explicit SeqLock(int n) : writes_(n) {}
  static int Threads(int) { return 3; }
  void Thread(int cpu) {
    if (cpu == 0) {
      for (int i = 1; i <= writes_; ++i) Write(i);
    } else {
      Read();
    }
  }

 private:
  void Write(int value) {
    const int s = seq_.load(std::memory_order_relaxed);
    seq_.store(s + 1, std::memory_order_relaxed);
    // Pairs with the reader's fence: who reads a or b as written below sees s + 1.
    Rt::fence(std::memory_order_release);
    a_.store(value, std::memory_order_relaxed);
    b_.store(value, std::memory_order_relaxed);
    seq_.store(s + 2, std::memory_order_release);  // pairs with the reader's first load
  }
  void Read() {
    const int s = seq_.load(std::memory_order_acquire);
    const int a = a_.load(std::memory_order_relaxed);
    const int b = b_.load(std::memory_order_relaxed);
    Rt::fence(std::memory_order_acquire);
    if (s % 2 != 0) return;
    if (seq_.load(std::memory_order_relaxed) == s)
      Rt::check(a == b, "a reader took halves of two writes");
  }

  int writes_;
  typename Rt::template Atomic<int> seq_{0, "seq"}, a_{0, "a"}, b_{0, "b"};
};

}  // namespace heddle::bench
