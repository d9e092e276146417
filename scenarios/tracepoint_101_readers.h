// Tracepoints that are hit in idle code, too: are arrays and data of probes freed only when no hit,
// of whichever kind of reader, has them any more?
//
// The program is tracepoint_probes.h's, 1 -> 0 -> 1 probe, with each policy of rcu/probe_readers.h;
// the site's call is a variable.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"
#include "scenarios/tracepoint.h"
#include "scenarios/tracepoint_probes.h"

namespace heddle {

template <ProbePolicy kPolicy>
struct TracepointIdleScenario : TracepointScenario {
  static constexpr TracepointScript kScript{.probes = 1,
                                            .steps = {{{Change::kRemove, 1}, {Change::kAdd, 2}}},
                                            .hits = 2,
                                            .idle_hits = true};
  static constexpr RcuSteps kRcu{.check_use = false};
  static constexpr SrcuSteps kSrcu{.check_use = false};

  template <ProbeReadersSteps kReaders, ProbePolicy kOther = kPolicy>
  struct With {
    template <Runtime Rt>
    using Program = TracepointProbesProgram<Rt, VariableSite<Rt>, kScript,
                                            TracepointSteps{}.WithMemory(), kOther, kReaders>;
  };
  template <Runtime Rt>
  using Program =
      typename With<ProbeReadersSteps{.rcu = kRcu, .srcu = kSrcu}>::template Program<Rt>;
  static std::vector<Expect> Expected() {
    if (kPolicy == ProbePolicy::kRefuse) return CallsAlsoInIdleCode({1, 2, 0}, {0});
    return CallsAlsoInIdleCode({1, 2, 0}, {1, 2, 0});
  }

  struct NoWait : With<ProbeReadersSteps{
                      .rcu = kRcu, .srcu = kSrcu, .wait_for_rcu = false, .wait_for_srcu = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "nobody is waited for";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return TracepointScenario::Freed("a hit is at the old array");
    }
  };
  /// RCU's readers, whatever the CPU does.
  struct Plain : With<ProbeReadersSteps{.rcu = kRcu}, ProbePolicy::kPlain> {
    static constexpr std::string_view kName = "plain";
    static constexpr std::string_view kWhat = "a hit does not care whether RCU watches";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return TracepointScenario::Freed("nobody waits for a hit in idle code");
    }
  };
};

struct Tracepoint101Enter : TracepointIdleScenario<ProbePolicy::kEnterAlways> {
  static constexpr std::string_view kName = "tracepoint_101_enter";
  static constexpr std::string_view kQuestion =
      "the same as tracepoint_101, with hits in idle code, if every hit enters as handlers do? "
      "(bound: 1 -> 0 -> 1 probe, 2 hits in the kernel, 2 in idle code)";
  using Mutants = TypeList<NoWait, Plain>;
};

struct Tracepoint101Srcu : TracepointIdleScenario<ProbePolicy::kSrcu> {
  static constexpr std::string_view kName = "tracepoint_101_srcu";
  static constexpr std::string_view kQuestion =
      "… if hits are readers of SRCU? (bound: 1 -> 0 -> 1 probe, 2 hits in the kernel, 2 in idle "
      "code)";
  using Mutants = TypeList<NoWait>;
};

struct Tracepoint101SrcuInIdle : TracepointIdleScenario<ProbePolicy::kSrcuInIdle> {
  static constexpr std::string_view kName = "tracepoint_101_srcu_in_idle";
  static constexpr std::string_view kQuestion =
      "… if hits in idle code are SRCU's readers, all others RCU's, and unregistering waits for "
      "both? (bound: 1 -> 0 -> 1 probe, 2 hits in the kernel, 2 in idle code)";

  struct RcuOnly : With<ProbeReadersSteps{.rcu = kRcu, .srcu = kSrcu, .wait_for_srcu = false}> {
    static constexpr std::string_view kName = "rcu-only";
    static constexpr std::string_view kWhat = "unregistering waits for RCU only";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return TracepointScenario::Freed("a hit in idle code is at the old array");
    }
  };
  struct SrcuOnly : With<ProbeReadersSteps{.rcu = kRcu, .srcu = kSrcu, .wait_for_rcu = false}> {
    static constexpr std::string_view kName = "srcu-only";
    static constexpr std::string_view kWhat = "unregistering waits for SRCU only";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return TracepointScenario::Freed("a hit in the kernel is at the old array");
    }
  };
  using Mutants = TypeList<NoWait, RcuOnly, SrcuOnly>;
};

struct Tracepoint101Look : TracepointIdleScenario<ProbePolicy::kWatchingFirst> {
  static constexpr std::string_view kName = "tracepoint_101_look";
  static constexpr std::string_view kQuestion =
      "… if a hit enters only where RCU does not watch? (bound: 1 -> 0 -> 1 probe, 2 hits in the "
      "kernel, 2 in idle code)";
  using Mutants = TypeList<NoWait, Plain>;
};

struct Tracepoint101Refuse : TracepointIdleScenario<ProbePolicy::kRefuse> {
  static constexpr std::string_view kName = "tracepoint_101_refuse";
  static constexpr std::string_view kQuestion =
      "… if hits do nothing where RCU does not watch? (bound: 1 -> 0 -> 1 probe, 2 hits in the "
      "kernel, 2 in idle code)";
  using Mutants = TypeList<NoWait>;
};

}  // namespace heddle
