// What is the same of all kinds of RCU, for programs that torture each of them?
//
//     CPUs that update             CPUs that read, from kFirst on
//     Synchronize                  Begin
//                                  Lock, read, Amid twice, read, Unlock, Quiesce; and again
//     Idle                         Idle: wait for something, outside of sections
//     Away, at the end             End
//
// Amid is what may happen to a reader in a section that would end one of another flavour: where
// there is none, nothing.  Quiesce is for flavours whose readers say that they are in no section.
// Interrupts has handlers read, natively: in `read(slot)`, which locks and unlocks there.  That and
// MayWait, as rcu/grace_periods.h wants it, are for wide_program.h.
#pragma once

#include <cstddef>

#include "rcu/rcu.h"
#include "rcu/rcu_preempt.h"
#include "rcu/rcu_tasks.h"
#include "rcu/rcu_tasks_rude.h"
#include "rcu/srcu.h"
#include "rcu/srcu_fast.h"
#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle::torture {

/// What a flavour need not know of.
struct Unnoticed {
  void Begin(int) {}
  void End(int) {}
  void Away(int) {}
  void Amid(int) {}
  void Quiesce(int) {}
  template <typename F>
  void Idle(int, F wait, SourceLocation = SourceLocation::Current()) {
    wait();
  }
  bool MayWait(int, SourceLocation) { return true; }
};

template <Runtime Rt, int kCpus, SrcuSteps kSteps = SrcuSteps{}>
class SrcuFlavour : public Unnoticed {
 public:
  static constexpr bool kSleeps = true;  ///< readers may
  /// Who is on a CPU need not be alone in counting there.
  static constexpr bool kAnyCpu = kSteps.nmisafe_lock && kSteps.nmisafe_unlock;
  int Lock(int cpu) { return domain_.ReadLock(cpu); }
  void Unlock(int cpu, int held) { domain_.ReadUnlock(cpu, held); }
  template <typename F>
  void Interrupts(int cpu, F read) {
    if constexpr (kAnyCpu)
      for (const Interrupt kind : {Interrupt::kIrq, Interrupt::kNmi})
        Rt::set_interrupt_handler(kind, 0, [cpu, read] { read(cpu); });
  }
  bool MayWait(int cpu, SourceLocation at) { return domain_.MayWait(cpu, at); }
  void Synchronize(int, SourceLocation at = SourceLocation::Current()) { domain_.Synchronize(at); }

 private:
  Srcu<Rt, kCpus, kSteps> domain_{"domain"};
};

/// Handlers count in slots of their own.
template <Runtime Rt, int kCpus, SrcuFastSteps kSteps = SrcuFastSteps{}>
class SrcuFastFlavour : public Unnoticed {
  using Domain = SrcuFast<Rt, 2 * kCpus, kSteps>;

 public:
  static constexpr bool kSleeps = true, kAnyCpu = false;
  template <typename F>
  void Interrupts(int cpu, F read) {
    Rt::set_interrupt_handler(Interrupt::kIrq, 0, [cpu, read] { read(kCpus + cpu); });
  }
  auto* Lock(int cpu) { return domain_.ReadLock(cpu); }
  void Unlock(int cpu, typename Domain::Counts* held) { domain_.ReadUnlock(cpu, held); }
  bool MayWait(int cpu, SourceLocation at) { return domain_.MayWait(cpu, at); }
  void Synchronize(int, SourceLocation at = SourceLocation::Current()) { domain_.Synchronize(at); }

 private:
  Domain domain_{"domain"};
};

/// What a section is left with, where that is nothing.
struct Nothing {};

