// OnceFlag: an initialisation that runs once, whoever comes first.
//
// If it throws, it has not run: the exception goes to whoever called it, and the next one tries.
#pragma once

#include <atomic>
#include <string>

#include "runtime/sync/words.h"

namespace heddle::sync {

template <Runtime Rt>
class OnceFlag {
 public:
  using Here = SourceLocation;

  explicit OnceFlag(const char* name) : title_(Title("once flag", name)), word_(kNew, name) {}

  /// Returns when `f` has run, here or elsewhere; synchronises with its end.
  template <typename F>
  void call(F&& f, Here at = Here::Current()) {
    const int seen =
        word_.await_compare_exchange([](int v) { return v != kRunning; }, kNew, kRunning,
                                     std::memory_order_acquire, title_.c_str(), at);
    if (seen == kDone) return;
    try {
      f();
    } catch (...) {
      const typename Rt::MustReturn must_return;
      word_.store(kNew, std::memory_order_release, at);
      throw;
    }
    word_.store(kDone, std::memory_order_release, at);
  }

 private:
  static constexpr int kNew = 0, kRunning = 1, kDone = 2;
  const std::string& title_;
  typename Rt::template Atomic<int> word_;
};

template <Runtime Rt, typename F>
void call_once(OnceFlag<Rt>& flag, F&& f, SourceLocation at = SourceLocation::Current()) {
  flag.call(static_cast<F&&>(f), at);
}

}  // namespace heddle::sync
