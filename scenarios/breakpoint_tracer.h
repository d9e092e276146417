// Does every breakpoint end, wherever breakpoints are, and is every event seen once?
//
// The text has three functions that may be probed, each with a site at its beginning:
//
//     function   what is traced
//     helper     the callback calls it
//     search     looks up an address; the trap handler needs it, and executes a closed copy
//
// Any of them may have a breakpoint.  The task calls each of them; so do an IRQ and an NMI.
//
//   I1  A handler of a breakpoint is interrupted by one more in its own context at most.
//   I2  Who calls a function with a breakpoint causes an event of it.
//   I3  It returns what it would without.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "tracing/breakpoint_tracer.h"

namespace heddle {

struct BreakpointProgramSteps {
  BreakpointSteps tracer{};
  bool search_copy = true;   ///< the handler executes a copy of its own of what may be probed
  bool spare_closed = true;  ///< false: the copy is probed, too
};

template <Runtime Rt, int kRounds, BreakpointProgramSteps kSteps = BreakpointProgramSteps{}>
class BreakpointTracerProgram {
 public:
  BreakpointTracerProgram() { Rt::set_trap_handler(&OnTrap, this); }

  void Thread(int) {
    armed_ = Rt::choose(1 << kProbed);
    for (std::size_t site = 0; site < kProbed; ++site)
      if (IsArmed(site)) tracer_.Arm(site);
    if constexpr (!kSteps.spare_closed) tracer_.Arm(kCopy);
    Rt::set_interrupt_handler(Interrupt::kIrq, 1, [this] { Handler(kIrqStack); });
    Rt::set_interrupt_handler(Interrupt::kNmi, 1, [this] { Handler(kNmiStack); });
    for (int i = 0; Rt::again(i, kRounds); ++i) {
      CallAll();
      Rt::observe(seen_[0], 1);
    }
  }
  std::array<Observation, 1> Observed() const { return seen_; }

 private:
  enum Site : std::size_t { kFunction, kHelper, kSearch, kCopy, kSites };
  static constexpr std::size_t kProbed = kCopy, kFunctionBytes = 16;
  static constexpr int kTaskStack = 0, kIrqStack = 1, kNmiStack = 2, kStacks = 3;

  static constexpr std::size_t OffsetOf(std::size_t site) { return site * kFunctionBytes; }
  bool IsArmed(std::size_t site) const { return (armed_ >> site & 1) != 0; }

  void Handler(int stack) {
    const int interrupted = stack_.exchange(stack);
    CallAll();
    stack_ = interrupted;
  }
  void CallAll() {
    for (std::size_t site = 0; site < kProbed; ++site) {
      std::atomic<int>& events = events_[static_cast<std::size_t>(stack_.load())];
      events = 0;
      const auto r = Rt::call(text_, OffsetOf(site));
      Rt::check(r == ResultOf(site), "I3: a function returns something else");
      Rt::check(events == (IsArmed(site) ? 1 : 0), "I2: an event is lost, or one of the tracer's");
    }
  }

  static bool OnTrap(void* self, TrapFrame& frame) {
    auto& p = *static_cast<BreakpointTracerProgram*>(self);
    const auto stack = static_cast<std::size_t>(p.stack_.load());
    if (p.depth_[stack] == 2) {
      Rt::check(false, "I1: the handler of a breakpoint hits one before it is guarded");
      return false;
    }
    ++p.depth_[stack];
    const bool ours = p.tracer_.HandleTrap(
        frame, [&] { Rt::call(p.text_, OffsetOf(kSteps.search_copy ? kCopy : kSearch)); },
        [stack] { return stack; },
        [&] {
          ++p.events_[stack];
          Rt::call(p.text_, OffsetOf(kHelper));
        });
    --p.depth_[stack];
    return ours;
  }

  static constexpr std::uint32_t ResultOf(std::size_t site) {
    return static_cast<std::uint32_t>(site) + 1;
  }
  // Each function: nop5, its site; mov eax, result; ret
  static typename Rt::CodeRegion MakeText() {
    std::array<std::uint8_t, kSites * kFunctionBytes> code{};
    code.fill(kInt3);
    for (std::size_t site = 0; site < kSites; ++site) {
      std::size_t to = OffsetOf(site);
      for (const X86Instruction& insn :
           {X86Instruction::Nop(5),
            X86Instruction::MoveEax(static_cast<std::int32_t>(ResultOf(site))),
            X86Instruction::Return()}) {
        const auto bytes = insn.Encode();
        for (std::size_t i = 0; i < insn.length; ++i) code[to++] = bytes[i];
      }
    }
    return {code, {0}};
  }
  static constexpr std::array<X86Site, kSites> AllSites() {
    std::array<X86Site, kSites> sites{};
    for (std::size_t site = 0; site < kSites; ++site)
      sites[site] = {OffsetOf(site), X86Instruction::Nop(5)};
    return sites;
  }

