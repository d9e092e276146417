// Which signals tell of a crash, and who gets them while code under test may run?
#pragma once

#include <signal.h>

#include <exception>

namespace heddle {

/// While one of these lives, faults, abort() and ticks of CPU time go to the crash guards.
///
/// Handlers belong to the process, the alternate stack (a handler cannot run on a stack that
/// overflowed) and the timers to the thread that makes the first one; all are counted, so that any
/// number may live, and what was installed before comes back with the last one's end.  An object
/// must be destroyed by the thread that made it.  fork() keeps everything: the child gets timers
/// of its own.
///
/// Without the timers, which some emulators lack, endless loops are not found.
class FatalSignals {
 public:
  /// Called on the alternate stack.  Either does not return, or returns whether it was a tick.
  using Handler = bool (*)(int signal, const siginfo_t& info, void* ucontext);

  /// All objects pass the same functions.
  FatalSignals(Handler handler, std::terminate_handler on_terminate);
  ~FatalSignals();
  FatalSignals(const FatalSignals&) = delete;
  FatalSignals& operator=(const FatalSignals&) = delete;

  /// Of the timer.  Not SIGPROF, which profilers use.
  static constexpr int kTick = SIGVTALRM;
  /// Between two ticks, of the thread's CPU time.
  static constexpr long kTickNanoseconds = 20'000'000;
  /// One more tick of this thread, after about 100 us.  Safe in a signal handler.
  static void TickSoon();

  /// What std::terminate() did before.
  static std::terminate_handler previous_terminate();
};

}  // namespace heddle
