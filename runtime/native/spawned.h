// How does native code under test start threads of its own?
//
// A spawned thread has no ThreadContext: choose() answers 0 there, and in a torture run it must not
// observe.  What leaves it by an exception is a failure of the run.
#pragma once

#include <functional>
#include <thread>
#include <utility>

#include "runtime/runtime.h"

namespace heddle::native {

/// The calling thread's number; threads get one when they first ask and give it back when they end.
/// Throws std::length_error for the 49th thread.
ThreadSlot ThisThread();

class Spawned {
 public:
  static Spawned Start(std::function<void()> body, SourceLocation at = SourceLocation::Current());
  Spawned() = default;

  /// For messages: the spawner cannot know the thread's ThreadSlot.
  int number() const { return number_; }
  /// Returns when the thread has ended.
  void Wait(SourceLocation = {}) { thread_.join(); }
  /// It may outlive this object, but not its spawner's part of the scenario: see WaitForDetached.
  void Leave();

 private:
  std::thread thread_;
  int number_ = -1;
};

/// Returns when the threads that the calling thread has left are over.  The harness calls it at the
/// end of each thread of a program, whose cells they may still use.
void WaitForDetached();

}  // namespace heddle::native
