// Keeps crashes of the code under test from being Heddle's.
//
// A thread of the code under test is a fiber.  If it faults, aborts, terminates or does not come to
// its next operation, the signal's handler switches to the explorer as if the fiber had yielded: a
// crash is a step of the thread like any other error.  What is on the fiber's stack is never
// resumed nor unwound; the machine makes a new fiber.
//
// Set-up, Finish and the destructor run on the explorer's own stack and are left by siglongjmp: a
// fiber for them would cost two switches per execution, and this costs one sigsetjmp.
//
// A crash elsewhere is Heddle's own: it is passed on to the handler installed before, or else ends
// the process with a message and exit status 3.  So does what goes wrong in the handler's blind
// spots: memory that the code under test has overwritten before, which may be Heddle's.
#pragma once

#include <setjmp.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "runtime/model/crash.h"
#include "runtime/model/fatal_signals.h"
#include "runtime/model/fiber.h"

namespace heddle {

/// One per machine.  Not re-entrant, but what a guard runs may use another one.  Used by the thread
/// that made it.
class CrashGuard {
 public:
  CrashGuard();
  CrashGuard(const CrashGuard&) = delete;
  CrashGuard& operator=(const CrashGuard&) = delete;

  /// Resumes `fiber` until it yields.  False: it crashed, see crash(), and is only to be destroyed.
  bool Resume(Fiber& fiber) {
    Progress();
    fiber_ = &fiber;
    crashed_ = false;
    CrashGuard* const outer = std::exchange(active_, this);
    fiber.Resume();
    active_ = outer;
    fiber_ = nullptr;
    return !crashed_;
  }

  /// Calls `f` here.  False: it crashed, and no destructor of what it had on the stack has run.
  template <typename F>
  bool Call(F&& f) {
    return CallOnThisStack([](void* p) { (*static_cast<std::remove_reference_t<F>*>(p))(); }, &f);
  }

  const Crash& crash() const { return crash_; }

  /// The code under test has done something that Heddle sees.
  void Progress() {
    // One thread, its signal handler included: no need for an atomic increment.
    progress_.store(progress_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  /// How much CPU time may pass between two operations; 0: any.  For all guards; 2 s by default.
  static void set_hang_timeout(std::chrono::milliseconds timeout);

  /// assert() is about to end the process: `what` failed.  Returns if this is not about code under
  /// test.
  static void OnFailedAssertion(const char* what);

 private:
  static bool OnSignal(int signal, const siginfo_t& info, void* ucontext);
  static void OnTerminate();
  bool CallOnThisStack(void (*f)(void*), void* argument);
  bool OnCrash(int signal, const siginfo_t& info);
  void OnTick(std::uintptr_t program_counter);
  void Leave(const Crash& crash);  // returns if the code under test is not running

  static constinit thread_local CrashGuard* active_;  // whose code is running

  FatalSignals signals_;
  Fiber* fiber_ = nullptr;  // running; null: see landing_
  sigjmp_buf landing_;
  bool may_land_ = false;
  bool crashed_ = false;
  Crash crash_;
  std::atomic<std::uint64_t> progress_ = 0;
  std::uint64_t progress_seen_ = 0;  // by the last tick
  std::chrono::nanoseconds seen_at_{0};
};

}  // namespace heddle
