// When does a child process stand still as a whole?
//
// When we say so: of a torture, now and then for 1 to 100 ms, so that its clocks jump; and when
// somebody else has stopped it, with SIGSTOP or a debugger.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

#include "runtime/native/thread_context.h"

namespace heddle::stress {

/// Whether this child, which is not reaped yet, stands still: stopped, or held by a debugger.
bool IsStopped(pid_t child);

class ChildStops {
 public:
  using Clock = std::chrono::steady_clock;
  /// None after `until`.
  ChildStops(pid_t child, std::uint64_t seed, Clock::time_point until);

  /// When the next one is due; Clock::time_point::max() if there is none.
  Clock::time_point next() const { return next_; }
  /// If one is due: stops the child and lets it go on, unless somebody else has stopped it.
  void Perhaps();
  std::uint64_t count() const { return count_; }

 private:
  void Plan(std::int64_t shortest);

  const pid_t child_;
  native::Random random_;
  const Clock::time_point until_;
  Clock::time_point next_;
  std::uint64_t count_ = 0;
};

}  // namespace heddle::stress
