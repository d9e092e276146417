// What protects a tracepoint's probes, also where RCU does not watch the CPU?
//
// Tracepoints of idle and entry code (trace_hardirqs_off and the like) are hit where RCU waits for
// nobody; their probes read what RCU protects.  The answers, by time:
//
//   kPlain          RCU, as in the kernel: right where nothing is hit in idle code
//   kEnterAlways    as a handler does: have RCU watch, whether it does or not, and stop again
//   kSrcu           a reader of SRCU, which needs no watching; who frees waits for SRCU.  What a
//                   probe reads as a reader of plain RCU is still not waited for
//   kSrcuInIdle     2018: SRCU for those sites that are known to be in idle code, RCU for all
//                   others; who frees waits for both, as either may have what is to be freed
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

#include <cstddef>
#include <type_traits>

#include "rcu/rcu.h"
#include "rcu/srcu.h"
#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

enum class ProbePolicy { kPlain, kEnterAlways, kSrcu, kSrcuInIdle, kWatchingFirst, kRefuse };

/// Each is dropped by a mutant in turn.
struct ProbeReadersSteps {
  RcuSteps rcu{};
  SrcuSteps srcu{.nmisafe_lock = true, .nmisafe_unlock = true};
  bool wait_for_rcu = true;   ///< by Synchronize, if the policy has such readers
  bool wait_for_srcu = true;  ///< likewise
  bool count_refused = true;
};

/// CPUs as Rcu has them.
template <Runtime Rt, int kCpus, ProbePolicy kPolicy,
          ProbeReadersSteps kSteps = ProbeReadersSteps{}>
class ProbeReaders {
 public:
  using Here = SourceLocation;

  /// Runs `probe` so that what it reads is not freed meanwhile, or not at all (kRefuse).  Anywhere:
  /// in handlers and, but for kPlain and kSrcuInIdle, while `cpu` is away.
  template <typename Probe>
  void Hit(int cpu, Probe probe, Here at = Here::Current()) {
    if constexpr (kPolicy == ProbePolicy::kEnterAlways) {
      rcu_.EnterHandler(cpu);
      Read(cpu, probe, at);
      rcu_.ExitHandler(cpu, at);
    } else if constexpr (kPolicy == ProbePolicy::kSrcu) {
      ReadAsleep(cpu, probe, at);
    } else if constexpr (kPolicy == ProbePolicy::kWatchingFirst) {
      const bool watching = rcu_.IsWatching(cpu);
      if (!watching) rcu_.EnterHandler(cpu);
      Read(cpu, probe, at);
      if (!watching) rcu_.ExitHandler(cpu, at);
    } else if constexpr (kPolicy == ProbePolicy::kRefuse) {
      if (!rcu_.IsWatching(cpu)) return Refuse(cpu);
      Read(cpu, probe, at);
    } else {
      Read(cpu, probe, at);
    }
  }
  /// The same, of a site that is in idle code, whatever its CPU does now.
  template <typename Probe>
  void HitInIdleCode(int cpu, Probe probe, Here at = Here::Current()) {
    if constexpr (kPolicy == ProbePolicy::kSrcuInIdle)
      ReadAsleep(cpu, probe, at);
    else
      Hit(cpu, probe, at);
  }
  /// Returns when no probe runs that has begun before the call.
  void Synchronize(int cpu, Here at = Here::Current()) {
    if constexpr (kHasRcu && kSteps.wait_for_rcu) rcu_.Synchronize(cpu, at);
    if constexpr (kHasSrcu && kSteps.wait_for_srcu) srcu_.Synchronize(at);
  }
  /// Hits that did nothing.
  int Refused(int cpu) { return kernel::read_once(refused(cpu)); }

  Rcu<Rt, kCpus, kSteps.rcu>& rcu() { return rcu_; }

 private:
  static constexpr bool kHasRcu = kPolicy != ProbePolicy::kSrcu;
  static constexpr bool kHasSrcu =
      kPolicy == ProbePolicy::kSrcu || kPolicy == ProbePolicy::kSrcuInIdle;

  template <typename Probe>
  void Read(int cpu, Probe probe, Here at) {
    rcu_.ReadLock(cpu, at);
    probe();
    rcu_.ReadUnlock(cpu, at);
  }
  template <typename Probe>
  void ReadAsleep(int cpu, Probe probe, Here at) {
    const int i = srcu_.ReadLock(cpu, at);
    probe();
    srcu_.ReadUnlock(cpu, i, at);
  }
  // Split: only a hit while RCU does not watch comes here, and handlers make RCU watch first.
  void Refuse(int cpu) {
    if constexpr (kSteps.count_refused)
      kernel::write_once(refused(cpu), kernel::read_once(refused(cpu)) + 1);
  }
  auto& refused(int cpu) { return refused_[static_cast<std::size_t>(cpu)]; }

  struct NoDomain {
    explicit NoDomain(const char*) {}
  };
  Rcu<Rt, kCpus, kSteps.rcu> rcu_;
  std::conditional_t<kHasSrcu, Srcu<Rt, kCpus, kSteps.srcu>, NoDomain> srcu_{"probes"};
  typename Rt::template Array<typename Rt::template Atomic<int>, kCpus> refused_{0, "refused"};
};

}  // namespace heddle
