// Does a probed function return where it was called from, and nobody wait for himself?
//
//     CPU 0, CPU 1   call a probed function
//     trampoline     calls a function that happens to be probed, too, under its lock
//     NMI            on CPU 0: calls a probed function, anywhere
//
//   I1  Each call returns to where it came from.
//   I2  A probe is missed only where one is running on the same CPU.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "tracing/return_probes.h"

namespace heddle {

template <Runtime Rt, int kCalls, ReturnProbeSteps kSteps = ReturnProbeSteps{}>
class ReturnProbesProgram {
 public:
  void Thread(int cpu) {
    const auto me = static_cast<std::size_t>(cpu);
    if (cpu == 0) Rt::set_interrupt_handler(Interrupt::kNmi, 1, [this] { Call(0, 7); });
    for (int i = 0; Rt::again(i, kCalls); ++i) {
      Call(me, 10 + cpu);
      if (cpu == 0) Rt::observe(seen_[0], missed_.exchange(0) > 1 ? 1 : 0);
    }
  }
  std::array<Observation, 1> Observed() const { return seen_; }

 private:
  // Active at once: one function on each CPU, and on CPU 0 the NMI's.  What a trampoline calls is
  // missed.
  static constexpr std::size_t kCpus = 2, kCapacity = kCpus + 1;

  // A probed function, called from `from`.
  void Call(std::size_t cpu, int from) {
    const bool running = probes_running_[cpu] > 0;
    ++probes_running_[cpu];
    const bool hit = probes_.Hit(cpu, from);
    --probes_running_[cpu];
    if (!hit) {
      Rt::check(running, "I2: a probe is missed where none is running");
      if (cpu == 0) ++missed_;
      return;
    }
    Rt::interrupt_point();
    ++probes_running_[cpu];
    const int to = probes_.Return(cpu, [&] { Call(cpu, 20); });
    --probes_running_[cpu];
    Rt::check(to == from, "I1: a function returns to somewhere else");
  }

  ReturnProbes<Rt, kCpus, kCapacity, int, kSteps> probes_;
  // The checks' own: no events.
  std::array<std::atomic<int>, kCpus> probes_running_{};
  std::atomic<int> missed_{0};
  std::array<Observation, 1> seen_{{{"an NMI's missed"}}};
};

// --- descriptions

struct ReturnProbing {
  static constexpr std::string_view kName = "return_probes";
  static constexpr std::string_view kQuestion =
      "does each probed function return to its caller, and no trampoline wait for its own lock, if "
      "what it calls is probed? (bound: 2 calls on each of 2 CPUs, 1 NMI)";
  static constexpr std::string_view kSource = "Linux, Documentation/trace/kprobes.rst";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr bool kHandlersWait = true;  // for the lock
  template <ReturnProbeSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = ReturnProbesProgram<Rt, 2, kSteps>;
  };
  template <Runtime Rt>
  using Program = ReturnProbesProgram<Rt, 2>;
  static std::vector<Expect> Expected() {
    return {classic::Always({0, 0}, "only what the trampoline calls is missed"),
            classic::Always({0, 1}, "the NMI's, too, or what its trampoline calls")};
  }

  struct TrampolineNotBusy : Dropping<ReturnProbeSteps{.busy_return = false}> {
    static constexpr std::string_view kName = "trampoline-not-busy";
    static constexpr std::string_view kWhat = "R1 and R3 dropped";
    static constexpr std::string_view kSource = "Linux before commit b191fa96ea6d, 2019";
    static constexpr int kMuseum = 56;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock",
                                 "the probe of what it calls waits for the lock that it holds");
    }
  };
  struct NoTest : Dropping<ReturnProbeSteps{.test_busy = false}> {
    static constexpr std::string_view kName = "no-test";
    static constexpr std::string_view kWhat = "H1 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "a probe waits for the lock that its CPU holds");
    }
  };
  struct HitNotBusy : Dropping<ReturnProbeSteps{.busy_hit = false}> {
    static constexpr std::string_view kName = "hit-not-busy";
    static constexpr std::string_view kWhat = "H2 and H4 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "an NMI comes while the probe holds the lock");
    }
  };
  struct BusyLate : Dropping<ReturnProbeSteps{.busy_before_lock = false}> {
    static constexpr std::string_view kName = "busy-late";
    static constexpr std::string_view kWhat = "R1 comes after the lock";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "an NMI comes between the two");
    }
  };
  struct BusyEndsEarly : Dropping<ReturnProbeSteps{.busy_until_unlock = false}> {
    static constexpr std::string_view kName = "busy-ends-early";
    static constexpr std::string_view kWhat = "R3 comes before the unlock";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "an NMI comes between the two");
    }
  };
  struct Unlocked : Dropping<ReturnProbeSteps{.lock = false}> {
    static constexpr std::string_view kName = "unlocked";
    static constexpr std::string_view kWhat = "no lock";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "two CPUs change the table at once");
    }
  };
  using Mutants =
      TypeList<TrampolineNotBusy, NoTest, HitNotBusy, BusyLate, BusyEndsEarly, Unlocked>;
};

}  // namespace heddle
