// torture_wide_…: is a grace period of each kind of RCU too short, among all that may happen?
//
// The program is wide_program.h's.  tight.h's find what needs a race of nanoseconds; these find
// what needs a certain state: somebody asleep, preempted, interrupted, idle, or a grace period
// shared.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "scenarios/torture/kinds.h"
#include "scenarios/torture/wide_program.h"

namespace heddle::torture {

/// `kUnlockEnds`: a reader ends when it unlocks, and not only when it is quiescent.
template <bool kUnlockEnds>
struct Wide {
  static constexpr int kThreads = kWideCpus;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr bool kIsolated = true;
  static std::vector<Expect> Expected() {
    std::vector<Expect> rows{
        classic::Always({0, 1}, "an update"),
        classic::Always({1, 0}, "the object that a reader leaves is the current one"),
        classic::Always({1, 1}, "it is not: the grace period waits for this reader"),
        classic::Always({2, 0}, "no grace period ended amid the section"),
        classic::Always({2, 1}, "one did, but it had begun before the section")};
    if (kUnlockEnds)
      rows.push_back(classic::Always({3, 1}, "the grace period ended as the reader left"));
    return rows;
  }

  template <Runtime Rt, typename Flavour>
  using ProgramOf = WideProgram<Rt, Flavour>;
  static constexpr int kCpus = kWideCpus, kFirstReader = kWideFirstReader;
  static constexpr bool kOnlyExpedited = false;
  static constexpr const char* kError = "check failed";  // of a reader that leaves
  static Verdict Everywhere(std::string why) { return classic::Everywhere(kError, std::move(why)); }
  static Verdict UnlessSc(std::string_view model, std::string why) {
    return classic::UnlessSc(model, kError, std::move(why));
  }
};

/// For readers in handlers.
struct WideSrcu : SrcuTorture<Wide<true>, SrcuSteps{.nmisafe_lock = true, .nmisafe_unlock = true}> {
  static constexpr std::string_view kName = "torture_wide_srcu";
  static constexpr std::string_view kQuestion =
      "does no reader of SRCU span a grace period, whatever happens beside? (bound: 1 reader, 1 "
      "section, 1 update)";
  using Mutants = TypeList<NoSecondScan, NoWait>;
};

struct WideSrcuFast : SrcuFastTorture<Wide<true>> {
  static constexpr std::string_view kName = "torture_wide_srcu_fast";
  static constexpr std::string_view kQuestion =
      "does no reader without barriers span a grace period, whatever happens beside? (bound: 1 "
      "reader, 1 section, 1 update)";
  struct NoBarriersHere : NoBarriers {
    static constexpr Hardly kHardlyNatively{
        {},
        "needs a store that is delayed for some 100 ns just when a grace period looks; "
        "torture_tight_srcu_fast has thousands of times as many of both"};
  };
  using Mutants = TypeList<NoBarriersHere, NoSecondScan>;
};

struct WideRcu : RcuTorture<Wide<false>> {
  static constexpr std::string_view kName = "torture_wide_rcu";
  static constexpr std::string_view kQuestion =
      "does no reader of RCU span a grace period, whatever happens beside? (bound: 1 reader, 1 "
      "section, 1 update)";
  using Mutants = TypeList<OldNumber, NoWait>;
};

struct WideRcuPreempt : RcuPreemptTorture<Wide<true>> {
  static constexpr std::string_view kName = "torture_wide_rcu_preempt";
  static constexpr std::string_view kQuestion =
      "does no preempted reader span a grace period, whatever happens beside? (bound: 1 task with "
      "1 section, 1 update, 1 preemption)";
  using Mutants = TypeList<ForgetsQueued, NoWait>;
};

struct WideRcuTasks : RcuTasksTorture<Wide<false>> {
  static constexpr std::string_view kName = "torture_wide_rcu_tasks";
  static constexpr std::string_view kQuestion =
      "does no task that was preempted twice in a section span a grace period of RCU-tasks, "
      "whatever happens beside? (bound: 1 task with 1 section, 1 update)";
  using Mutants = TypeList<NoWait>;
};

struct WideRcuTasksRude : RcuTasksRudeTorture<Wide<true>> {
  static constexpr std::string_view kName = "torture_wide_rcu_tasks_rude";
  static constexpr std::string_view kQuestion =
      "does no region with preemption off span a grace period of rude RCU-tasks, whatever happens "
      "beside? (bound: 1 region, 1 update)";
  using Mutants = TypeList<NoWait, SwitchesAmid>;
};

}  // namespace heddle::torture
