// Barrier: threads wait for each other, phase after phase.
//
//     word = phase * 2^16 + threads that this phase still waits for
//
// Arriving counts down (acq_rel).  The last one to arrive has synchronised with all others, runs
// the completion, and begins the next phase: counts up for it, then says so in a cell of its own
// (release), for which the others wait.  Waiting for `word` would do, too, but a waiter could see
// who has arrived in the next phase, which doubles the executions.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "runtime/sync/words.h"

namespace heddle::sync {

template <Runtime Rt>
class Barrier {
 public:
  using Here = SourceLocation;
  using Phase = std::uint32_t;  ///< what arrive() returns and wait() takes

  /// 1 … 65535 threads.  `completion` is run once per phase, when all have arrived.
  Barrier(
      int expected, const char* name, std::function<void()> completion = [] {})
      : title_(Title("barrier", name)),
        completion_(std::move(completion)),
        word_(static_cast<std::uint32_t>(expected), "arrivals"),
        phase_(0, name),
        expected_(static_cast<std::uint32_t>(expected), "expected") {}

  Phase arrive(Here at = Here::Current()) {
    const std::uint32_t old = word_.fetch_sub(1, std::memory_order_acq_rel, at);
    const std::uint32_t phase = old >> 16, left = old & 0xFFFF;
    if (left == 0)
      Rt::report(Fault::kMisuse, Me<Rt>() + " arrives at " + title_ + ", which expects nobody", at);
    if (left == 1) {
      completion_();
      const std::uint32_t expected = expected_.load(std::memory_order_relaxed, at);
      const std::uint32_t next = (phase + 1) & 0xFFFF;
      word_.store((next << 16) + expected, std::memory_order_relaxed, at);
      phase_.store(next, std::memory_order_release, at);
    }
    return phase;
  }
  void wait(Phase phase, Here at = Here::Current()) const {
    phase_.await([phase](std::uint32_t v) { return v != phase; }, std::memory_order_acquire,
                 title_.c_str(), at);
  }
  void arrive_and_wait(Here at = Here::Current()) { wait(arrive(at), at); }
  /// Arrives, and takes no part in later phases.
  void arrive_and_drop(Here at = Here::Current()) {
    expected_.fetch_sub(1, std::memory_order_relaxed, at);  // ordered by arriving
    arrive(at);
  }

 private:
  const std::string& title_;
  const std::function<void()> completion_;
  typename Rt::template Atomic<std::uint32_t> word_, phase_, expected_;
};

}  // namespace heddle::sync
