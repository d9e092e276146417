// Grace periods that several CPUs ask for: one that began late enough counts for all of them, and
// who needs one that nobody drives drives it himself.
//
// A flavour (rcu.h, srcu.h) knows how to wait for its readers once, for one caller at a time.  Over
// it there is a sequence number:
//
//     bit 0     whether a grace period is running
//     bits 1-   how many have ended
//
//   Snapshot                          a grace period, under the mutex
//   P1 full barrier                   D1 ++sequence: it is running
//   P2 s = sequence                   D2 the flavour's Synchronize, a full barrier first
//   P3 the cookie: the smallest       D3 ++sequence (release): it has ended
//      value by which a grace period
//      has begun and ended since P2   Poll
//                                     P4 sequence (acquire) >= the cookie
//
// If none is running at P2, the next one will do: s + 2.  Else the running one may have looked at
// its readers already, so it is the next one but that: s + 3.
//
//   P1 with D2   Store buffering: the unpublication, P1, P2; D1, the barrier in D2, the look at the
//                readers.  If P2 misses D1 then the look, or a reader that is not waited for, sees
//                the unpublication.
//   D1           Who takes a snapshot amid a grace period knows by it that this one does not count.
//   D3 with P4   What readers did comes before the end of the wait, also for who did not drive.
//   the mutex    Flavours want one caller at a time.  Under it, sequence is even, and so at most
//                one grace period short of any cookie: nobody drives twice.
//
// Not needed, and not here: a full barrier after P2 (the kernel's snap has one) and one after P4
// (poll_state has one): to free what was unpublished, acquiring the end is enough.
//
// A CPU of RCU that waits for the mutex is idle meanwhile, or whoever holds it would wait for its
// quiescent state.  The kernel's waiter sleeps, which is one, too.
//
// Deviations from Linux: no thread of its own drives grace periods, and no tree combines the
// requests: all are at one mutex.
//
// Sources: Linux's Documentation/RCU/Design/Requirements, "Polled Grace Periods"; P. E. McKenney,
// "Is Parallel Programming Hard, And, If So, What Can You Do About It?", on the use of one grace
// period by many updaters.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "runtime/kernel.h"
#include "runtime/runtime.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/thread_local.h"
#include "runtime/sync/words.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct GracePeriodSteps {
  bool fence_snapshot = true;  ///< P1
  bool skip_running = true;    ///< P3; false: the end of the running one will do
  bool mark_running = true;    ///< D1; false: D3 adds 2
  bool release_end = true;     ///< D3
  bool acquire_end = true;     ///< P4
  bool lock = true;            ///< the mutex
  bool idle_meanwhile = true;  ///< who waits for the mutex is idle
};

/// What a full grace period after Snapshot is known by.  To be used with its own domain only.
struct GracePeriodCookie {
  std::uint64_t number = 0;
  const void* domain = nullptr;
};

/// Over a domain of `Flavour`, which it refers to.  All its grace periods are to be asked for here.
/// `cpu` is the caller's.
template <Runtime Rt, typename Flavour, GracePeriodSteps kSteps = GracePeriodSteps{}>
class GracePeriods {
 public:
  using Here = SourceLocation;
  using Cookie = GracePeriodCookie;
  using Number = std::uint64_t;

  explicit GracePeriods(Flavour& flavour) : flavour_(flavour) {}

  /// Once Poll says yes to it, every reader that may have found what was unpublished before has
  /// ended.  Does not wait, nor start anything: somebody has to drive.
  Cookie Snapshot() { return {Snap(), this}; }

  bool Poll(Cookie cookie, Here at = Here::Current()) {
    if (!IsMine(cookie, "polls", at)) return false;
    return HasReached(Sequence(), cookie.number);
  }

  /// Returns when Poll says yes.
  void WaitFor(int cpu, Cookie cookie, Here at = Here::Current()) {
    if (IsMine(cookie, "waits for", at)) Await(cpu, cookie.number, at);
  }

  void Synchronize(int cpu, Here at = Here::Current()) {
    if (MayWait(cpu, at)) Await(cpu, Snap(), at);
  }

  // For callbacks.h.

  /// A number that says as much as a cookie, and whether it is reached.
  Number Snap() {
    if constexpr (kSteps.fence_snapshot) kernel::smp_mb<Rt>();  // P1
    const Number s = kernel::read_once(sequence_);              // P2
    return (s + (kSteps.skip_running ? 3 : 2)) & ~Number{1};    // P3
  }
  Number Sequence() {  // P4
    return sequence_.load(kSteps.acquire_end ? std::memory_order_acquire
                                             : std::memory_order_relaxed);
  }
  static constexpr bool HasReached(Number sequence, Number number) { return sequence >= number; }

  /// Runs `function`, which must not wait for a grace period.
  template <typename F>
  void WithoutWaiting(F&& function) {
    ++forbidden_.get();
    function();
    --forbidden_.get();
  }
  /// Waits as `function` does, which may last as long as a grace period.
  template <typename F>
  void Aside(int cpu, F&& function, Here at) {
    if constexpr (kSteps.idle_meanwhile && requires { flavour_.Idle(cpu, function, at); }) {
      flavour_.Idle(cpu, function, at);
    } else {
      function();
    }
  }
  /// False: that it may not was reported.
  bool MayWait(int cpu, Here at) {
    if (forbidden_.get() != 0) {
      Misuse("waits for a grace period in a callback", at);
      return false;
    }
    return flavour_.MayWait(cpu, at);
  }

 private:
  void Await(int cpu, Number number, Here at) {
    if (!MayWait(cpu, at) || HasReached(Sequence(), number)) return;
    if constexpr (kSteps.lock)
      Aside(
          cpu, [&] { mutex_.lock(at); }, at);
    if (!HasReached(kernel::read_once(sequence_), number)) Drive(cpu, at);
    if constexpr (kSteps.lock) mutex_.unlock(at);
  }

  void Drive(int cpu, Here at) {
    const Number s = kernel::read_once(sequence_);
    if constexpr (kSteps.mark_running) kernel::write_once(sequence_, s + 1);  // D1
    if constexpr (requires { flavour_.Synchronize(cpu, at); }) {              // D2
      flavour_.Synchronize(cpu, at);
    } else {
      flavour_.Synchronize(at);
    }
    sequence_.store(
        s + 2, kSteps.release_end ? std::memory_order_release : std::memory_order_relaxed);  // D3
  }

  bool IsMine(Cookie cookie, const char* what, Here at) {
    if (cookie.domain == this) return true;
    Misuse(std::string(what) + (cookie.domain == nullptr ? " a cookie that no snapshot returned"
                                                         : " a cookie of another domain"),
           at);
    return false;
  }
  void Misuse(const std::string& what, Here at) {
    Rt::report(Fault::kMisuse, sync::Me<Rt>() + " " + what, at);
  }

  Flavour& flavour_;
  typename Rt::template Atomic<Number> sequence_{0, "sequence"};
  sync::Mutex<Rt> mutex_{"grace period"};
  sync::ThreadLocal<Rt, int> forbidden_;  // for reports only
};

}  // namespace heddle
