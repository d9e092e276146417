// membarrier: store buffering where one side has no barrier and the other one calls membarrier.
//
//     CPU 0          CPU 1
//     x = 1          [take up the program]
//     membarrier     y = 1
//     r0 = y         r1 = x
//                    [leave the program]
//
// Interrupts may come before, between and after CPU 1's accesses, and until CPU 0 is done.
//
// Source: rcu/membarrier.h.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "rcu/membarrier.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

/// What CPU 1 does besides.
enum class MembarrierUse { kStays, kExits, kBorrows };

template <Runtime Rt, MembarrierUse kUse, MembarrierSteps kSteps>
class MembarrierProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Caller() : Other(cpu); }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  void Caller() {
    kernel::write_once(x_, 1);
    membarrier_.Call(0);
    Rt::observe(seen_[0], kernel::read_once(y_));
    kernel::smp_store_release(done_, 1);
  }
  void Other(int cpu) {
    if constexpr (kUse == MembarrierUse::kBorrows) membarrier_.TakeUp(cpu);
    membarrier_.Interrupts(cpu);
    kernel::write_once(y_, 1);
    membarrier_.Interrupts(cpu);
    Rt::observe(seen_[1], kernel::read_once(x_));
    membarrier_.Interrupts(cpu);
    if constexpr (kUse == MembarrierUse::kExits) membarrier_.Leave(cpu);
    Rt::spin_until([&] { return membarrier_.Owes(cpu) || kernel::smp_load_acquire(done_) == 1; },
                   "an interrupt, or the caller to be done");
    membarrier_.Interrupts(cpu);
  }

  Membarrier<Rt, 2, kSteps> membarrier_{kUse != MembarrierUse::kBorrows};
  typename Rt::template Atomic<int> x_{0, "x"}, y_{0, "y"}, done_{0, "done"};
  std::array<Observation, 2> seen_{{{"r0"}, {"r1"}}};
};

// --- descriptions

struct MembarrierScenario {
  static constexpr std::string_view kSource = "Desnoyers et al., TPDS 23(2), 2012";
  static constexpr int kThreads = 2;
  static constexpr bool kIsolated = true;
  static constexpr Shape kShape = Shape::kSample;
  static std::vector<Expect> Expected() {
    using namespace classic;
    return {Never({0, 0}, "each missed the other's store"), Always({0, 1}, "CPU 0 was first"),
            Always({1, 0}, "CPU 1 was first"), Always({1, 1}, "both saw the other's store")};
  }
};

struct MembarrierStays : MembarrierScenario {
  static constexpr std::string_view kName = "membarrier";
  static constexpr std::string_view kQuestion =
      "does membarrier order a thread that has no barrier of its own? (bound: 1 call)";
  template <MembarrierSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = MembarrierProgram<Rt, MembarrierUse::kStays, kSteps>;
  };
  template <Runtime Rt>
  using Program = MembarrierProgram<Rt, MembarrierUse::kStays, MembarrierSteps{}>;

  struct NotAsked : With<MembarrierSteps{.ask = false}> {
    static constexpr std::string_view kName = "not-asked";
    static constexpr std::string_view kWhat =
        "M2 dropped: the caller has a full barrier, and that is all";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "forbidden outcome",
                               "store buffering, with a barrier on one side only");
    }
  };
  struct NoWait : With<MembarrierSteps{.wait = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "M3 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "forbidden outcome",
                               "y is read before the interrupt has come");
    }
  };
  struct NoFirst : With<MembarrierSteps{.first = false}> {
    static constexpr std::string_view kName = "no-first-barrier";
    static constexpr std::string_view kWhat = "M1 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "forbidden outcome",
                               "the interrupt comes before the write of x");
    }
  };
  struct NoLast : With<MembarrierSteps{.last = false}> {
    static constexpr std::string_view kName = "no-last-barrier";
    static constexpr std::string_view kWhat = "M4 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "forbidden outcome", "the read of y overtakes the answer");
    }
  };
  struct NoHandlerBarrier : With<MembarrierSteps{.on_interrupt = false}> {
    static constexpr std::string_view kName = "no-interrupt-barrier";
    static constexpr std::string_view kWhat = "P1 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "forbidden outcome", "the interrupt orders nothing");
    }
  };
  using Mutants = TypeList<NotAsked, NoWait, NoFirst, NoLast, NoHandlerBarrier>;
};

struct MembarrierExits : MembarrierScenario {
  static constexpr std::string_view kName = "membarrier_exit";
  static constexpr std::string_view kQuestion =
      "and if that thread leaves the program meanwhile? (bound: 1 call)";
  template <MembarrierSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = MembarrierProgram<Rt, MembarrierUse::kExits, kSteps>;
  };
  template <Runtime Rt>
  using Program = MembarrierProgram<Rt, MembarrierUse::kExits, MembarrierSteps{}>;

  struct NoExitBarrier : With<MembarrierSteps{.leave = ExitBarrier::kNone}> {
    static constexpr std::string_view kName = "no-exit-barrier";
    static constexpr std::string_view kWhat = "X1 dropped";
    static constexpr std::string_view kSource = "Linux before commit 5bc78502322a, 2020";
    static constexpr int kMuseum = 40;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "forbidden outcome",
                               "the CPU is seen to have left before its write of y is");
    }
  };
  struct ReleaseExit : With<MembarrierSteps{.leave = ExitBarrier::kRelease}> {
    static constexpr std::string_view kName = "release-exit";
    static constexpr std::string_view kWhat = "X1 is a release barrier";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "who has left does nothing here any more that could come too early"};
    }
  };
  struct NoLast : With<MembarrierSteps{.last = false}> {
    static constexpr std::string_view kName = "no-last-barrier";
    static constexpr std::string_view kWhat = "M4 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "forbidden outcome",
                               "the read of y overtakes the look at what the CPU runs");
    }
  };
  using Mutants = TypeList<NoExitBarrier, ReleaseExit, NoLast>;
};

struct MembarrierBorrows : MembarrierScenario {
  static constexpr std::string_view kName = "membarrier_borrow";
  static constexpr std::string_view kQuestion =
      "and if that thread takes up the program meanwhile? (bound: 1 call)";
  template <MembarrierSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = MembarrierProgram<Rt, MembarrierUse::kBorrows, kSteps>;
  };
  template <Runtime Rt>
  using Program = MembarrierProgram<Rt, MembarrierUse::kBorrows, MembarrierSteps{}>;

  struct NoUseBarrier : With<MembarrierSteps{.take_up = false}> {
    static constexpr std::string_view kName = "no-use-barrier";
    static constexpr std::string_view kWhat = "U2 dropped";
    static constexpr std::string_view kSource = "Linux before commit 618758ed3a4f, 2020";
    static constexpr int kMuseum = 40;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "forbidden outcome",
                               "x is read before anyone sees that the CPU runs the program");
    }
  };
  struct NoFirst : With<MembarrierSteps{.first = false}> {
    static constexpr std::string_view kName = "no-first-barrier";
    static constexpr std::string_view kWhat = "M1 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "forbidden outcome",
                               "M2 overtakes the write of x: the CPU comes back in between");
    }
  };
  using Mutants = TypeList<NoUseBarrier, NoFirst>;
};

}  // namespace heddle
