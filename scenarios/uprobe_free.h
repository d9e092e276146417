// A task ends and frees what an interrupt of its own CPU may still read.
//
//     Task                               IRQ: a profiler's sample
//     F1 task.utask = null               u = task.utask
//     F2 free the old one                none? then nothing
//                                        read the return address that u has put aside
//
// No other CPU is involved, and no barrier: the handler sees what the task has done so far, all of
// it and nothing else.  So it suffices that the pointer goes first, and that both accesses of it
// are single ones (the kernel's READ_ONCE and WRITE_ONCE).
//
// Source: Linux's uprobes: a callchain's user part looks for return addresses that uretprobes
// have replaced.
#pragma once

#include <array>
#include <atomic>
#include <string_view>
#include <vector>

#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

template <Runtime Rt, int kTasks, bool kPointerFirst = true>
class UprobeFreeProgram {
 public:
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kIrq, kTasks, [this] { Sample(); });
    for (int i = 0; Rt::again(i, kTasks); ++i) {
      Utask* const mine = Rt::template make<Utask>();
      kernel::write_once(utask_, mine);
      Rt::interrupt_point();
      if constexpr (kPointerFirst) kernel::write_once(utask_, static_cast<Utask*>(nullptr));  // F1
      Rt::destroy(mine);                                                                      // F2
      if constexpr (!kPointerFirst) kernel::write_once(utask_, static_cast<Utask*>(nullptr));
      Rt::observe(seen_[0], samples_.exchange(0) > 0 ? 1 : 0);
    }
  }
  std::array<Observation, 1> Observed() const { return seen_; }

 private:
  static constexpr int kReturnAddress = 42;
  struct Utask {
    typename Rt::template Atomic<int> return_address{kReturnAddress, "return address"};
  };

  void Sample() {
    Utask* const u = kernel::read_once(utask_);
    if (u == nullptr) return;
    Rt::check(kernel::read_once(u->return_address) == kReturnAddress, "a sample is wrong");
    ++samples_;
  }

  typename Rt::template Atomic<Utask*> utask_{nullptr, "task.utask"};
  std::atomic<int> samples_{0};  // the checks' own: no events
  std::array<Observation, 1> seen_{{{"sampled"}}};
};

struct UprobeFree {
  static constexpr std::string_view kName = "uprobe_free";
  static constexpr std::string_view kQuestion =
      "does a profiler's interrupt never read what its task has freed? (bound: 2 tasks, 2 "
      "interrupts)";
  static constexpr std::string_view kSource = "Linux, kernel/events/uprobes.c";
  static constexpr int kThreads = 1;
  static constexpr Shape kShape = Shape::kTorture;
  template <Runtime Rt>
  using Program = UprobeFreeProgram<Rt, 2>;
  static std::vector<Expect> Expected() {
    return {classic::Always({0, 0}, "no sample came while there was a utask"),
            classic::Always({0, 1}, "a sample read it")};
  }

  struct FreedFirst {
    static constexpr std::string_view kName = "freed-first";
    static constexpr std::string_view kWhat = "F1 comes after F2";
    static constexpr std::string_view kSource = "Linux before commit b583ef82b671, 2025";
    static constexpr int kMuseum = 28;
    template <Runtime Rt>
    using Program = UprobeFreeProgram<Rt, 2, false>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("use after free", "the interrupt comes between the two");
    }
  };
  using Mutants = TypeList<FreedFirst>;
};

}  // namespace heddle
