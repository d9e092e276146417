// Callbacks: functions to be run once the readers of now have ended, without waiting for that
// (call_rcu, call_srcu).
//
// Each CPU has a list in four segments, oldest first, and touches no other CPU's:
//
//     done         their grace period has ended
//     wait         number N1: waiting for the grace period that ends with it
//     next ready   number N2 > N1
//     next         without a number yet
//
//   Call(callback)                      Invoke, by the CPU, outside of readers
//   K1 append it to `next`              I1 advance to Sequence()
//   K2 s = Snap()                       I2 take what is in `done`, run it
//   K3 advance to Sequence()
//   K4 accelerate: number `next` with s
//   K5 count it as queued (release)
//
// Advancing moves segments whose number is reached to `done`.  Accelerating moves `next` to the
// oldest segment whose number is s or more, or to the first that is free.
//
//   K2 before K3   Numbers are even and segments that advancing leaves are later than the sequence
//                  it read.  If s was taken before, then s is at most the second even number after
//                  that: of two segments the younger has s or more, and takes `next`.  If it is
//                  taken after, a grace period may have ended and another one begun meanwhile:
//                  both segments are earlier than s, `next` finds no place, and stays without a
//                  number for as long as nobody calls again.
//   K2             A full barrier before: as for cookies (grace_periods.h).
//   K5 after K4    Barrier waits for what is counted.  Counted before it has a number, it may get
//                  one beyond the grace period that Barrier drives, and then nobody drives: both
//                  wait for ever.  A release, which the full barrier in Barrier's snapshot
//                  acquires: so that snapshot is no older than K2, and its number no smaller.
//   I1             Acquires the end of the grace period.
//
// Nobody is waited for here, so somebody has to drive: who waits for a grace period, or Barrier.
//
// Barrier returns when what had been queued, on any CPU, has been run: it drives a grace period
// that all of it waits for at most, runs the caller's own, and awaits that the other CPUs have
// called Invoke.  As lists are first in, first out, two counts per CPU tell.  Linux queues a
// callback of the barrier's own on each CPU instead.  A CPU of RCU is idle while it waits for
// another one, which may itself wait for a grace period before it calls Invoke.
//
// Deviations from Linux: no offloading, no batch limits, no lists of CPUs that are offline; a list
// is its CPU's alone, without a lock.
//
// Sources: Linux's Documentation/RCU/Design/Data-Structures on segmented callback lists; Linux
// commit 4a8e65b0c348 (2023) for the order of K2 and K3.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "rcu/grace_periods.h"
#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct CallbackSteps {
  bool snap_first = true;      ///< K2 before K3
  bool count_numbered = true;  ///< K5 after K4
  bool release_queued = true;  ///< K5
  bool wait = true;            ///< K3, I1: a grace period has ended; false: it has begun
  bool take = true;            ///< I2: what runs is no longer listed
  bool count_when_run = true;  ///< Barrier's count; false: before the callbacks run
  bool release_ran = true;     ///< and the count is a release
  bool acquire_ran = true;     ///< which Barrier acquires
  bool idle_meanwhile = true;  ///< Barrier is idle while it waits for other CPUs
};

/// To be queued again once it has begun to run, and to outlive that.
template <Runtime Rt>
class Callback {
 public:
  explicit Callback(std::function<void()> run) : run_(std::move(run)) {}

 private:
  template <Runtime, typename, int, CallbackSteps>
  friend class Callbacks;
  const std::function<void()> run_;
  typename Rt::template Plain<Callback*> next_{nullptr, "next callback"};
  typename Rt::template Plain<int> queued_{0, "queued"};
};

/// CPUs are 0 … kCpus - 1.  `cpu` is the caller's.
template <Runtime Rt, typename Periods, int kCpus, CallbackSteps kSteps = CallbackSteps{}>
class Callbacks {
 public:
  using Here = SourceLocation;

  explicit Callbacks(Periods& periods) : periods_(periods) {}

  /// `callback` is to be run after a grace period that begins from now on.  May be called in
  /// readers and in callbacks.
  void Call(int cpu, Callback<Rt>& callback, Here at = Here::Current()) {
    if (callback.queued_.load() != 0)
      return Misuse(cpu, "queues a callback that is queued and has not run", at);
    callback.queued_.store(1);
    callback.next_.store(nullptr);
    List& list = lists_[static_cast<std::size_t>(cpu)];
    Append(list.segments[kNext], &callback, &callback);  // K1
    if constexpr (!kSteps.count_numbered) CountQueued(cpu);
    if constexpr (kSteps.snap_first) {
      const std::uint64_t s = periods_.Snap();  // K2
      Advance(list);                            // K3
      Accelerate(list, s);                      // K4
    } else {
      Advance(list);
      Accelerate(list, periods_.Snap());
    }
    if constexpr (kSteps.count_numbered) CountQueued(cpu);  // K5
  }

