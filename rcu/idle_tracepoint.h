// What does a tracepoint do around its probes if it may be hit while RCU does not watch the CPU?
//
// Tracepoints of idle and entry code (trace_hardirqs_off and the like) are hit where RCU waits for
// nobody; their probes read what RCU protects.  Four answers, by time:
//
//   kEnterAlways    as a handler does: have RCU watch, whether it does or not, and stop again
//   kSrcu           2018: a reader of SRCU, which needs no watching; who frees waits for SRCU, too.
//                   What a probe reads as a reader of plain RCU is still not waited for
//   kWatchingFirst  March 2020: look whether RCU watches, enter only if it does not
//   kRefuse         what became of it: entry code is ordered so that nothing is traced while RCU
//                   does not watch; a hit that comes nevertheless is counted and does nothing
//
// Looking first is no race: only this CPU changes its word, and what interrupts it leaves it
// watching or not as it was.  (A task that moved to another CPU between the look and what follows
// would have looked at the wrong word: preemption is off.)
//
// An NMI may hit a tracepoint while the CPU is inside SRCU's ReadLock, so its counters must survive
// that: SrcuSteps::nmisafe_lock, nmisafe_unlock.
//
// Source: LKML, "Instrumentation and RCU", March 2020.
#pragma once

#include <atomic>
#include <cstddef>

#include "rcu/rcu.h"
#include "rcu/srcu.h"
#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

enum class IdlePolicy { kEnterAlways, kSrcu, kWatchingFirst, kRefuse };

/// CPUs as Rcu has them.
template <Runtime Rt, int kCpus, IdlePolicy kPolicy, RcuSteps kRcu = RcuSteps{},
          SrcuSteps kDomain = SrcuSteps{.nmisafe_lock = true, .nmisafe_unlock = true},
          bool kCountRefused = true>
class IdleTracepoint {
 public:
  /// Runs `probe` so that what it reads is not freed meanwhile, or not at all (kRefuse).  Anywhere:
  /// in the kernel, while `cpu` is away, in handlers.
  template <typename Probe>
  void Hit(int cpu, Probe probe) {
    if constexpr (kPolicy == IdlePolicy::kEnterAlways) {
      rcu_.EnterHandler(cpu);
      Read(cpu, probe);
      rcu_.ExitHandler(cpu);
    } else if constexpr (kPolicy == IdlePolicy::kSrcu) {
      const int i = srcu_.ReadLock(cpu);
      probe();
      srcu_.ReadUnlock(cpu, i);
    } else {
      const bool watching = rcu_.IsWatching(cpu);
      if constexpr (kPolicy == IdlePolicy::kRefuse) {
        if (!watching) return Refuse(cpu);
        Read(cpu, probe);
      } else {
        if (!watching) rcu_.EnterHandler(cpu);
        Read(cpu, probe);
        if (!watching) rcu_.ExitHandler(cpu);
      }
    }
  }
  /// Returns when no probe runs that has begun before the call.
  void Synchronize(int cpu) {
    if constexpr (kPolicy == IdlePolicy::kSrcu)
      srcu_.Synchronize();
    else
      rcu_.Synchronize(cpu);
  }
  /// Hits that did nothing.
  int Refused(int cpu) { return kernel::read_once(refused(cpu)); }

  Rcu<Rt, kCpus, kRcu>& rcu() { return rcu_; }

 private:
  template <typename Probe>
  void Read(int cpu, Probe probe) {
    rcu_.ReadLock(cpu);
    probe();
    rcu_.ReadUnlock(cpu);
  }
  // Split: only a hit while RCU does not watch comes here, and handlers make RCU watch first.
  void Refuse(int cpu) {
    if constexpr (kCountRefused)
      kernel::write_once(refused(cpu), kernel::read_once(refused(cpu)) + 1);
  }
  auto& refused(int cpu) { return refused_[static_cast<std::size_t>(cpu)]; }

  Rcu<Rt, kCpus, kRcu> rcu_;
  Srcu<Rt, kCpus, kDomain> srcu_{"probes"};
  typename Rt::template Array<typename Rt::template Atomic<int>, kCpus> refused_{0, "refused"};
};

}  // namespace heddle
