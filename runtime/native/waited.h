// For how long has a thread waited?  Time in which the whole process stood still does not count.
//
// Whoever was stopped for a minute has not waited for a minute: those that it waits for stood
// still, too.  So of the time between two looks a second counts at most.
#pragma once

#include <algorithm>
#include <chrono>

namespace heddle::native {

class Waited {
 public:
  using Clock = std::chrono::steady_clock;

  /// Since the first of these calls, which come one after the other, more often than once a second.
  bool LongerThan(Clock::duration limit, Clock::time_point now = Clock::now()) {
    if (last_ != Clock::time_point{}) waited_ += std::min<Clock::duration>(now - last_, kMost);
    last_ = now;
    return waited_ > limit;
  }

 private:
  static constexpr std::chrono::seconds kMost{1};

  Clock::time_point last_{};
  Clock::duration waited_{0};
};

}  // namespace heddle::native
