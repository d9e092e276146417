// Mutex and RecursiveMutex: mutual exclusion, and what is wrong with the way it is used.
//
//     word = 0           free
//     word = index + 1   held by the thread with that index
//
// Locking is one awaiting compare-exchange (acquire), unlocking a store (release): weaker than a
// read-modify-write, which x86 would order more.  Reported by name and place: unlock by a thread
// that does not hold the mutex, a lock by the one that does (a deadlock with itself), destruction
// while held (by a thread: a mutex that outlives the threads is not asked).
//
// std::lock_guard, std::unique_lock and std::scoped_lock work; Lock (lock.h) also tells reports
// where in the scenario it stands.  std::scoped_lock of several mutexes retries without a bound:
// three threads can go on for ever, and so can a search.  Lock them one by one, in one order.
#pragma once

#include <atomic>
#include <string>

#include "runtime/sync/spurious.h"
#include "runtime/sync/words.h"

namespace heddle::sync {

/// What both kinds of mutex are made of.
template <Runtime Rt>
class OwnedWord {
 public:
  using Here = SourceLocation;
  static constexpr int kFree = 0;

  OwnedWord(const char* kind, const char* name, Here at)
      : title_(Title(kind, name)), made_at_(at), word_(kFree, name) {
    Rt::names_threads(word_);
  }
  OwnedWord(const OwnedWord&) = delete;
  OwnedWord& operator=(const OwnedWord&) = delete;
  ~OwnedWord() {
    if (Rt::is_given_up()) return;
    const typename Rt::MustReturn must_return;
    const int owner = word_.load(std::memory_order_relaxed, made_at_);
    if (owner != kFree && !Rt::is_given_up())
      Misuse("destroys " + title_ + " while " + Holder(owner) + " it", made_at_);
  }

  static int MyWord() { return Rt::this_thread().index + 1; }

  /// Waits until nobody else holds it.  False: the caller does already.
  bool Acquire(Here at) {
    const int me = MyWord();
    return me != word_.await_compare_exchange([me](int v) { return v == kFree || v == me; }, kFree,
                                              me, std::memory_order_acquire, title_.c_str(), at);
  }
  /// Whoever holds it; kFree: nobody did, now the caller does.
  int TryAcquire(Here at) {
    int owner = kFree;
    word_.compare_exchange_strong(owner, MyWord(), std::memory_order_acquire,
                                  std::memory_order_relaxed, at);
    return owner;
  }
  /// Whether the caller may unlock it; if not, that is reported.
  bool CheckOwner(Here at) {
    const int owner = word_.load(std::memory_order_relaxed, at);  // the owner reads its own write
    if (owner == MyWord()) return true;
    if (!Rt::is_given_up()) Misuse("unlocks " + title_ + ", which " + Holder(owner), at);
    return false;
  }
  void Release(Here at) { word_.store(kFree, std::memory_order_release, at); }

  void Misuse(const std::string& what, Here at) {
    Rt::report(Fault::kMisuse, Me<Rt>() + " " + what, at);
  }
  const std::string& title() const { return title_; }

 private:
  static std::string Holder(int owner) {
    return owner == kFree ? "nobody holds" : ThreadName(owner - 1) + " holds";
  }

  const std::string& title_;
  const Here made_at_;
  typename Rt::template Atomic<int> word_;
};

template <Runtime Rt>
class Mutex {
 public:
  using Here = SourceLocation;

  /// C++ lets try_lock fail although nobody holds the mutex; here it does so at most
  /// `spurious_failures` times per thread.
  explicit Mutex(const char* name, int spurious_failures = 0, Here at = Here::Current())
      : word_("mutex", name, at), spurious_(spurious_failures) {}

  void lock(Here at = Here::Current()) {
    if (!word_.Acquire(at))
      Rt::report(Fault::kDeadlock,
                 Me<Rt>() + " waits for " + word_.title() + ", which it holds itself", at);
  }
  bool try_lock(Here at = Here::Current()) {
    if (spurious_.Happens()) return false;
    const int owner = word_.TryAcquire(at);
    if (owner == word_.MyWord())
      word_.Misuse("tries to lock " + word_.title() + ", which it holds already", at);
    return owner == word_.kFree;
  }
  void unlock(Here at = Here::Current()) {
    const typename Rt::MustReturn must_return;  // the destructor of a guard calls it
    if (word_.CheckOwner(at)) word_.Release(at);
  }

 private:
  OwnedWord<Rt> word_;
  Spurious<Rt> spurious_;
};

/// The thread that holds it may lock it again, and unlocks it as often.
template <Runtime Rt>
class RecursiveMutex {
 public:
  using Here = SourceLocation;

  explicit RecursiveMutex(const char* name, Here at = Here::Current())
      : word_("recursive mutex", name, at), depth_(0, "depth") {}

  void lock(Here at = Here::Current()) { Enter(word_.Acquire(at)); }
  bool try_lock(Here at = Here::Current()) {
    const int owner = word_.TryAcquire(at);
    if (owner != word_.kFree && owner != word_.MyWord()) return false;
    Enter(owner == word_.kFree);
    return true;
  }
  void unlock(Here at = Here::Current()) {
    const typename Rt::MustReturn must_return;
    if (!word_.CheckOwner(at)) return;
    const int depth = depth_.load() - 1;
    depth_.store(depth);
    if (depth == 0) word_.Release(at);
  }

 private:
  void Enter(bool first) { depth_.store(first ? 1 : depth_.load() + 1); }

  OwnedWord<Rt> word_;
  typename Rt::template Plain<int> depth_;  // of whoever holds it
};

}  // namespace heddle::sync
