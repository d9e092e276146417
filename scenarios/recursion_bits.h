// Does a tracer see every call of a traced function, in whatever context, and never itself?
//
//     Task          calls the traced function
//     IRQ           calls it in its entry code, in itself, in its softirq and in its exit code
//     NMI           calls it in its entry code, in itself and in its exit code
//     another task  preempts the task and calls it
//
// The tracer's callback writes its CPU's buffer for the bit that it holds, and finds it as written.
//
//   I1  A handler, and a task's call, leave the word as they found it.
//   I2  No more callbacks are active at once than levels of context and one.
//   I3  A call is dropped for a reason only: its own context is in the tracer already, or it is in
//       a window while a call holds the transition bit.
//
// In the first scenario the callback calls nothing; in the second one it calls the traced function.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "tracing/recursion_bits.h"

namespace heddle {

struct RecursionProgramSteps {
  RecursionSteps bits{};
  bool enter_first = true;  ///< Enter comes before the callback's beginning
  bool exit_last = true;    ///< Exit comes after the callback's end
  bool helper_late = true;  ///< what the tracer calls, it calls when it holds its bit
};

template <Runtime Rt, bool kCallbackTraces, int kCalls,
          RecursionProgramSteps kSteps = RecursionProgramSteps{}>
class RecursionBitsProgram {
 public:
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kPreemption, 1, [this] { OtherTask(); });
    Rt::set_interrupt_handler(Interrupt::kIrq, 1, [this] { Irq(); });
    Rt::set_interrupt_handler(Interrupt::kNmi, 1, [this] { Nmi(); });
    for (int i = 0; Rt::again(i, kCalls); ++i) {
      Balanced([this] { Call(kTask); });
      Rt::observe(seen_[0], lost_in_window_.exchange(0) > 0 ? 1 : 0);
    }
  }
  std::array<Observation, 1> Observed() const { return seen_; }

 private:
  using Bits = RecursionBits<Rt, kSteps.bits>;
  // What the CPU really is in.  (A softirq is what the IRQ's handler goes on as.)
  enum Real : std::size_t { kTask, kOtherTask, kIrq, kSoftirq, kNmi, kReal };
  // What the checks need to know, and the code under test does not: no events.
  using Note = std::atomic<int>;
  // Each active callback's call, and in each context one that is not in the callback yet.
  static constexpr int kMostCalls = Bits::kSlots + static_cast<int>(kReal);

  void Irq() {
    Balanced([this] {
      Window(kIrq);
      record_.Enter(Level::kIrq);
      Call(kIrq);
      record_.Exit(Level::kIrq);
      record_.Enter(Level::kSoftirq);
      Call(kSoftirq);
      record_.Exit(Level::kSoftirq);
      Window(kIrq);
    });
  }
  void Nmi() {
    Balanced([this] {
      Window(kNmi);
      record_.Enter(Level::kNmi);
      Call(kNmi);
      record_.Exit(Level::kNmi);
      Window(kNmi);
    });
  }
  // The scheduler's part: while it runs, it is the current task.
  void OtherTask() {
    current_ = 1;
    Call(kOtherTask);
    current_ = 0;
  }

  template <typename F>
  void Balanced(F f) {
    const unsigned before = bits().word();
    f();
    Rt::check(bits().word() == before, "I1: the recursion bits are not what they were");
  }
  void Window(Real real) { Call(real, /*window=*/true); }

  // The traced function: its entry calls the tracer.
  void Call(Real real, bool window = false) {
    if (calls_ >= kMostCalls) {
      Rt::check(false, "I2: the tracer is called from itself again and again");
      return;
    }
    ++calls_;
    if constexpr (!kSteps.helper_late) Helper(real, window);
    if constexpr (!kSteps.enter_first) Buffer(real, 0, [] {});
    const int bit = bits().Enter(record_);
    if (bit == Bits::kDropped) {
      if (active_[real] == 0) {
        const bool held = (bits().word() >> Bits::kTransition & 1) != 0;
        Rt::check(window && held && (kCallbackTraces || real == kNmi), "I3: an event is lost");
        ++lost_in_window_;
      }
    } else {
      Callback(real, window, bit);
      if constexpr (kSteps.exit_last) bits().Exit(bit);
    }
    --calls_;
  }
  void Callback(Real real, bool window, int bit) {
    ++active_[real];
    Rt::check(++callbacks_ <= Bits::kSlots, "I2: more callbacks than levels and one");
    Buffer(real, static_cast<std::size_t>(bit), [&] {
      if constexpr (!kSteps.exit_last) bits().Exit(bit);
      if constexpr (kCallbackTraces && kSteps.helper_late) Helper(real, window);
    });
    --callbacks_;
    --active_[real];
  }
  template <typename F>
  void Buffer(Real real, std::size_t bit, F amid) {
    const int mine = static_cast<int>(real) + 1;
    kernel::write_once(buffers_[bit], mine);
    Rt::interrupt_point();
    amid();
    Rt::check(kernel::read_once(buffers_[bit]) == mine, "a buffer is used by two callbacks");
  }
  // Some function of the kernel's that happens to be traced, too.
  void Helper(Real real, bool window) { Call(real, window); }

  Bits& bits() { return bits_[static_cast<std::size_t>(current_.load())]; }

  ContextRecord<Rt> record_;
  std::array<Bits, 2> bits_;  // by task
  typename Rt::template Array<typename Rt::template Atomic<int>, Bits::kSlots> buffers_{0,
                                                                                        "buffer"};
  Note current_{0}, calls_{0}, callbacks_{0}, lost_in_window_{0};
  std::array<Note, kReal> active_{};
  std::array<Observation, 1> seen_{{{"lost in a window"}}};
};

