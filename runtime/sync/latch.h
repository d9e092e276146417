// Latch: waits until a number of things have happened, once.
#pragma once

#include <atomic>
#include <string>

#include "runtime/sync/words.h"

namespace heddle::sync {

template <Runtime Rt>
class Latch {
 public:
  using Here = SourceLocation;

  Latch(int expected, const char* name) : title_(Title("latch", name)), left_(expected, name) {}

  /// Release; read-modify-writes continue each other's release sequences, so who waits synchronises
  /// with all of them.
  void count_down(int n = 1, Here at = Here::Current()) {
    const typename Rt::MustReturn must_return;
    const int old = left_.fetch_sub(n, std::memory_order_release, at);
    if (old < n && !Rt::is_given_up())
      Rt::report(Fault::kMisuse, Me<Rt>() + " counts " + title_ + " down below 0", at);
  }
  bool try_wait(Here at = Here::Current()) const {
    return left_.load(std::memory_order_acquire, at) == 0;
  }
  void wait(Here at = Here::Current()) const {
    left_.await([](int v) { return v == 0; }, std::memory_order_acquire, title_.c_str(), at);
  }
  void arrive_and_wait(Here at = Here::Current()) {
    count_down(1, at);
    wait(at);
  }

 private:
  const std::string& title_;
  typename Rt::template Atomic<int> left_;
};

}  // namespace heddle::sync
