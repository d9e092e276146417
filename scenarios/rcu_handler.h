// RCU in handlers that interrupt an idle CPU: what is a tracepoint in idle code to do?
//
// The program is rcu_program.h's.  CPU 1 is idle all the time; its readers are in handlers, with
// the timer's handler amid each.  CPU 2 reports.
//
// A tracepoint that is hit while RCU does not watch has to do as a handler does: switch watching on
// if it is off, and off again after its reader.  Looking first and then switching is no race: only
// the CPU itself changes its word, and what interrupts it puts it back.
//
// Source: LKML, "Instrumentation and RCU", March 2020: tracepoints of idle and entry code, such as
// trace_hardirqs_off, whose handlers read what RCU protects.
#pragma once

#include <string_view>

#include "scenarios/rcu_program.h"

namespace heddle {

struct RcuHandler : RcuScenario {
  static constexpr std::string_view kName = "rcu_handler";
  static constexpr std::string_view kQuestion =
      "does no reader span a grace period if a CPU that stays idle reads in handlers, with the "
      "timer's amid each? (bound: 2 grace periods, 2 readers on each of 2 CPUs)";
  template <RcuProgramSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = RcuProgram<Rt, RcuUse::kHandler, RcuUse::kReports, 2, 2, kSteps>;
  };
  template <Runtime Rt>
  using Program = RcuProgram<Rt, RcuUse::kHandler, RcuUse::kReports, 2, 2>;

  struct IdleTracepoint
      : Dropping<RcuProgramSteps{.rcu = {.check_use = false}, .come_back = false}> {
    static constexpr std::string_view kName = "idle-tracepoint";
    static constexpr std::string_view kWhat = "the readers are in idle code, not in a handler";
    static constexpr std::string_view kSource = "LKML, \"Instrumentation and RCU\", March 2020";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "nobody waits for a reader on a CPU that is away");
    }
  };
  struct IdleTracepointChecked : Dropping<RcuProgramSteps{.come_back = false}> {
    static constexpr std::string_view kName = "idle-tracepoint-checked";
    static constexpr std::string_view kWhat = "the same, and misuse is reported";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("misuse", "reported before anything goes wrong");
    }
  };
  struct UnwatchedHandler : Dropping<RcuProgramSteps{.rcu = {.context = {.watch_handlers = false},
                                                             .check_use = false}}> {
    static constexpr std::string_view kName = "unwatched-handler";
    static constexpr std::string_view kWhat = "handlers do not switch watching on";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "nobody waits for a reader on a CPU that is away");
    }
  };
  struct InnerEndsWatching : Dropping<RcuProgramSteps{.rcu = {.context = {.count_handlers = false},
                                                              .check_use = false}}> {
    static constexpr std::string_view kName = "inner-ends-watching";
    static constexpr std::string_view kWhat = "the inner handler's end switches watching off";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "the reader that it interrupted is not waited for");
    }
  };
  struct InnerEndsWatchingChecked
      : Dropping<RcuProgramSteps{.rcu = {.context = {.count_handlers = false}}}> {
    static constexpr std::string_view kName = "inner-ends-watching-checked";
    static constexpr std::string_view kWhat = "the same, and misuse is reported";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("misuse", "reported before anything goes wrong");
    }
  };
  struct TickSkipsEntry
      : Dropping<RcuProgramSteps{.rcu = {.check_use = false}, .enter_tick = false}> {
    static constexpr std::string_view kName = "tick-skips-entry";
    static constexpr std::string_view kWhat =
        "the timer's handler does not enter, as RCU watches already";
    static constexpr std::string_view kSource = "Linux before commit 0bf3924bfabd, 2020";
    static constexpr int kMuseum = 35;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere(
          "data race",
          "it takes the handler that it interrupted, which reads, for its own, "
          "and reports");
    }
  };
  struct TickSkipsEntryChecked : Dropping<RcuProgramSteps{.enter_tick = false}> {
    static constexpr std::string_view kName = "tick-skips-entry-checked";
    static constexpr std::string_view kWhat = "the same, and misuse is reported";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("misuse", "reported before anything goes wrong");
    }
  };
  struct NoReturnFence : Dropping<RcuProgramSteps{.rcu = {.context = {.fence_returning = false}}}> {
    static constexpr std::string_view kName = "no-return-fence";
    static constexpr std::string_view kWhat = "R2 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "rc11")
        return {"data race", "the handler's reader overtakes R1: the look finds its CPU away"};
      return {"", "a read-modify-write is a full barrier under this model"};
    }
  };
  struct RelaxedLeaving
      : Dropping<RcuProgramSteps{.rcu = {.context = {.release_leaving = false}}}> {
    static constexpr std::string_view kName = "relaxed-leaving";
    static constexpr std::string_view kWhat = "L is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the handler's reader is not before the look");
    }
  };
  using Mutants = TypeList<IdleTracepoint, IdleTracepointChecked, UnwatchedHandler,
                           InnerEndsWatching, InnerEndsWatchingChecked, TickSkipsEntry,
                           TickSkipsEntryChecked, NoReturnFence, RelaxedLeaving>;
};

}  // namespace heddle
