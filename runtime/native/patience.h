// How does a native thread wait for another one without hogging a CPU or hanging the run?
//
// It pauses, then yields (the awaited thread may need this CPU), and, once the run is stopped,
// waits 5 s: whoever is not served by then waits for something that will never happen.  Unless some
// thread is kept from running; then as long as the run has been over for less than 15 s.  The
// parent's patience is longer (stress/isolated_run.h).
#pragma once

#include <sched.h>

#include <chrono>
#include <optional>
#include <utility>

#include "runtime/native/flight_recorder.h"
#include "runtime/native/interrupts.h"
#include "runtime/native/run_state.h"
#include "runtime/native/thread_times.h"
#include "runtime/native/waited.h"
#include "runtime/source_location.h"

namespace heddle::native {

inline void CpuRelax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" : : : "memory");
#endif
}

class Patience {
 public:
  /// `what` is awaited by scenario CPU `thread` at `where`: the words of the report.
  Patience(const char* what, int thread, SourceLocation where)
      : what_(what), where_(where), thread_(thread) {}

  /// One step of waiting, after the caller has looked.  Throws Abandoned, with a hang recorded, if
  /// that is the end of its patience.
  void Wait() {
    CpuRelax();
    if (++pauses_ % kPausesPerYield != 0 && !one_more_look_) return;
    if (pauses_ == kPausesPerYield) TakeNote(Did::kWaits, 0, what_);
    Yield();
  }

 private:
  // About 10 µs at 40 to 140 cycles each: longer than a cache line takes, shorter than a time
  // slice.
  static constexpr unsigned kPausesPerYield = 256;
  static constexpr auto kLimit = std::chrono::seconds(5), kLongest = std::chrono::seconds(15);
  // A protocol's step takes microseconds, and a thread that waits has its share, too.
  static constexpr auto kEnough = std::chrono::milliseconds(100);

  void Yield() {
    const bool had_one_more_look = std::exchange(one_more_look_, IsOver());
    if (!one_more_look_) {
      sched_yield();
    } else if (had_one_more_look) {
      GiveUp();
    }
  }
  bool IsOver() {
    if (!Stopped()) return false;
    if (!times_) times_.emplace();
    if (!waited_.LongerThan(kLimit)) return false;
    return SinceStop() >= kLongest || !times_->SomeoneStarves(kEnough);
  }
  [[noreturn]] void GiveUp() {
    const NoInterrupts no_interrupts;  // which might come here, too, and want the same mutex
    RecordFailure(
        {.why = "hang", .detail = KeptForEver(what_), .where = where_, .thread = thread_});
    throw Abandoned();
  }

  const char* what_;
  SourceLocation where_;
  int thread_;
  unsigned pauses_ = 0;
  // What is awaited may have come while this thread, or the one that waits for it, did not run.
  bool one_more_look_ = false;
  // Since the run was seen stopped.
  Waited waited_;
  std::optional<ThreadTimes> times_;
};

}  // namespace heddle::native