/// Who rests is idle.
template <Runtime Rt, int kCpus, RcuSteps kSteps = RcuSteps{}>
class RcuFlavour : public Unnoticed {
 public:
  static constexpr bool kSleeps = false, kAnyCpu = false;
  void End(int cpu) { Away(cpu); }
  void Away(int cpu) { domain_.Leave(cpu, Context::kIdle); }
  Nothing Lock(int cpu) {
    domain_.ReadLock(cpu);
    return {};
  }
  void Unlock(int cpu, Nothing) { domain_.ReadUnlock(cpu); }
  void Quiesce(int cpu) { domain_.QuiescentState(cpu); }
  template <typename F>
  void Idle(int cpu, F wait, SourceLocation at = SourceLocation::Current()) {
    domain_.Idle(cpu, wait, at);
  }
  bool MayWait(int cpu, SourceLocation at) { return domain_.MayWait(cpu, at); }
  void Synchronize(int cpu, SourceLocation at = SourceLocation::Current()) {
    domain_.Synchronize(cpu, at);
  }
  template <typename F>
  void Interrupts(int cpu, F read) {
    Rt::set_interrupt_handler(Interrupt::kIrq, 0, [this, cpu, read] {
      domain_.EnterHandler(cpu);
      read(cpu);
      domain_.Tick(cpu);
      domain_.ExitHandler(cpu);
    });
    Rt::set_interrupt_handler(Interrupt::kNmi, 0, [this, cpu, read] {
      domain_.EnterHandler(cpu);
      read(cpu);
      domain_.ExitHandler(cpu);
    });
  }

 private:
  Rcu<Rt, kCpus, kSteps> domain_;
};

/// Each reader is a task, on the CPU of its number until it is preempted.  Grace periods are
/// expedited, or else every other one: the rest wait for a tick, which the agitator sends.
template <Runtime Rt, int kCpus, RcuPreemptSteps kSteps = RcuPreemptSteps{}, int kFirst = 1,
          bool kAlwaysExpedite = true>
class RcuPreemptFlavour : public Unnoticed {
  static constexpr int kTasks = kCpus - kFirst;

 public:
  static constexpr bool kSleeps = false, kAnyCpu = false;
  void Begin(int cpu) {
    const int task = cpu - kFirst;
    domain_.Start(task, task);
    // The model is to try one of each with the first reader.
    const int bound = task == 0 ? 1 : 0;
    Rt::set_interrupt_handler(Interrupt::kPreemption, bound,
                              [this, task] { domain_.Preempt(task); });
    Rt::set_interrupt_handler(Interrupt::kIrq, bound, [this, task] { domain_.Tick(task); });
  }
  /// Not in NMIs: unlocking may have to take the node's lock.
  template <typename F>
  void Interrupts(int cpu, F read) {
    Rt::set_interrupt_handler(Interrupt::kIrq, 0, [this, cpu, read] {
      read(cpu);
      domain_.Tick(cpu - kFirst);
    });
  }
  void End(int cpu) {
    const kernel::IrqsOff<Rt> off;  // without a CPU it is not interrupted
    domain_.End(cpu - kFirst);
    Rt::set_interrupt_handler(Interrupt::kPreemption, 0, {});
    Rt::set_interrupt_handler(Interrupt::kIrq, 0, {});
  }
  Nothing Lock(int cpu) {
    domain_.ReadLock(cpu - kFirst);
    return {};
  }
  void Unlock(int cpu, Nothing) { domain_.ReadUnlock(cpu - kFirst); }
  void Amid(int) { Rt::interrupt_point(); }
  void Synchronize(int cpu, SourceLocation = SourceLocation::Current()) {
    if (kAlwaysExpedite || IsToHurry(cpu))
      domain_.SynchronizeExpedited(kFirst);
    else
      domain_.Synchronize();
  }

 private:
  /// The model does one update, for which both are the same: a choice would double its search.
  bool IsToHurry(int cpu) {
    auto& has_waited = has_waited_[static_cast<std::size_t>(cpu)];
    if (has_waited.load()) return Rt::choose(2) == 0;
    has_waited.store(true);
    return false;
  }

  RcuPreempt<Rt, kTasks, kTasks, kSteps> domain_;
  typename Rt::template Array<typename Rt::template Plain<bool>, kCpus> has_waited_{
      false, "has waited"};  // each CPU's own
};

