// Rude RCU-tasks: when has every CPU left the code that it ran with preemption off?
//
// A reader is any region of code with preemption off, also where RCU does not watch the CPU: in the
// code that takes it into idle or out of it, for example.  Each CPU is made to switch to a task
// that does nothing, which it can do only outside of such regions: rude, as it wakes up idle ones.
//
//     Synchronize                        Each other CPU, where it may switch, also if it is idle
//     R0 full barrier                    W1 n = asked (acquire)
//     for each other CPU:
//     R1 asked = n                       W2 done = n (release)
//     for each other CPU:
//     R2 await done == n (acquire)
//
//   R0 with W1   What the CPU reads after the switch sees what was unhooked before the call.
//   W2 with R2   What it read before the switch comes before the end of the call.
//
// For the caller alone a release would do for R0: a CPU is never taken for one without readers
// because of what it does by itself, as idle ones are by plain RCU.  But a grace period also counts
// for who has not asked for it: D2 of grace_periods.h, which a release does not order.
//
// Deviations from Linux: one work item per CPU and no queues; no CPUs that go offline; the caller's
// own CPU is left out, as the caller is in no reader there.
//
// Source: Linux's kernel/rcu/tasks.h as its comments and Documentation/RCU/Design describe it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct RcuTasksRudeSteps {
  bool fence_first = true;      ///< R0
  bool full_first = true;       ///< R0; false: a release fence
  bool acquire_request = true;  ///< W1
  bool release_done = true;     ///< W2
  bool acquire_done = true;     ///< R2
  bool wait = true;             ///< R2
  bool check_use = true;        ///< misuse is reported
};

/// CPUs are 0 … kCpus - 1.  What takes a `cpu` is called by that CPU.
template <Runtime Rt, int kCpus, RcuTasksRudeSteps kSteps = RcuTasksRudeSteps{}>
class RcuTasksRude {
 public:
  using Here = SourceLocation;

  /// Nests.  No CPU's barrier, and no matter whether RCU watches the CPU.
  void PreemptionOff(int cpu) {
    kernel::write_once(depth(cpu), kernel::read_once(depth(cpu)) + 1);
    kernel::barrier();  // the region stays inside, for IsPreemptible in interrupts
  }
  void PreemptionOn(int cpu, Here at = Here::Current()) {
    const int nested = kernel::read_once(depth(cpu));
    if (nested == 0) return Misuse(cpu, "switches preemption on, which is on", at);
    kernel::barrier();
    kernel::write_once(depth(cpu), nested - 1);
  }

  /// Switches to the work item, if there is one, and back.
  void Switch(int cpu, Here at = Here::Current()) {
    Preemptible(cpu, "switches", at);
    const auto n = asked(cpu).load(kSteps.acquire_request ? std::memory_order_acquire : kRelaxed);
    if (n == kernel::read_once(done(cpu))) return;
    done(cpu).store(n, kSteps.release_done ? std::memory_order_release : kRelaxed);  // W2
  }
  /// By an interrupt's handler: whether the CPU may switch now.
  bool IsPreemptible(int cpu) { return kernel::read_once(depth(cpu)) == 0; }
  /// Whether there is a work item.  Orders nothing.
  bool Owes(int cpu) { return kernel::read_once(asked(cpu)) != kernel::read_once(done(cpu)); }

  /// Returns when every reader that may have found what was unhooked before the call has ended.
  /// Requires that no other CPU is in Synchronize.
  void Synchronize(int cpu, Here at = Here::Current()) {
    Synchronize(
        cpu, [] {}, at);
  }
  /// `asked_all()`: what is done once every CPU has its work item.
  template <typename F>
  void Synchronize(int cpu, F asked_all, Here at = Here::Current()) {
    Preemptible(cpu, "waits for a grace period", at);
    if constexpr (kSteps.fence_first)
      Rt::fence(kSteps.full_first ? std::memory_order_seq_cst : std::memory_order_release);  // R0
    for (int other = 0; other < kCpus; ++other)
      if (other != cpu)
        kernel::write_once(asked(other), kernel::read_once(asked(other)) + 1);  // R1
    asked_all();
    if constexpr (!kSteps.wait) return;
    for (int other = 0; other < kCpus; ++other)
      if (other != cpu) Await(other, at);  // R2
  }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;

  void Await(int cpu, Here at) {
    const auto n = kernel::read_once(asked(cpu));
    done(cpu).await([n](std::uint32_t d) { return d == n; },
                    kSteps.acquire_done ? std::memory_order_acquire : kRelaxed,
                    "every CPU to switch", at);
  }
  void Preemptible(int cpu, const char* what, Here at) {
    if constexpr (kSteps.check_use)
      if (!IsPreemptible(cpu)) Misuse(cpu, std::string(what) + " with preemption off", at);
  }
  void Misuse(int cpu, const std::string& what, Here at) {
    Rt::report(Fault::kMisuse, "CPU " + std::to_string(cpu) + " " + what, at);
  }
  auto& asked(int cpu) { return asked_[static_cast<std::size_t>(cpu)]; }
  auto& done(int cpu) { return done_[static_cast<std::size_t>(cpu)]; }
  auto& depth(int cpu) { return depth_[static_cast<std::size_t>(cpu)]; }

  template <typename Cell>
  using PerCpu = typename Rt::template Array<Cell, kCpus>;
  PerCpu<typename Rt::template Atomic<std::uint32_t>> asked_{0U, "asked"}, done_{0U, "done"};
  PerCpu<typename Rt::template Atomic<int>> depth_{0, "preemption off"};  // each CPU's own
};

}  // namespace heddle
