// ConditionVariable: waiting for what another thread does under the same mutex.
//
// One bit per thread that waits.  A thread sets its own while it still holds the mutex, so nobody
// who takes the mutex after it can miss it; who notifies clears one of them, any, or all; the
// thread waits until its own is clear.  All of that is relaxed: a notification orders nothing, the
// mutex does.  A notification before the bit is set is lost, as it ought to be.
//
// A wake-up without notification, which the standard permits, happens at most `spurious_wakeups`
// times per thread: 1 is enough to find an `if` that should be a `while`.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <string>

#include "runtime/sync/spurious.h"
#include "runtime/sync/words.h"

namespace heddle::sync {

template <Runtime Rt>
class ConditionVariable {
 public:
  using Here = SourceLocation;

  explicit ConditionVariable(const char* name, int spurious_wakeups = 0)
      : title_(Title("condition variable", name)), spurious_(spurious_wakeups), waiting_(0, name) {
    Rt::names_threads(waiting_);
  }

  /// `lock`: a Lock or std::unique_lock that holds its mutex.
  template <typename L>
  void wait(L& lock, Here at = Here::Current()) {
    if (!lock.owns_lock()) {
      Rt::report(Fault::kMisuse,
                 Me<Rt>() + " waits on " + title_ + " with a lock that it does not hold", at);
      return;
    }
    const std::uint64_t me = std::uint64_t{1} << Rt::this_thread().index;
    waiting_.fetch_or(me, std::memory_order_relaxed, at);
    lock.unlock();
    if (spurious_.Happens()) {
      waiting_.fetch_and(~me, std::memory_order_relaxed, at);
    } else {
      waiting_.await([me](std::uint64_t v) { return (v & me) == 0; }, std::memory_order_relaxed,
                     title_.c_str(), at);
    }
    lock.lock();
  }
  template <typename L, typename Pred>
  void wait(L& lock, Pred pred, Here at = Here::Current()) {
    while (!pred()) wait(lock, at);
  }

  void notify_all(Here at = Here::Current()) {
    waiting_.exchange(0, std::memory_order_relaxed, at);
  }
  void notify_one(Here at = Here::Current()) {
    std::uint64_t waiting = waiting_.load(std::memory_order_relaxed, at);
    while (waiting != 0) {
      const std::uint64_t chosen = AnyOf(waiting);
      waiting = waiting_.fetch_and(~chosen, std::memory_order_relaxed, at);
      if ((waiting & chosen) != 0) return;  // else it was woken meanwhile: another one
    }
  }

 private:
  static std::uint64_t AnyOf(std::uint64_t waiting) {
    const int count = std::popcount(waiting);
    for (int n = count > 1 ? Rt::choose(count) : 0; n > 0; --n) waiting &= waiting - 1;
    return waiting & -waiting;
  }

  const std::string& title_;
  Spurious<Rt> spurious_;
  typename Rt::template Atomic<std::uint64_t> waiting_;
};

}  // namespace heddle::sync
