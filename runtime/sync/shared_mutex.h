// SharedMutex: one writer or any number of readers.
//
//     word = 0                    free
//     bits 0 … 47                 reader with that index
//     bits 48 … = index + 1       writer
//
// One bit per reader, not a count: so it is known who unlocks what it does not hold.  Works with
// std::shared_lock and std::unique_lock.  Neither readers nor writers are preferred.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "runtime/sync/words.h"

namespace heddle::sync {

template <Runtime Rt>
class SharedMutex {
 public:
  using Here = SourceLocation;

  explicit SharedMutex(const char* name) : title_(Title("shared mutex", name)), word_(0, name) {
    Rt::names_threads(word_);
  }

  void lock(Here at = Here::Current()) {
    const Word writer = Writer(), reader = Reader();
    const Word old = word_.await_compare_exchange(
        [writer, reader](Word v) { return v == 0 || v == writer || (v & reader) != 0; }, Word{0},
        writer, std::memory_order_acquire, title_.c_str(), at);
    if (old != 0) HeldAlready(at);
  }
  bool try_lock(Here at = Here::Current()) {
    Word old = 0;
    return word_.compare_exchange_strong(old, Writer(), std::memory_order_acquire,
                                         std::memory_order_relaxed, at);
  }
  void unlock(Here at = Here::Current()) {
    const typename Rt::MustReturn must_return;
    if (word_.load(std::memory_order_relaxed, at) != Writer()) return NotHeld("exclusively", at);
    word_.store(0, std::memory_order_release, at);
  }

  void lock_shared(Here at = Here::Current()) {
    const Word writer = Writer(), reader = Reader();
    const Word old =
        word_.await_fetch_add([writer](Word v) { return v >> kReaders == 0 || v == writer; },
                              reader, std::memory_order_acquire, title_.c_str(), at);
    if (old == writer || (old & reader) != 0) HeldAlready(at);
  }
  bool try_lock_shared(Here at = Here::Current()) {
    Word old = word_.load(std::memory_order_relaxed, at);
    while (old >> kReaders == 0) {
      if (word_.compare_exchange_strong(old, old | Reader(), std::memory_order_acquire,
                                        std::memory_order_relaxed, at))
        return true;
    }
    return false;
  }
  void unlock_shared(Here at = Here::Current()) {
    const typename Rt::MustReturn must_return;
    const Word old = word_.fetch_and(~Reader(), std::memory_order_release, at);
    if ((old & Reader()) == 0) NotHeld("shared", at);
  }

 private:
  using Word = std::uint64_t;
  static constexpr int kReaders = 48;
  static_assert(kReaders >= kMostThreads);
  static Word Reader() { return Word{1} << Rt::this_thread().index; }
  static Word Writer() { return static_cast<Word>(Rt::this_thread().index + 1) << kReaders; }

  void HeldAlready(Here at) {
    Rt::report(Fault::kDeadlock, Me<Rt>() + " waits for " + title_ + ", which it holds itself", at);
  }
  void NotHeld(const char* how, Here at) {
    if (Rt::is_given_up()) return;
    Rt::report(Fault::kMisuse, Me<Rt>() + " unlocks " + title_ + ", which it does not hold " + how,
               at);
  }

  const std::string& title_;
  typename Rt::template Atomic<Word> word_;
};

}  // namespace heddle::sync