/// A section is what a task does until it sleeps, even if it is preempted.
template <Runtime Rt, int kCpus, RcuTasksSteps kSteps = RcuTasksSteps{}>
class RcuTasksFlavour : public Unnoticed {
 public:
  static constexpr bool kSleeps = false, kAnyCpu = false;
  void End(int task) { Away(task); }
  void Away(int task) {
    domain_.Block(task, [] {});
  }
  Nothing Lock(int) { return {}; }
  void Unlock(int, Nothing) {}
  /// Preempted tasks lose time: a grace period of plain RCU is to end meanwhile.
  void Amid(int task) {
    domain_.Preempt(task);
    Rt::linger();
  }
  void Quiesce(int task) {
    Idle(task, [] {});
  }
  template <typename F>
  void Idle(int task, F wait, SourceLocation = SourceLocation::Current()) {
    domain_.Block(task, [] {});
    wait();
    domain_.Wake(task);
  }
  void Synchronize(int task, SourceLocation at = SourceLocation::Current()) {
    domain_.Synchronize(task, at);
  }
  template <typename F>
  void Interrupts(int, F) {}  // a handler of a task that sleeps is in no section

 private:
  RcuTasks<Rt, kCpus, kSteps> domain_;
};

/// A section is code with preemption off.  Each CPU switches where it is quiescent, and where an
/// interrupt finds that it may: a grace period sends one to all of them.  CPUs that are done switch
/// until nobody asks any more.
template <Runtime Rt, int kCpus, RcuTasksRudeSteps kSteps = RcuTasksRudeSteps{}, int kFirst = 1,
          bool kSwitchAmid = false>
class RcuTasksRudeFlavour : public Unnoticed {
 public:
  static constexpr bool kSleeps = false, kAnyCpu = false;
  void Begin(int cpu) { SwitchWhenInterrupted(cpu, Bound(cpu)); }
  void End(int cpu) { SwitchToTheLast(cpu); }
  void Away(int cpu) {
    updaters_.fetch_sub(1, std::memory_order_release);
    SwitchToTheLast(cpu);
  }
  Nothing Lock(int cpu) {
    domain_.PreemptionOff(cpu);
    return {};
  }
  void Unlock(int cpu, Nothing) { domain_.PreemptionOn(cpu); }
  void Amid(int cpu) {
    if constexpr (kSwitchAmid) domain_.Switch(cpu);
    Rt::linger();
  }
  void Quiesce(int cpu) { domain_.Switch(cpu); }
  template <typename F>
  void Idle(int cpu, F wait, SourceLocation = SourceLocation::Current()) {
    if (cpu < kFirst) SwitchWhenInterrupted(cpu, 0);
    domain_.Switch(cpu);  // what was asked for before it listened
    wait();
    domain_.Switch(cpu);
  }
  void Synchronize(int cpu, SourceLocation at = SourceLocation::Current()) {
    const auto interrupt_all = [cpu] {
      for (int other = 0; other < kCpus; ++other)
        if (other != cpu) Rt::send_interrupt(other, Interrupt::kIrq);
    };
    domain_.Synchronize(cpu, interrupt_all, at);
  }
  template <typename F>
  void Interrupts(int cpu, F read) {
    Rt::set_interrupt_handler(Interrupt::kIrq, Bound(cpu), [this, cpu, read] {
      read(cpu);
      SwitchIfPossible(cpu);
    });
  }

 private:
  /// The model is to try one interrupt, with the first reader.
  static int Bound(int cpu) { return cpu == kFirst ? 1 : 0; }
  void SwitchWhenInterrupted(int cpu, int bound) {
    Rt::set_interrupt_handler(Interrupt::kIrq, bound, [this, cpu] { SwitchIfPossible(cpu); });
  }
  void SwitchIfPossible(int cpu) {
    if (domain_.IsPreemptible(cpu)) domain_.Switch(cpu);
  }
  void SwitchToTheLast(int cpu) {
    for (;;) {
      bool last = false;
      Rt::spin_until(
          [&] { return domain_.Owes(cpu) || (last = kernel::smp_load_acquire(updaters_) == 0); },
          "a switch that is asked for, or the last updater to be done");
      if (last) return;
      domain_.Switch(cpu);
    }
  }

  RcuTasksRude<Rt, kCpus, kSteps> domain_;
  typename Rt::template Atomic<int> updaters_{kFirst, "updaters"};
};

}  // namespace heddle::torture
