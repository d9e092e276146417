// torture_tight_…: is a grace period of each kind of RCU too short, as fast as it can be?
//
// The program is tight_program.h's.  On the model it is a small one; what it is made for are native
// runs, whose mutants are to die within a second or so: how fast, docs/torture.md says.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "scenarios/torture/kinds.h"
#include "scenarios/torture/tight_program.h"

namespace heddle::torture {

template <TightBounds kBounds = TightBounds{}>
struct Tight {
  static constexpr int kThreads = 1 + kBounds.readers;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr bool kIsolated = true;
  static std::vector<Expect> Expected() {
    return {classic::Always({0, 1}, "an update"),
            classic::Always({1, 1}, "a section, and its object was not poisoned")};
  }

  template <Runtime Rt, typename Flavour>
  using ProgramOf = TightProgram<Rt, Flavour, kBounds>;
  static constexpr int kCpus = kThreads, kFirstReader = 1;
  static constexpr bool kOnlyExpedited = true;
  static constexpr const char* kError = "data race";  // of a reader with the poisoning
  static Verdict Everywhere(std::string why) { return classic::Everywhere(kError, std::move(why)); }
  static Verdict UnlessSc(std::string_view model, std::string why) {
    return classic::UnlessSc(model, kError, std::move(why));
  }
};

struct TightSrcu : SrcuTorture<Tight<>> {
  static constexpr std::string_view kName = "torture_tight_srcu";
  static constexpr std::string_view kQuestion =
      "does no reader of SRCU span a grace period, at full speed? (bound: 1 reader, 1 section, 1 "
      "update)";
  using Mutants = TypeList<NoB, NoSecondScan, NoWait>;
};

struct TightSrcuReaders : SrcuTorture<Tight<TightBounds{.readers = 2}>> {
  static constexpr std::string_view kName = "torture_tight_srcu_readers";
  static constexpr std::string_view kQuestion =
      "does no reader of SRCU span a grace period, at full speed? (bound: 2 readers, 1 section, 1 "
      "update)";
  using Mutants = TypeList<NoB, NoSecondScan, NoWait, LocksFirst>;
};

struct TightSrcuFast : SrcuFastTorture<Tight<>> {
  static constexpr std::string_view kName = "torture_tight_srcu_fast";
  static constexpr std::string_view kQuestion =
      "does no reader without barriers span a grace period, at full speed? (bound: 1 reader, 1 "
      "section, 1 update)";
  using Mutants = TypeList<NoBarriers, NoSecondScan, NoWait>;
};

struct TightRcu : RcuTorture<Tight<>> {
  static constexpr std::string_view kName = "torture_tight_rcu";
  static constexpr std::string_view kQuestion =
      "does no reader of RCU span a grace period, at full speed? (bound: 1 reader that comes from "
      "idle, 1 section, 1 update)";
  using Mutants = TypeList<NoWait, OldNumber, NoFirstFence>;
};

struct TightRcuReaders : RcuTorture<Tight<TightBounds{.readers = 2}>> {
  static constexpr std::string_view kName = "torture_tight_rcu_readers";
  static constexpr std::string_view kQuestion =
      "does no reader of RCU span a grace period, at full speed? (bound: 2 readers that come from "
      "idle, 1 section, 1 update)";
  using Mutants = TypeList<NoWait, OldNumber, NoFirstFence>;
};

struct TightRcuPreempt : RcuPreemptTorture<Tight<>> {
  static constexpr std::string_view kName = "torture_tight_rcu_preempt";
  static constexpr std::string_view kQuestion =
      "does no preempted reader span an expedited grace period, at full speed? (bound: 1 task with "
      "1 section, 1 update, 1 preemption, 1 tick)";
  using Mutants = TypeList<NoWait, ForgetsQueued, TickReportsInReader>;
};

struct TightRcuTasks : RcuTasksTorture<Tight<>> {
  static constexpr std::string_view kName = "torture_tight_rcu_tasks";
  static constexpr std::string_view kQuestion =
      "does no task that was preempted twice in a section span a grace period of RCU-tasks, at "
      "full speed? (bound: 1 task with 1 section, 1 update)";
  using Mutants = TypeList<NoWait, CountsPreemption>;
};

struct TightRcuTasksRude : RcuTasksRudeTorture<Tight<>> {
  static constexpr std::string_view kName = "torture_tight_rcu_tasks_rude";
  static constexpr std::string_view kQuestion =
      "does no region with preemption off span a grace period of rude RCU-tasks, at full speed? "
      "(bound: 1 region, 1 update)";
  using Mutants = TypeList<NoWait, SwitchesAmid>;
};

}  // namespace heddle::torture
