// Does a flag per stack cut every recursion, through traps too, and lose no event of a handler?
//
//     Task           calls the traced function
//     IRQ            calls it in its entry code, in itself and in its exit code
//     NMI, or trap   likewise; a trap just calls it, on the stack that it hit
//
// Each tracer's callback calls a function that the next tracer traces: with one tracer, itself.
//
//   I1  The flag of a stack is at a handler's end what it was at its beginning.
//   I2  No tracer's callback is active twice in one context.
//   I3  A call is dropped for a reason only: its context is in this tracer already, or it is entry
//       or exit code, on a stack whose flag is set.
//
// A context is a task or a handler, together with the traps in it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "tracing/stack_flag.h"

namespace heddle {

struct StackFlagProgramSteps {
  StackFlagSteps flag{};
  bool per_stack = true;    ///< false: the flag is the CPU's
  bool trap_shares = true;  ///< false: traps have a flag of their own
};

template <Runtime Rt, int kTracers, int kCalls,
          StackFlagProgramSteps kSteps = StackFlagProgramSteps{}>
class StackFlagProgram {
 public:
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kIrq, 1, [this] { Handler(kIrq); });
    // Masked by nothing, as both are.
    Rt::set_interrupt_handler(Interrupt::kNmi, 2,
                              [this] { Rt::choose(2) == 0 ? Handler(kNmi) : Trap(); });
    for (int i = 0; Rt::again(i, kCalls); ++i) {
      Call(0);
      Rt::observe(seen_[0], lost_in_entry_.exchange(0) > 0 ? 1 : 0);
    }
  }
  std::array<Observation, 1> Observed() const { return seen_; }

 private:
  enum Context : std::uint8_t { kTask, kIrq, kNmi, kContexts };
  // Stacks: one for each context, with its number, and the mutant's for traps.
  static constexpr std::uint8_t kTrapStack = kContexts;
  // Registers, and what the checks need to know besides: no events.
  struct Registers {
    Context context;
    bool entry;          // or exit code
    std::uint8_t stack;  // the stack pointer
    std::uint8_t unused = 0;
  };
  using Note = std::atomic<int>;
  // At once: in each context each tracer is called, its callback calls the next one's function, and
  // the last one's the first's again, which is dropped.  A trap takes the NMI's place: one call.
  static constexpr int kMostCalls = static_cast<int>(kContexts) * (kTracers + 1);

  void Handler(Context context) {
    const Registers interrupted = now_.load();
    const bool flag = flags_.IsSet(interrupted.stack, 0);
    now_ = Registers{context, true, interrupted.stack};
    Call(0);
    now_ = Registers{context, false, kSteps.per_stack ? std::uint8_t{context} : interrupted.stack};
    Call(0);
    now_ = Registers{context, true, interrupted.stack};
    Call(0);
    Rt::check(flags_.IsSet(interrupted.stack, 0) == flag, "I1: the flag is not what it was");
    now_ = interrupted;
  }
  void Trap() {
    const Registers interrupted = now_.load();
    if constexpr (!kSteps.trap_shares)
      now_ = Registers{interrupted.context, interrupted.entry, kTrapStack};
    Call(0);
    now_ = interrupted;
  }

  // A function that `tracer` traces.
  void Call(int tracer) {
    if (calls_ >= kMostCalls) {
      Rt::check(false, "I2: the tracer is called from itself again and again");
      return;
    }
    ++calls_;
    const Registers me = now_.load();
    const auto t = static_cast<std::size_t>(tracer);
    const bool in_context = within_[me.context][t]++ > 0;
    const bool on_stack = calls_on_[me.stack][t]++ > 0;
    const bool traced = flags_.Run([this] { return now_.load().stack; }, tracer,
                                   [&] { Callback(me.context, tracer); });
    --calls_on_[me.stack][t];
    --within_[me.context][t];
    if (!traced && !in_context) {
      Rt::check(me.entry && on_stack, "I3: an event is lost");
      ++lost_in_entry_;
    }
    --calls_;
  }
  void Callback(Context context, int tracer) {
    Note& active = active_[context][static_cast<std::size_t>(tracer)];
    Rt::check(++active == 1, "I2: a tracer is called from itself");
    Rt::interrupt_point();
    Call((tracer + 1) % kTracers);
    --active;
  }

  StackFlags<Rt, kContexts + 1, kSteps.flag> flags_;
  std::atomic<Registers> now_{Registers{kTask, false, kTask}};
  Note calls_{0}, lost_in_entry_{0};
  // Calls by context, or stack, and tracer: of the guard, and of its callback.
  std::array<std::array<Note, kTracers>, kContexts + 1> within_{}, calls_on_{}, active_{};
  std::array<Observation, 1> seen_{{{"lost in entry code"}}};
};

