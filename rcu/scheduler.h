// Which CPU does a task run on, and what happens when it is preempted?
//
// Tasks are the threads of a scenario, CPUs are words that one task holds at a time.  A task that
// is preempted gives its CPU up, wherever it stands, and goes on when it gets one: the same, or
// another one (migration).
//
//     Preempted, in the handler of Interrupt::kPreemption, with interrupts off
//     P1 switching_out(), still on the old CPU
//     P2 the old CPU is free (release)
//     P3 choose a CPU, wait until it is free, take it (acquire)
//     P4 switched_in(), on the new one
//
// P2 and P3 are what a run queue's lock does: what one task did on a CPU happens before what the
// next one does there, and what a task did before it moved happens before what it does afterwards
// (it is the same thread).  Interrupts are a CPU's: one that came between P2 and P3 would find the
// task on a CPU that another one has by then.
#pragma once

#include <atomic>
#include <cstddef>

#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct SchedulerSteps {
  bool out_first = true;     ///< P1 before P2
  bool release_free = true;  ///< P2
  bool wait = true;          ///< P3: until it is free
  bool acquire_free = true;  ///< P3
  bool in_last = true;       ///< P4 after P3
  bool irqs_off = true;      ///< from P1 to P4
};

/// CPUs are 0 … kCpus - 1, all of them free at first; tasks are 0 … kTasks - 1, none of them on
/// one.  What takes a `task` is called by that task.
template <Runtime Rt, int kCpus, int kTasks, SchedulerSteps kSteps = SchedulerSteps{}>
class Scheduler {
 public:
  /// Waits until `cpu` is free and takes it.
  void Enter(int task, int cpu) {
    holder(cpu).await_exchange(
        [](int by) { return !kSteps.wait || by == 0; }, task + 1,
        kSteps.acquire_free ? std::memory_order_acquire : std::memory_order_relaxed,
        "a CPU to be free");
    kernel::write_once(this->cpu(task), cpu);
  }
  void Leave(int task) {
    holder(CpuOf(task))
        .store(0, kSteps.release_free ? std::memory_order_release : std::memory_order_relaxed);
  }
  /// Valid while the task cannot be preempted.
  int CpuOf(int task) { return kernel::read_once(cpu(task)); }

  /// What the handler of preemption does.
  template <typename Out, typename In>
  void Preempt(int task, Out switching_out, In switched_in) {
    if constexpr (kSteps.irqs_off) {
      const kernel::IrqsOff<Rt> off;
      SwitchOutAndIn(task, switching_out, switched_in);
    } else {
      SwitchOutAndIn(task, switching_out, switched_in);
    }
  }

 private:
  template <typename Out, typename In>
  void SwitchOutAndIn(int task, Out switching_out, In switched_in) {
    if constexpr (kSteps.out_first) switching_out();  // P1
    Leave(task);                                      // P2
    if constexpr (!kSteps.out_first) switching_out();
    if constexpr (!kSteps.in_last) switched_in();
    Enter(task, Rt::choose(kCpus));               // P3
    if constexpr (kSteps.in_last) switched_in();  // P4
  }

  auto& holder(int cpu) { return holders_[static_cast<std::size_t>(cpu)]; }
  auto& cpu(int task) { return cpus_[static_cast<std::size_t>(task)]; }

  using Word = typename Rt::template Atomic<int>;
  typename Rt::template Array<Word, kCpus> holders_{0, "task on CPU"};
  typename Rt::template Array<Word, kTasks> cpus_{0, "CPU of task"};
};

}  // namespace heddle
