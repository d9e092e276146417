// A static key: a flag that is compiled into the code that asks for it.
//
// Each site is a NOP or a jump.  `enabled` counts users: 0 off, n > 0 on for n users, -1 while the
// first enabling is changing the text.  A site is in its other state iff enabled != 0.
//
//   Inc      K1 if enabled > 0: count up, done          (so the text is on already)
//            K2 lock; K3 if enabled is 0: -1, switch the text on, K4 publish 1
//                     else count up: under the lock it is at least 1
//   Dec      K5 if enabled > 1: count down, done
//            lock; K6 if enabled > 0: count down; if that is 0, switch the text off
//   Enable   if enabled > 0, done; lock; K7 look again: if it is 0, as K3 and K4
//   Disable  if enabled is 0, done; lock; K7 if it is exactly 1: 0, switch the text off
//   DecDeferred  K5, or count it; RunDeferred  K8 takes what was counted, and does as many Decs
//
// Switching on comes before the count says so, and the count before switching off: whoever sees a
// positive count may rely on the text, nobody may rely on its being off.  There is no grace period:
// a CPU may still be behind the branch when Disable returns.
//
// Source: Linux's kernel/jump_label.c as its comments and commits 4c5ea0a9cd02, 1dbb6704de91 and
// 83ab38ef0a0b describe it.
#pragma once

#include <atomic>
#include <concepts>

#include "runtime/runtime.h"
#include "runtime/sync/mutex.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct StaticKeySteps {
  bool mark_first = true;        ///< K3's -1; false: 1 is published before the text is switched
  bool acquire_count = true;     ///< K1
  bool release_count = true;     ///< K4
  bool lock = true;              ///< K2
  bool check_under_lock = true;  ///< K7; false: Enable trusts its first look
  bool refuse_first = true;      ///< K5 refuses all below 2, not just 1
  bool take_deferred_at_once = true;  ///< K8
};

/// All sites of one key.  Switch(on) returns when each CPU executes them so; it is called with
/// alternating values, by one thread at a time.  If it throws, it has changed none, and the key's
/// count stays what it was.
template <typename S>
concept KeySites = requires(S& sites, bool on) {
  sites.Switch(on);
};

/// `Mutex`: whose lock and unlock Rt knows of; made from a name.
template <Runtime Rt, KeySites Sites, StaticKeySteps kSteps = StaticKeySteps{},
          typename Mutex = sync::Mutex<Rt>>
class StaticKey {
 public:
  /// `sites` must live as long as the key and be off.
  explicit StaticKey(Sites& sites) : sites_(sites) {}

  /// One user more.  When it returns, every CPU executes the sites switched on.
  void Inc() {
    if (CountUp()) return;  // K1
    const Guard guard(*this);
    if (!SwitchOn()) Rt::check(CountUp(), "the count is negative although its mutex is free");
  }

  /// One user less.  False if there was none: then nothing is changed.
  bool Dec() {
    if (CountDown()) return true;  // K5
    const Guard guard(*this);
    return DecLocked();
  }

  /// As Dec, but switching the text off is left to RunDeferred: a key that goes on and off all the
  /// time does not patch each time.  Requires a user.
  void DecDeferred() {
    if (!CountDown()) deferred_.fetch_add(1, kRelaxed);
  }
  /// Does what DecDeferred has left undone.  Relaxed: the mutex orders the Inc that made the count
  /// 1 before the Dec that makes it 0.
  void RunDeferred() {
    int left = 0;
    if constexpr (kSteps.take_deferred_at_once) {
      left = deferred_.exchange(0, kRelaxed);  // K8
    } else {
      left = deferred_.load(kRelaxed);
      deferred_.store(0, kRelaxed);
    }
    for (; left > 0; --left) Rt::check(Dec(), "a deferred Dec finds no user");
  }

  /// Makes the count 1 if it is 0.
  void Enable() {
    const int seen = enabled_.load(std::memory_order_acquire);
    if (seen > 0) return;
    const Guard guard(*this);
    if (kSteps.check_under_lock) {
      SwitchOn();
    } else if (seen == 0 && !SwitchOn()) {
      CountUp();
    }
  }

  /// Makes the count 0 if it is 1.
  void Disable() {
    if (enabled_.load(kRelaxed) == 0) return;
    const Guard guard(*this);
    int one = 1;
    if (enabled_.compare_exchange_strong(one, 0, kRelaxed, kRelaxed)) Switch(false, 1);  // K7
  }

  /// -1 … ; a snapshot.
  int count() const { return enabled_.load(std::memory_order_relaxed); }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;

  // The mutex, unless that is what a mutant drops.
  class Guard {
   public:
    explicit Guard(StaticKey& key) : key_(key) {
      if constexpr (kSteps.lock) key_.mutex_.lock();  // K2
    }
    ~Guard() {
      if constexpr (kSteps.lock) key_.mutex_.unlock();
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    StaticKey& key_;
  };

  bool CountUp() {
    // Pairs with K4: the text is on.
    const auto order = kSteps.acquire_count ? std::memory_order_acquire : kRelaxed;
    int v = enabled_.load(kRelaxed);
    while (v > 0)
      if (enabled_.compare_exchange_strong(v, v + 1, order, kRelaxed)) return true;
    return false;
  }

  bool CountDown() {
    int v = enabled_.load(kRelaxed);
    while (kSteps.refuse_first ? v > 1 : v != 1)
      if (enabled_.compare_exchange_strong(v, v - 1, kRelaxed, kRelaxed)) return true;
    return false;
  }

  // Under the mutex; `before`: the count to go back to if that fails.  Nobody else has changed it
  // meanwhile: at 0 and below that takes the mutex.
  void Switch(bool on, int before) {
    try {
      sites_.Switch(on);
    } catch (...) {
      const typename Rt::MustReturn must_return;  // it may be the execution that is given up
      enabled_.store(before, kRelaxed);
      throw;
    }
  }

  // Under the mutex.  Whether the count was 0.
  bool SwitchOn() {
    int zero = 0;
    if (!enabled_.compare_exchange_strong(zero, kSteps.mark_first ? -1 : 1, kRelaxed, kRelaxed))
      return false;  // K3
    Switch(true, 0);
    const auto order = kSteps.release_count ? std::memory_order_release : kRelaxed;
    if constexpr (kSteps.mark_first) enabled_.store(1, order);  // K4
    return true;
  }

  bool DecLocked() {
    int v = enabled_.load(kRelaxed);
    while (v > 0) {  // K6
      if (!enabled_.compare_exchange_strong(v, v - 1, kRelaxed, kRelaxed)) continue;
      if (v == 1) Switch(false, 1);
      return true;
    }
    return false;
  }

  Sites& sites_;
  Mutex mutex_{"jump_label_mutex"};
  typename Rt::template Atomic<int> enabled_{0, "key.enabled"};
  typename Rt::template Atomic<int> deferred_{0, "key.deferred"};
};

}  // namespace heddle