// A task is migrated in its call, and another one runs where it was: then, and afterwards.
template <Runtime Rt, int kCalls, bool kPerStack = true, bool kPreemptible = true>
class StackFlagMigrationProgram {
 public:
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kPreemption, 2, [this] {
      const std::size_t cpu = cpu_;
      cpu_ = 1 - cpu;
      Call(kOther, cpu);
    });
    for (int i = 0; Rt::again(i, kCalls); ++i) {
      Call(kTask, {});
      Rt::mask(Interrupt::kPreemption);
      for (const std::size_t cpu : {0U, 1U}) Call(kOther, cpu);
      Rt::unmask(Interrupt::kPreemption);
      Rt::observe(seen_[0], 1);
    }
  }
  std::array<Observation, 1> Observed() const { return seen_; }

 private:
  enum Task : std::size_t { kTask, kOther };

  // `at`: the CPU that it is on; the task that migrates is asked.
  void Call(Task task, std::optional<std::size_t> at) {
    if constexpr (!kPreemptible) Rt::mask(Interrupt::kPreemption);
    const bool traced =
        flags_.Run([&] { return kPerStack ? static_cast<std::size_t>(task) : at.value_or(cpu_); },
                   0, [] { Rt::interrupt_point(); });
    Rt::check(traced, "I3: an event is lost");
    if constexpr (!kPreemptible) Rt::unmask(Interrupt::kPreemption);
  }

  StackFlags<Rt, 2> flags_;
  std::atomic<std::size_t> cpu_{0};  // a register of sorts: no events
  std::array<Observation, 1> seen_{{{"rounds"}}};
};

// --- descriptions

struct StackFlagScenario {
  static constexpr int kThreads = 1;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr std::string_view kSource =
      "M. Desnoyers, LKML, \"Instrumentation and RCU\", March 2020";
};

