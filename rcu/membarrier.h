// membarrier: one thread's full barrier, for all threads of its program, so that the others need
// none in code that runs often.
//
//     Call                                    Another CPU, asked by an interrupt
//     M1 full barrier                         P1 full barrier
//     M2 for each other CPU: does it run      P2 answered = n
//        this program?  if so, asked = n
//     M3 await answered == n                  It leaves the program   It takes it up
//     M4 full barrier                         X1 full barrier         U1 runs = the program
//                                             X2 runs = none          U2 full barrier
//
// The claim: if x is written before Call and y read after it, then another thread that writes y and
// reads x, in this order but without a barrier, cannot miss x while y is missed.
//
//   M1 with P1   Either the other thread reads x after P1, and so sees it, or it wrote y before P1;
//   P1 with M4   in which case y is seen after M4.
//   M1 with U2   A CPU that M2 finds elsewhere gets no interrupt.  If it comes back later, then U1
//                is after M2 and U2 after M1: what comes next sees x.  Without U2, U1 and the write
//                of y are both late, and x is read early.
//   X1 with M4   If it has left before M2, then what it did before is seen after M4.  A release
//                suffices for that: who has left neither reads nor writes here any more.
//
// "Leaves" and "takes up" are exit_mm and kthread_use_mm, and so is a switch from one program to
// another; both X1 and U2 were missing for a while in one of these paths.
//
// Deviations from Linux: an interrupt comes where the CPU calls Interrupts; CPUs that run nothing
// take interrupts, too; one caller at a time; no registration.
//
// Sources: M. Desnoyers et al., "User-Level Implementations of Read-Copy Update", IEEE TPDS 23(2),
// 2012; Linux commits 5bc78502322a and 618758ed3a4f (2020).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/kernel.h"
#include "runtime/runtime.h"

namespace heddle {

enum class ExitBarrier { kNone, kRelease, kFull };

/// The protocol's steps, each of which a mutant drops in turn.
struct MembarrierSteps {
  bool first = true;                       ///< M1
  bool ask = true;                         ///< M2
  bool wait = true;                        ///< M3
  bool last = true;                        ///< M4
  bool on_interrupt = true;                ///< P1
  ExitBarrier leave = ExitBarrier::kFull;  ///< X1
  bool take_up = true;                     ///< U2
};

/// CPUs are 0 … kCpus - 1; all of them run the program at first, or none does.
/// What takes a `cpu` is called by that CPU.
template <Runtime Rt, int kCpus, MembarrierSteps kSteps = MembarrierSteps{}>
class Membarrier {
 public:
  using Here = SourceLocation;

  explicit Membarrier(bool all_run = true) : runs_(all_run ? 1 : 0, "runs the program") {}

  /// Requires that no other CPU is in Call.
  void Call(int cpu, Here at = Here::Current()) {
    if constexpr (kSteps.first) kernel::smp_mb<Rt>();  // M1
    for (int other = 0; other < kCpus; ++other)
      if (other != cpu && Ask(other)) Await(other, at);  // M2, M3
    if constexpr (kSteps.last) kernel::smp_mb<Rt>();     // M4
  }

  /// An interrupt comes, if one is due.
  void Interrupts(int cpu) {
    const auto n = kernel::read_once(asked(cpu));
    if (n == kernel::read_once(answered(cpu))) return;
    if constexpr (kSteps.on_interrupt) kernel::smp_mb<Rt>();  // P1
    kernel::write_once(answered(cpu), n);                     // P2
  }
  /// Whether one is due.  Orders nothing.
  bool Owes(int cpu) { return kernel::read_once(asked(cpu)) != kernel::read_once(answered(cpu)); }

  void Leave(int cpu, Here at = Here::Current()) {
    if (kernel::read_once(runs(cpu)) == 0) Misuse(cpu, "leaves a program that it does not run", at);
    if constexpr (kSteps.leave == ExitBarrier::kFull) kernel::smp_mb<Rt>();      // X1
    if constexpr (kSteps.leave == ExitBarrier::kRelease) kernel::smp_wmb<Rt>();  // X1
    kernel::write_once(runs(cpu), 0);                                            // X2
  }
  void TakeUp(int cpu, Here at = Here::Current()) {
    if (kernel::read_once(runs(cpu)) != 0) Misuse(cpu, "takes up a program that it runs", at);
    kernel::write_once(runs(cpu), 1);                    // U1
    if constexpr (kSteps.take_up) kernel::smp_mb<Rt>();  // U2
  }

 private:
  bool Ask(int cpu) {
    if (!kSteps.ask || kernel::read_once(runs(cpu)) == 0) return false;
    kernel::write_once(asked(cpu), kernel::read_once(asked(cpu)) + 1);
    return kSteps.wait;
  }
  void Await(int cpu, Here at) {
    const auto n = kernel::read_once(asked(cpu));
    answered(cpu).await([n](std::uint32_t a) { return a == n; }, std::memory_order_relaxed,
                        "every CPU that runs the program to answer", at);
  }
  void Misuse(int cpu, const std::string& what, Here at) {
    Rt::report(Fault::kMisuse, "CPU " + std::to_string(cpu) + " " + what, at);
  }
  auto& runs(int cpu) { return runs_[static_cast<std::size_t>(cpu)]; }
  auto& asked(int cpu) { return asked_[static_cast<std::size_t>(cpu)]; }
  auto& answered(int cpu) { return answered_[static_cast<std::size_t>(cpu)]; }

  template <typename T>
  using PerCpu = typename Rt::template Array<typename Rt::template Atomic<T>, kCpus>;
  PerCpu<int> runs_;
  PerCpu<std::uint32_t> asked_{0U, "asked"}, answered_{0U, "answered"};
};

}  // namespace heddle
