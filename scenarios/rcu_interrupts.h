// RCU with interrupts: what if handlers read, and come anywhere, also while a CPU leaves or comes
// back?
//
// The program is rcu_program.h's.  CPU 1, of rcu_irqs also CPU 2, goes idle after each reader and
// comes back for the next one; interrupts come at every point, idle or not: each enters, reads,
// ticks and exits.
#pragma once

#include <string_view>

#include "scenarios/rcu_program.h"

namespace heddle {

/// `kNmis`: beside one IRQ.
template <RcuUse kSecond, int kPeriods, int kReads, int kNmis>
struct RcuInterrupts : RcuScenario {
  template <RcuProgramSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = RcuProgram<Rt, RcuUse::kInterrupted, kSecond, kPeriods, kReads, kSteps, kNmis>;
  };
  template <Runtime Rt>
  using Program =
      RcuProgram<Rt, RcuUse::kInterrupted, kSecond, kPeriods, kReads, RcuProgramSteps{}, kNmis>;

  static Verdict Between(std::string_view model) {
    if (model == "rc11") return {"data race", "the handler's reader overtakes R1"};
    return {"", "a read-modify-write is a full barrier under this model"};
  }

  struct Unwatched : Dropping<RcuProgramSteps{
                         .rcu = {.context = {.watch_handlers = false}, .check_use = false}}> {
    static constexpr std::string_view kName = "unwatched";
    static constexpr std::string_view kWhat = "handlers do not switch watching on";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "nobody waits for a reader on a CPU that is away");
    }
  };
  struct NoNestedFence : Dropping<RcuProgramSteps{.rcu = {.context = {.fence_nested = false}}}> {
    static constexpr std::string_view kName = "no-nested-fence";
    static constexpr std::string_view kWhat = "R3 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) { return Between(model); }
  };
};

struct RcuIrq : RcuInterrupts<RcuUse::kReports, 2, 2, 0> {
  static constexpr std::string_view kName = "rcu_irq";
  static constexpr std::string_view kQuestion =
      "does no reader span a grace period if an IRQ, which reads, comes anywhere? (bound: 2 grace "
      "periods, 2 readers on each of 2 CPUs, 1 IRQ)";

  struct Split : Dropping<RcuProgramSteps{.rcu = {.context = {.one_rmw = false}}}> {
    static constexpr std::string_view kName = "split";
    static constexpr std::string_view kWhat = "L and R1 are loads and stores";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "a look that sees R1 does not acquire L's release");
    }
  };
  using Mutants = TypeList<Unwatched, NoNestedFence, Split>;
};

/// On both readers' CPUs, which go idle.
struct RcuIrqs : RcuInterrupts<RcuUse::kInterrupted, 2, 1, 0> {
  static constexpr std::string_view kName = "rcu_irqs";
  static constexpr std::string_view kQuestion =
      "does no reader span a grace period if IRQs, which read, come anywhere on both CPUs? (bound: "
      "2 grace periods, 1 reader on each of 2 CPUs, 1 IRQ on each)";
  using Mutants = TypeList<Unwatched>;
};

struct RcuNmi : RcuInterrupts<RcuUse::kIdles, 1, 1, 1> {
  static constexpr std::string_view kName = "rcu_nmi";
  static constexpr std::string_view kQuestion =
      "does no reader span a grace period if an IRQ and an NMI, which read, come anywhere, also in "
      "one another? (bound: 1 grace period, 1 reader on each of 2 CPUs, 1 IRQ, 1 NMI)";

  struct InnerEndsWatching : Dropping<RcuProgramSteps{.rcu = {.context = {.count_handlers = false},
                                                              .check_use = false}}> {
    static constexpr std::string_view kName = "inner-ends-watching";
    static constexpr std::string_view kWhat = "the NMI's end switches watching off";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock",
                                 "both it and what it interrupts switch: RCU watches an idle CPU, "
                                 "which never reports");
    }
  };
  struct NoReturnFence : Dropping<RcuProgramSteps{.rcu = {.context = {.fence_returning = false}}}> {
    static constexpr std::string_view kName = "no-return-fence";
    static constexpr std::string_view kWhat = "R2 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) { return Between(model); }
  };
  using Mutants = TypeList<Unwatched, InnerEndsWatching, NoNestedFence, NoReturnFence>;
};

}  // namespace heddle
