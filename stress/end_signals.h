// Who is told when SIGINT, SIGTERM or SIGHUP asks a run to end?
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <array>

namespace heddle::stress {

/// While one lives, these signals stop the native run of this process, and of the child that it
/// waits for, and are remembered.  The second SIGINT or SIGTERM kills, whatever hangs.  A SIGHUP
/// that was ignored stays so.  One at a time; within another one it does nothing.
class EndSignals {
 public:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

  EndSignals();
  ~EndSignals();
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

  /// Whether one came since the outermost EndSignals was made.
  static bool Came();
  /// In a child: they stop its run, however often they come; nothing has come yet.
  static void BeginChild();
  /// Passes them on to `child`; 0: no longer.
  static void PassTo(pid_t child);

 private:
  bool outermost_;
};

}  // namespace heddle::stress