// --- descriptions

struct RecursionScenario {
  static constexpr int kThreads = 1;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr std::string_view kSource = "Linux, trace_recursion.h";
};

struct RecursionBitsQuiet : RecursionScenario {
  static constexpr std::string_view kName = "recursion_bits";
  static constexpr std::string_view kQuestion =
      "does a tracer lose no event of a task, another task, an IRQ and an NMI, but one in entry "
      "code in entry code? (bound: 1 call, each once)";
  template <RecursionProgramSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = RecursionBitsProgram<Rt, false, 1, kSteps>;
  };
  template <Runtime Rt>
  using Program = RecursionBitsProgram<Rt, false, 1>;
  static std::vector<Expect> Expected() {
    return {classic::Always({0, 0}, "every event is traced"),
            classic::Always({0, 1}, "an NMI's in its window, in an IRQ's window, in the tracer")};
  }

  struct NoTransition : Dropping<RecursionProgramSteps{.bits = {.transition = false}}> {
    static constexpr std::string_view kName = "no-transition";
    static constexpr std::string_view kWhat =
        "E2 dropped: who finds its level's bit set is dropped";
    static constexpr std::string_view kSource = "Linux before commit 726b3d3f141f, 2020";
    static constexpr int kMuseum = 29;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere(
          "check failed", "an IRQ that is not recorded yet is taken for the tracer's recursion");
    }
  };
  struct UnboundedTransition
      : Dropping<RecursionProgramSteps{.bits = {.bound_transition = false}}> {
    static constexpr std::string_view kName = "unbounded-transition";
    static constexpr std::string_view kWhat = "E3 dropped: the transition bit is taken twice";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed",
                                 "the NMI, in the IRQ's window, clears the bit that the IRQ holds");
    }
  };
  struct OneBit : Dropping<RecursionProgramSteps{.bits = {.per_level = false}}> {
    static constexpr std::string_view kName = "one-bit";
    static constexpr std::string_view kWhat = "one bit for all levels, and the transition bit";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere(
          "check failed", "an NMI's event is lost when it interrupts an IRQ's in the task's");
    }
  };
  struct Preemptible : Dropping<RecursionProgramSteps{.bits = {.preemption_off = false}}> {
    static constexpr std::string_view kName = "preemptible";
    static constexpr std::string_view kWhat = "E5 and X1 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed",
                                 "the other task has its own bits, but uses the same CPU's buffer");
    }
  };
  struct NotCleared : Dropping<RecursionProgramSteps{.bits = {.clear = false}}> {
    static constexpr std::string_view kName = "not-cleared";
    static constexpr std::string_view kWhat = "X2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "the task is not traced any more");
    }
  };
  struct LateEnter : Dropping<RecursionProgramSteps{.enter_first = false}> {
    static constexpr std::string_view kName = "late-enter";
    static constexpr std::string_view kWhat = "the callback has begun when the bit is taken";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "who comes in between uses the same buffer");
    }
  };
  struct EarlyExit : Dropping<RecursionProgramSteps{.exit_last = false}> {
    static constexpr std::string_view kName = "early-exit";
    static constexpr std::string_view kWhat = "the bit is cleared before the callback's end";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed",
                                 "who comes in between takes the same bit and buffer");
    }
  };
  using Mutants = TypeList<NoTransition, UnboundedTransition, OneBit, Preemptible, NotCleared,
                           LateEnter, EarlyExit>;
};

struct RecursionBitsTraced : RecursionScenario {
  static constexpr std::string_view kName = "recursion_bits_traced";
  static constexpr std::string_view kQuestion =
      "does a tracer whose callback calls a traced function come to an end, in a task, another "
      "task, an IRQ and an NMI? (bound: 1 call, each once)";
  template <RecursionProgramSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = RecursionBitsProgram<Rt, true, 1, kSteps>;
  };
  template <Runtime Rt>
  using Program = RecursionBitsProgram<Rt, true, 1>;
  static std::vector<Expect> Expected() {
    return {
        classic::Always({0, 0}, "every event is traced, but the tracer's own"),
        classic::Always({0, 1}, "in a window, while the tracer's own holds the transition bit")};
  }

  struct HelperFirst : Dropping<RecursionProgramSteps{.helper_late = false}> {
    static constexpr std::string_view kName = "helper-first";
    static constexpr std::string_view kWhat = "the tracer calls a traced function before it enters";
    static constexpr std::string_view kSource = "Linux before commit a3e892ab0fc2, 2025";
    static constexpr int kMuseum = 32;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "nobody holds a bit yet: it has no end");
    }
  };
  struct UnboundedTransition
      : Dropping<RecursionProgramSteps{.bits = {.bound_transition = false}}> {
    static constexpr std::string_view kName = "unbounded-transition";
    static constexpr std::string_view kWhat = "E3 dropped: the transition bit is taken twice";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "nobody is dropped any more: it has no end");
    }
  };
  struct EarlyExit : Dropping<RecursionProgramSteps{.exit_last = false}> {
    static constexpr std::string_view kName = "early-exit";
    static constexpr std::string_view kWhat = "the bit is cleared before the callback's end";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "it is called from itself, and has no end");
    }
  };
  struct NoTransition : Dropping<RecursionProgramSteps{.bits = {.transition = false}}> {
    static constexpr std::string_view kName = "no-transition";
    static constexpr std::string_view kWhat =
        "E2 dropped: who finds its level's bit set is dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed",
                                 "the recursion ends sooner, but entry code's event is lost");
    }
  };
  using Mutants = TypeList<HelperFirst, UnboundedTransition, EarlyExit, NoTransition>;
};

}  // namespace heddle
