// Is the native run over, why, and what failed first?
//
// One run at a time per process: trap handlers and the signals that feed this state are
// process-wide anyway.  Everything but BeginRun may be called from any thread and from signal
// handlers: it is lock-free, allocates nothing and takes only string literals.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/source_location.h"

namespace heddle::native {

enum class StopCause : int { kRunning, kTimeUp, kInterrupted, kFailure };

/// One failure.  All strings live for ever (literals).
struct Failure {
  const char* why = "";        // a check's sentence, "unhandled trap", "fault in text", "hang"
  const char* detail = "";     // what a hang waits for, which signal a fault raised; else empty
  SourceLocation where;        // {"", 0} for traps and faults
  int thread = -1;             // the scenario's CPU; -1: a thread without ThreadContext
  std::uintptr_t address = 0;  // program counter of a trap or fault, else 0
};

/// A copy of `text` that is never freed, for a Failure.  Allocates: not for signal handlers.
const char* KeptForEver(std::string_view text);

/// Thrown by an operation that cannot go on (a hang, a call whose trap nobody claimed), after the
/// failure was recorded.  The harness catches it at the bottom of the thread.  Destructors of the
/// code under test run; its logic does not.
struct Abandoned {};

inline constinit std::atomic<StopCause> g_stop_cause{StopCause::kRunning};
static_assert(std::atomic<StopCause>::is_always_lock_free);  // used in signal handlers

/// Whether threads should come to an end.  Relaxed: it carries no data, whoever wants the results
/// joins the threads first.
inline bool Stopped() {
  return g_stop_cause.load(std::memory_order_relaxed) != StopCause::kRunning;
}

/// Ends the run; the first cause is kept.
void Stop(StopCause cause);

/// For how long it has been over, by the clock; 0: it is not.
std::chrono::nanoseconds SinceStop();

/// Forgets the last run's failures and stop.  Requires that no thread of a run is alive.
void BeginRun();

/// Keeps the first failure of the run, counts all of them, and stops the run.
void RecordFailure(const Failure& failure);

/// The first failure, or nothing.  Complete once the threads of the run are joined; before that a
/// failure that is just being written counts as not there yet.
std::optional<Failure> FirstFailure();

/// Failures so far, the first one included.
std::uint64_t FailureCount();

}  // namespace heddle::native
