// RCU: does no reader span a grace period if CPUs report quiescent states?
//
// The program is rcu_program.h's.
#pragma once

#include <string_view>

#include "scenarios/rcu_program.h"

namespace heddle {

struct RcuReports : RcuScenario {
  static constexpr std::string_view kName = "rcu_reports";
  static constexpr std::string_view kQuestion =
      "does no reader span a grace period if CPUs report quiescent states? (bound: 2 grace "
      "periods, 2 readers on each of 2 CPUs)";
  static constexpr std::string_view kSource = "Desnoyers et al., TPDS 23(2), 2012";
  template <RcuProgramSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = RcuProgram<Rt, RcuUse::kReports, RcuUse::kReports, 2, 2, kSteps>;
  };
  template <Runtime Rt>
  using Program = RcuProgram<Rt, RcuUse::kReports, RcuUse::kReports, 2, 2>;

  struct NoWait : Dropping<RcuProgramSteps{.rcu = {.wait = false}}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "S4 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "a reader is still at the old object");
    }
  };
  struct WaitFirst : Dropping<RcuProgramSteps{.publish_first = false}> {
    static constexpr std::string_view kName = "wait-first";
    static constexpr std::string_view kWhat = "Synchronize before the old object is unpublished";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere(
          "data race", "a reader finds the old object between the wait and the publishing");
    }
  };
  struct OldNumber : Dropping<RcuProgramSteps{.rcu = {.new_number = false}}> {
    static constexpr std::string_view kName = "old-number";
    static constexpr std::string_view kWhat = "S2 dropped: reports before the grace period count";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "the CPU entered a reader after that report");
    }
  };
  struct ReportInside
      : Dropping<RcuProgramSteps{.rcu = {.check_use = false}, .report_outside = false}> {
    static constexpr std::string_view kName = "report-inside";
    static constexpr std::string_view kWhat = "a quiescent state is reported inside a reader";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "the reader goes on after it was counted as ended");
    }
  };
  struct ReportInsideChecked : Dropping<RcuProgramSteps{.report_outside = false}> {
    static constexpr std::string_view kName = "report-inside-checked";
    static constexpr std::string_view kWhat = "the same, and misuse is reported";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("misuse", "reported before anything goes wrong");
    }
  };
  struct RelaxedNumber : Dropping<RcuProgramSteps{.rcu = {.acquire_number = false}}> {
    static constexpr std::string_view kName = "relaxed-number";
    static constexpr std::string_view kWhat = "Q1 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "a reader after the report may still find the old object");
    }
  };
  struct RelaxedReport : Dropping<RcuProgramSteps{.rcu = {.release_report = false}}> {
    static constexpr std::string_view kName = "relaxed-report";
    static constexpr std::string_view kWhat = "Q2 is relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the reader before the report is not before S4");
    }
  };
  struct RelaxedWait : Dropping<RcuProgramSteps{.rcu = {.acquire_report = false}}> {
    static constexpr std::string_view kName = "relaxed-wait";
    static constexpr std::string_view kWhat = "S4 reads reports relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "the overwriting is not after the reader that was reported");
    }
  };
  struct NoFirstFence : Dropping<RcuProgramSteps{.rcu = {.fence_first = false}}> {
    static constexpr std::string_view kName = "no-first-fence";
    static constexpr std::string_view kWhat = "S1 dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "rc11")
        return {"data race", "who acquires the number need not see what was published"};
      return {"", "a CPU that reports needs stores in order only"};
    }
  };
  struct RelaxedFresh : Dropping<RcuProgramSteps{.release_fresh = false}> {
    static constexpr std::string_view kName = "relaxed-publication";
    static constexpr std::string_view kWhat = "the fresh object is published relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the object may be found before its content");
    }
  };
  using Mutants = TypeList<NoWait, WaitFirst, OldNumber, ReportInside, ReportInsideChecked,
                           RelaxedNumber, RelaxedReport, RelaxedWait, NoFirstFence, RelaxedFresh>;
};

}  // namespace heddle
