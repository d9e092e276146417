// What if the way between user mode and the kernel takes an exception itself?
//
//     EnterUser                          ExitUser
//     N1 count up; was it 0?             N1 count up; was it 0?
//     N2   account                       N2   account
//     N3   context: to user mode         N3   context: to the kernel
//     N2   account                       N2   account
//     N4 count down                      N4 count down
//
//     Exception
//     X1 RCU does not watch? then ExitUser
//     X2 handle it
//     X3 was X1 so? then EnterUser
//
// Accounting touches the task's own data, which may be mapped lazily: the first touch faults. While
// the context is still, or already, user mode, the fault's X1 calls ExitUser, whose accounting
// faults at the same place, before X2 has mapped anything: and so on.  The count makes the inner
// calls do nothing.  It is the CPU's own: a load and a store suffice, as whoever comes between them
// puts it back.
//
//   N1 before N2, N4 after it   or the accounting outside of them recurs.
//   N4 in inner calls, too      or all later transitions do nothing.
//   X1                          or an exception that comes in user mode reads unprotected.
//   X3                          or RCU waits for a CPU in user mode, which reports nothing.
//
// What the count costs: an exception within a transition may be handled (X2) without RCU's
// watching. It must not read what RCU protects; the fault handler that maps kernel memory does not.
//
// Sources: Linux's kernel/context_tracking.c as its comments describe it; commit d0e536d89395
// (2015).
#pragma once

#include <cstddef>

#include "rcu/context_tracking.h"
#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

/// The mechanism's steps, each of which a mutant drops in turn.
struct UserTransitionSteps {
  bool count = true;            ///< N1, N4
  bool count_first = true;      ///< N1 before the first N2
  bool count_last = true;       ///< N4 after the second N2
  bool count_inner_off = true;  ///< N4 in inner calls
  bool exit_user = true;        ///< X1; false: nor X3
  bool enter_again = true;      ///< X3
};

/// CPUs are 0 … kCpus - 1; each calls what takes its `cpu`.  `account()`: what a transition
/// touches, on both sides of it.
template <Runtime Rt, int kCpus, UserTransitionSteps kSteps = UserTransitionSteps{}>
class UserTransition {
 public:
  using Contexts = ContextTracking<Rt, kCpus>;

  explicit UserTransition(Contexts& contexts) : contexts_(contexts) {}

  template <typename F>
  void EnterUser(int cpu, F account) {
    Transition(cpu, account, [&] { contexts_.Leave(cpu, Context::kUser); });
  }
  template <typename F>
  void ExitUser(int cpu, F account) {
    Transition(cpu, account, [&] { contexts_.Return(cpu); });
  }
  /// Whatever it interrupts, transitions too.
  template <typename F, typename G>
  void Exception(int cpu, F account, G handle) {
    const bool from_user = kSteps.exit_user && !contexts_.IsWatching(cpu);
    if (from_user) ExitUser(cpu, account);                         // X1
    handle();                                                      // X2
    if (kSteps.enter_again && from_user) EnterUser(cpu, account);  // X3
  }

  bool IsWithin(int cpu) const { return kernel::read_once(count(cpu)) != 0; }

 private:
  template <typename F, typename G>
  void Transition(int cpu, F account, G change) {
    if constexpr (!kSteps.count_first) account();
    const bool outermost = !kSteps.count || !IsWithin(cpu);  // N1
    Add(cpu, 1);
    if (outermost) {
      if constexpr (kSteps.count_first) account();  // N2
      change();                                     // N3
      if constexpr (kSteps.count_last) account();   // N2
    }
    if (outermost || kSteps.count_inner_off) Add(cpu, -1);  // N4
    if constexpr (!kSteps.count_last)
      if (outermost) account();
  }
  void Add(int cpu, int by) {
    if constexpr (kSteps.count) kernel::write_once(count(cpu), kernel::read_once(count(cpu)) + by);
  }
  auto& count(int cpu) { return counts_[static_cast<std::size_t>(cpu)]; }
  const auto& count(int cpu) const { return counts_[static_cast<std::size_t>(cpu)]; }

  Contexts& contexts_;
  typename Rt::template Array<typename Rt::template Atomic<int>, kCpus> counts_{0, "recursion"};
};

}  // namespace heddle
