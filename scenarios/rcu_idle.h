// RCU with CPUs that are idle or in user mode: they report nothing, come back, and read.
//
// The program is rcu_program.h's.  Whoever is away is not waited for; whoever comes back and
// reads must see what was published before the grace period that took no notice of him.
#pragma once

#include <string_view>

#include "scenarios/rcu_program.h"

namespace heddle {

struct RcuIdle : RcuScenario {
  static constexpr std::string_view kName = "rcu_idle";
  static constexpr std::string_view kQuestion =
      "does no reader span a grace period if one CPU goes idle after each reader, and another one "
      "to user mode? (bound: 2 grace periods, 2 readers on each of 2 CPUs)";
  static constexpr std::string_view kSource = "Linux, Documentation/RCU/Design";
  template <RcuProgramSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = RcuProgram<Rt, RcuUse::kIdles, RcuUse::kUser, 2, 2, kSteps>;
  };
  template <Runtime Rt>
  using Program = RcuProgram<Rt, RcuUse::kIdles, RcuUse::kUser, 2, 2>;

  struct NoFirstFence : Dropping<RcuProgramSteps{.rcu = {.fence_first = false}}> {
    static constexpr std::string_view kName = "no-first-fence";
    static constexpr std::string_view kWhat = "S1 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "data race",
                               "S3 overtakes the publishing: the CPU comes back in between");
    }
  };
  struct RelaxedLeaving
      : Dropping<RcuProgramSteps{.rcu = {.context = {.release_leaving = false}}}> {
    static constexpr std::string_view kName = "relaxed-leaving";
    static constexpr std::string_view kWhat = "L is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the reader before L is not before the look");
    }
  };
  struct NoReturnFence : Dropping<RcuProgramSteps{.rcu = {.context = {.fence_returning = false}}}> {
    static constexpr std::string_view kName = "no-return-fence";
    static constexpr std::string_view kWhat = "R2 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "rc11")
        return {"data race", "the reader overtakes R1: the look finds its CPU away"};
      return {"", "a read-modify-write is a full barrier under this model"};
    }
  };
  struct StoredNoFence : Dropping<RcuProgramSteps{
                             .rcu = {.context = {.fence_returning = false, .one_rmw = false}}}> {
    static constexpr std::string_view kName = "stored-no-fence";
    static constexpr std::string_view kWhat = "R1 is a load and a store, and R2 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "data race",
                               "the reader overtakes R1: the look finds its CPU away");
    }
  };
  struct Stored : Dropping<RcuProgramSteps{.rcu = {.context = {.one_rmw = false}}}> {
    static constexpr std::string_view kName = "stored";
    static constexpr std::string_view kWhat = "L and R1 are loads and stores";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "a look that sees R1 does not acquire L's release");
    }
  };
  struct RelaxedSnapshot
      : Dropping<RcuProgramSteps{.rcu = {.context = {.acquire_snapshot = false}}}> {
    static constexpr std::string_view kName = "relaxed-snapshot";
    static constexpr std::string_view kWhat = "A1 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "the overwriting is not after the reader of who is found away");
    }
  };
  struct RelaxedLook : Dropping<RcuProgramSteps{.rcu = {.context = {.acquire_look = false}}}> {
    static constexpr std::string_view kName = "relaxed-look";
    static constexpr std::string_view kWhat = "A3 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "the overwriting is not after the reader of who has been away");
    }
  };
  struct NoParity : Dropping<RcuProgramSteps{.rcu = {.context = {.test_parity = false}}}> {
    static constexpr std::string_view kName = "no-parity";
    static constexpr std::string_view kWhat = "A2 dropped: only a change of the word tells";
    static constexpr Hardly kHardlyNatively{{},
                                            "natively nobody stays away but at the end of a run"};
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "who is away and stays there is waited for");
    }
  };
  struct NoLook : Dropping<RcuProgramSteps{.rcu = {.look = false}}> {
    static constexpr std::string_view kName = "no-look";
    static constexpr std::string_view kWhat = "S3 dropped: every CPU is to report";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock", "who is away does not report");
    }
  };
  struct ReadAway : Dropping<RcuProgramSteps{.rcu = {.check_use = false}, .come_back = false}> {
    static constexpr std::string_view kName = "read-while-away";
    static constexpr std::string_view kWhat = "the second reader begins before R1";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "nobody waits for a reader on a CPU that is away");
    }
  };
  struct ReadAwayChecked : Dropping<RcuProgramSteps{.come_back = false}> {
    static constexpr std::string_view kName = "read-while-away-checked";
    static constexpr std::string_view kWhat = "the same, and misuse is reported";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("misuse", "reported before anything goes wrong");
    }
  };
  using Mutants =
      TypeList<NoFirstFence, RelaxedLeaving, NoReturnFence, StoredNoFence, Stored, RelaxedSnapshot,
               RelaxedLook, NoParity, NoLook, ReadAway, ReadAwayChecked>;
};

}  // namespace heddle