struct StackFlag : StackFlagScenario {
  static constexpr std::string_view kName = "stack_flag";
  static constexpr std::string_view kQuestion =
      "is a tracer never called from itself, through a trap either, and does it lose no event of "
      "an IRQ or NMI but in entry and exit code? (bound: 1 call, an IRQ, 2 NMIs or traps)";
  template <StackFlagProgramSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = StackFlagProgram<Rt, 1, 1, kSteps>;
  };
  template <Runtime Rt>
  using Program = StackFlagProgram<Rt, 1, 1>;
  static std::vector<Expect> Expected() {
    return {classic::Always({0, 0}, "every event is traced, but the tracer's own"),
            classic::Always({0, 1}, "in entry or exit code, still on the stack of the tracer")};
  }

  struct PerCpu : Dropping<StackFlagProgramSteps{.per_stack = false}> {
    static constexpr std::string_view kName = "per-cpu";
    static constexpr std::string_view kWhat = "the flag is the CPU's";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "an IRQ's event is lost");
    }
  };
  struct TrapOwnFlag : Dropping<StackFlagProgramSteps{.trap_shares = false}> {
    static constexpr std::string_view kName = "trap-own-flag";
    static constexpr std::string_view kWhat = "traps, on a stack of their own, have its flag";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "a trap in the tracer is traced");
    }
  };
  struct DropClears : Dropping<StackFlagProgramSteps{.flag = {.drop_keeps = false}}> {
    static constexpr std::string_view kName = "drop-clears";
    static constexpr std::string_view kWhat = "a trap does not leave the flag as it found it";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed",
                                 "the tracer that was hit goes on without its flag");
    }
  };
  struct NotSet : Dropping<StackFlagProgramSteps{.flag = {.set = false}}> {
    static constexpr std::string_view kName = "not-set";
    static constexpr std::string_view kWhat = "F2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "the tracer is called from itself");
    }
  };
  struct NotCleared : Dropping<StackFlagProgramSteps{.flag = {.clear = false}}> {
    static constexpr std::string_view kName = "not-cleared";
    static constexpr std::string_view kWhat = "F3 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "the stack is not traced any more");
    }
  };
  struct ClearedEarly : Dropping<StackFlagProgramSteps{.flag = {.clear_last = false}}> {
    static constexpr std::string_view kName = "cleared-early";
    static constexpr std::string_view kWhat = "F3 comes before the callback's end";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "the tracer is called from itself");
    }
  };
  using Mutants = TypeList<PerCpu, TrapOwnFlag, DropClears, NotSet, NotCleared, ClearedEarly>;
};

struct StackFlagTracers : StackFlagScenario {
  static constexpr std::string_view kName = "stack_flag_tracers";
  static constexpr std::string_view kQuestion =
      "do two tracers see each other, and neither itself? (bound: 1 call, an IRQ, 2 NMIs or traps)";
  template <StackFlagProgramSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = StackFlagProgram<Rt, 2, 1, kSteps>;
  };
  template <Runtime Rt>
  using Program = StackFlagProgram<Rt, 2, 1>;
  static std::vector<Expect> Expected() { return StackFlag::Expected(); }

  struct SharedFlag : Dropping<StackFlagProgramSteps{.flag = {.per_tracer = false}}> {
    static constexpr std::string_view kName = "shared-flag";
    static constexpr std::string_view kWhat = "one flag for both tracers";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "neither sees what the other one does");
    }
  };
  struct NotSet : Dropping<StackFlagProgramSteps{.flag = {.set = false}}> {
    static constexpr std::string_view kName = "not-set";
    static constexpr std::string_view kWhat = "F2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "each tracer is called from itself by the other");
    }
  };
  using Mutants = TypeList<SharedFlag, NotSet>;
};

struct StackFlagMigration : StackFlagScenario {
  static constexpr std::string_view kName = "stack_flag_migration";
  static constexpr std::string_view kQuestion =
      "is every event of two tasks traced if one is migrated in its call? (bound: 2 calls, 2 "
      "migrations)";
  template <bool kPerStack, bool kPreemptible>
  struct With {
    template <Runtime Rt>
    using Program = StackFlagMigrationProgram<Rt, 2, kPerStack, kPreemptible>;
  };
  template <Runtime Rt>
  using Program = StackFlagMigrationProgram<Rt, 2>;
  static std::vector<Expect> Expected() {
    return {classic::Always({0, 1}, "each event of a round was traced")};
  }

  struct PerCpu : With<false, true> {
    static constexpr std::string_view kName = "per-cpu";
    static constexpr std::string_view kWhat = "the flag is the CPU's";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere(
          "check failed",
          "it is set on one CPU and cleared on another: the other task there "
          "is not traced any more");
    }
  };
  struct PerCpuPreemptionOff : With<false, false> {
    static constexpr std::string_view kName = "per-cpu-preemption-off";
    static constexpr std::string_view kWhat = "the flag is the CPU's, and preemption off meanwhile";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("", "the task does not migrate while the flag is set");
    }
  };
  using Mutants = TypeList<PerCpu, PerCpuPreemptionOff>;
};

}  // namespace heddle
