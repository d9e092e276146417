// Semaphore: a count that acquire waits to be positive.
#pragma once

#include <atomic>
#include <limits>
#include <string>

#include "runtime/sync/words.h"

namespace heddle::sync {

template <Runtime Rt>
class Semaphore {
 public:
  using Here = SourceLocation;

  /// 0 <= initial <= most; a count beyond `most` is misuse.
  Semaphore(int initial, const char* name, int most = std::numeric_limits<int>::max())
      : title_(Title("semaphore", name)), most_(most), count_(initial, name) {}

  void acquire(Here at = Here::Current()) {
    count_.await_fetch_add([](int v) { return v > 0; }, -1, std::memory_order_acquire,
                           title_.c_str(), at);
  }
  bool try_acquire(Here at = Here::Current()) {
    int count = count_.load(std::memory_order_relaxed, at);
    while (count > 0) {
      if (count_.compare_exchange_strong(count, count - 1, std::memory_order_acquire,
                                         std::memory_order_relaxed, at))
        return true;
    }
    return false;
  }
  void release(int n = 1, Here at = Here::Current()) {
    const typename Rt::MustReturn must_return;
    const int old = count_.fetch_add(n, std::memory_order_release, at);
    if (n < 0 || old > most_ - n)
      Rt::report(
          Fault::kMisuse,
          Me<Rt>() + " releases " + title_ + " beyond its maximum of " + std::to_string(most_), at);
  }

 private:
  const std::string& title_;
  const int most_;
  typename Rt::template Atomic<int> count_;
};

}  // namespace heddle::sync