  typename Rt::CodeRegion text_ = MakeText();
  BreakpointTracer<Rt, kStacks, kSites, kSteps.tracer> tracer_{text_, AllSites(), OffsetOf(kCopy)};
  int armed_ = 0;                       // does not change once there are handlers
  std::atomic<int> stack_{kTaskStack};  // the stack pointer
  std::array<std::atomic<int>, kStacks> depth_{}, events_{};  // by stack
  std::array<Observation, 1> seen_{{{"rounds"}}};
};

// --- descriptions

struct BreakpointTracing {
  static constexpr std::string_view kName = "breakpoint_tracer";
  static constexpr std::string_view kQuestion =
      "does a tracer end whose breakpoints are in any of what it traces, its callback calls and "
      "its "
      "handler has copied? (bound: each called once by a task, an IRQ and an NMI)";
  static constexpr std::string_view kSource = "LKML, \"Instrumentation and RCU\", March 2020";
  static constexpr int kThreads = 1;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  template <BreakpointProgramSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = BreakpointTracerProgram<Rt, 1, kSteps>;
  };
  template <Runtime Rt>
  using Program = BreakpointTracerProgram<Rt, 1>;
  static std::vector<Expect> Expected() {
    return {classic::Always({0, 1}, "each call came back, with an event where it was to have one")};
  }

  struct SearchProbed : Dropping<BreakpointProgramSteps{.search_copy = false}> {
    static constexpr std::string_view kName = "search-probed";
    static constexpr std::string_view kWhat = "B1 executes the function that may be probed";
    static constexpr std::string_view kSource = "Linux before commit 02106f883cd7, 2019";
    static constexpr int kMuseum = 31;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "the trap recurs before anybody looks at a flag");
    }
  };
  struct GuardFirst
      : Dropping<BreakpointProgramSteps{.tracer = {.guard_last = false}, .search_copy = false}> {
    static constexpr std::string_view kName = "guard-first";
    static constexpr std::string_view kWhat = "likewise, and B2 comes before B1";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere(
          "check failed", "the flag cuts the callback, but B4 needs the lookup nevertheless");
    }
  };
  struct GuardFirstClosed : Dropping<BreakpointProgramSteps{.tracer = {.guard_last = false}}> {
    static constexpr std::string_view kName = "guard-first-closed";
    static constexpr std::string_view kWhat = "B2 before B1, which executes what is closed";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "B1 hits no breakpoint, with the flag or without"};
    }
  };
  struct CutFindsNothing
      : Dropping<BreakpointProgramSteps{.tracer = {.guard_last = false, .find_anyway = false}}> {
    static constexpr std::string_view kName = "cut-finds-nothing";
    static constexpr std::string_view kWhat = "B2 before B1, which is not done where B2 has cut";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("unhandled trap",
                                 "B4 does not know what the breakpoint has displaced");
    }
  };
  struct CutReturns : Dropping<BreakpointProgramSteps{.tracer = {.always_emulate = false}}> {
    static constexpr std::string_view kName = "cut-returns";
    static constexpr std::string_view kWhat = "where B2 cuts, the handler returns without B4";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("bound exceeded",
                                 "it returns to the breakpoint, which traps again and again");
    }
  };
  struct Unguarded : Dropping<BreakpointProgramSteps{.tracer = {.guard = false}}> {
    static constexpr std::string_view kName = "unguarded";
    static constexpr std::string_view kWhat = "B2 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "the callback traps, and is called from itself");
    }
  };
  struct CopyProbed : Dropping<BreakpointProgramSteps{.tracer = {.refuse_closed = false},
                                                      .spare_closed = false}> {
    static constexpr std::string_view kName = "copy-probed";
    static constexpr std::string_view kWhat = "a breakpoint in what is closed";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "the trap recurs before anybody looks at a flag");
    }
  };
  struct CopyProbedChecked : Dropping<BreakpointProgramSteps{.spare_closed = false}> {
    static constexpr std::string_view kName = "copy-probed-checked";
    static constexpr std::string_view kWhat = "the same, and misuse is reported";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("misuse", "reported before anything goes wrong");
    }
  };
  using Mutants = TypeList<SearchProbed, GuardFirst, GuardFirstClosed, CutFindsNothing, CutReturns,
                           Unguarded, CopyProbed, CopyProbedChecked>;
};

}  // namespace heddle