  /// Runs what is due.
  void Invoke(int cpu, Here at = Here::Current()) {
    if (!periods_.MayWait(cpu, at)) return;  // nor may it run callbacks inside one, or in a reader
    List& list = lists_[static_cast<std::size_t>(cpu)];
    Advance(list);  // I1
    Segment& done = list.segments[kDone];
    Callback<Rt>* callback = done.first.load();
    if constexpr (kSteps.take) done.first.store(nullptr);  // I2
    std::uint64_t n = 0;
    if constexpr (!kSteps.count_when_run) {
      for (auto* c = callback; c != nullptr; c = c->next_.load()) ++n;
      if (n > 0) CountRan(cpu, n);
    }
    periods_.WithoutWaiting([&] {
      while (callback != nullptr) {
        Callback<Rt>* const next = callback->next_.load();
        callback->queued_.store(0);
        callback->run_();
        if constexpr (kSteps.count_when_run) ++n;
        callback = next;
      }
    });
    if constexpr (kSteps.count_when_run)
      if (n > 0) CountRan(cpu, n);
  }

  /// Whether Invoke would find something to run.
  bool IsDue(int cpu) {
    List& list = lists_[static_cast<std::size_t>(cpu)];
    if (list.segments[kDone].first.load() != nullptr) return true;
    return list.segments[kWait].first.load() != nullptr && HasEnded(list.number[0].load());
  }

  /// Returns when every callback that was queued before the call has run.
  void Barrier(int cpu, Here at = Here::Current()) {
    if (!periods_.MayWait(cpu, at)) return;
    std::array<std::uint64_t, kCpus> target{};
    for (int c = 0; c < kCpus; ++c)
      target[static_cast<std::size_t>(c)] = kernel::read_once(queued(c));
    periods_.Synchronize(cpu, at);
    Invoke(cpu, at);
    for (int c = 0; c < kCpus; ++c) {
      const std::uint64_t n = target[static_cast<std::size_t>(c)];
      if (n == 0) continue;
      const auto wait = [&] {
        ran(c).await([n](std::uint64_t v) { return v >= n; },
                     kSteps.acquire_ran ? std::memory_order_acquire : std::memory_order_relaxed,
                     "callbacks to be run");
      };
      if constexpr (kSteps.idle_meanwhile)
        periods_.Aside(cpu, wait, at);
      else
        wait();
    }
  }

 private:
  static constexpr std::size_t kDone = 0, kWait = 1, kNextReady = 2, kNext = 3;
  template <typename T>
  using Plain = typename Rt::template Plain<T>;

  struct Segment {
    Plain<Callback<Rt>*> first{nullptr, "first callback"}, last{nullptr, "last callback"};
  };
  struct List {
    std::array<Segment, 4> segments;
    std::array<Plain<std::uint64_t>, 2> number{{{0, "number (wait)"}, {0, "number (next ready)"}}};
  };

  static void Append(Segment& to, Callback<Rt>* first, Callback<Rt>* last) {
    if (to.first.load() == nullptr) {
      to.first.store(first);
    } else {
      to.last.load()->next_.store(first);
    }
    to.last.store(last);
  }
  static void Move(Segment& from, Segment& to) {
    Append(to, from.first.load(), from.last.load());
    from.first.store(nullptr);
  }
  static bool IsEmpty(const Segment& segment) { return segment.first.load() == nullptr; }

  bool HasEnded(std::uint64_t number) { return HasEnded(periods_.Sequence(), number); }
  static bool HasEnded(std::uint64_t sequence, std::uint64_t number) {
    return Periods::HasReached(sequence, kSteps.wait ? number : number - 1);
  }

  void Advance(List& list) {
    auto& [done, wait, next_ready, next] = list.segments;
    if (IsEmpty(wait)) return;  // then the next one is, too
    const std::uint64_t sequence = periods_.Sequence();
    if (!HasEnded(sequence, list.number[0].load())) return;
    Move(wait, done);
    if (IsEmpty(next_ready)) return;
    if (HasEnded(sequence, list.number[1].load())) return Move(next_ready, done);
    Move(next_ready, wait);
    list.number[0].store(list.number[1].load());
  }

  void Accelerate(List& list, std::uint64_t s) {
    for (const std::size_t i : {kWait, kNextReady}) {
      Segment& segment = list.segments[i];
      auto& number = list.number[i - kWait];
      if (!IsEmpty(segment) && number.load() < s) continue;
      if (IsEmpty(segment)) number.store(s);
      return Move(list.segments[kNext], segment);
    }
  }

  void CountQueued(int cpu) {
    queued(cpu).store(kernel::read_once(queued(cpu)) + 1, kSteps.release_queued
                                                              ? std::memory_order_release
                                                              : std::memory_order_relaxed);
  }
  void CountRan(int cpu, std::uint64_t n) {
    ran(cpu).store(kernel::read_once(ran(cpu)) + n,
                   kSteps.release_ran ? std::memory_order_release : std::memory_order_relaxed);
  }
  void Misuse(int cpu, const std::string& what, Here at) {
    Rt::report(Fault::kMisuse, "CPU " + std::to_string(cpu) + " " + what, at);
  }
  auto& queued(int cpu) { return queued_[static_cast<std::size_t>(cpu)]; }
  auto& ran(int cpu) { return ran_[static_cast<std::size_t>(cpu)]; }

  using Counts = typename Rt::template Array<typename Rt::template Atomic<std::uint64_t>, kCpus>;
  Periods& periods_;
  std::array<List, kCpus> lists_;
  Counts queued_{std::uint64_t{0}, "callbacks queued"}, ran_{std::uint64_t{0}, "callbacks run"};
};

}  // namespace heddle
