// A tracepoint that is hit in idle code, and by an NMI anywhere: is what its probe reads freed too
// early, and does RCU watch while it runs?
//
//     Updater, CPU 0                 CPU 1
//     publish the fresh data         hit the tracepoint, in the kernel
//     Synchronize                    go idle, hit it again, come back
//     overwrite the old data
//                                    NMI on CPU 1, anywhere: enter, hit it, exit
//
// The probe reads what is published.  Where a hit is a reader of RCU, not of SRCU, RCU must watch.
// In the end CPU 1's word and nesting are as if nothing had happened.
//
// Source: LKML, "Instrumentation and RCU", March 2020.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "rcu/probe_readers.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

struct IdleTracepointSteps {
  ProbeReadersSteps readers{};
  bool idle = true;  ///< one of the two hits is while CPU 1 is idle
  bool look = true;  ///< the hit does what its policy says; false: it trusts that RCU watches
  bool wait = true;  ///< the updater waits
  bool plain_wait = false;  ///< the updater waits for the other flavour's readers
};

template <Runtime Rt, ProbePolicy kPolicy, int kNmis, IdleTracepointSteps kSteps>
class IdleTracepointProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Update() : Trace(); }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  static constexpr int kOverwritten = 0, kObjects = 8;
  static constexpr bool kWatches = kPolicy != ProbePolicy::kSrcu;
  static constexpr bool kWatchesInIdleCode = kWatches && kPolicy != ProbePolicy::kSrcuInIdle;

  void Update() {
    for (int n = 1; Rt::again(n - 1, 1); ++n) {
      const int old = (n - 1) % kObjects, fresh = n % kObjects;
      object(fresh).store(1 + n % 2);
      kernel::smp_store_release(published_, fresh);
      if constexpr (kSteps.plain_wait)
        tracepoint_.rcu().Synchronize(0);
      else if constexpr (kSteps.wait)
        tracepoint_.Synchronize(0);
      object(old).store(kOverwritten);
      Rt::linger();
    }
  }

  void Trace() {
    auto& rcu = tracepoint_.rcu();
    Rt::set_interrupt_handler(Interrupt::kNmi, kNmis, [this] {
      tracepoint_.rcu().EnterHandler(1);
      Hit(1);
      tracepoint_.rcu().ExitHandler(1);
    });
    for (int i = 0; Rt::again(i, 1); ++i) {
      Hit(0);
      rcu.Leave(1, Context::kIdle);
      if constexpr (kSteps.idle) HitInIdleCode();
      Rt::linger();
      rcu.Return(1);
    }
    rcu.Leave(1, Context::kIdle);
  }

  // A hit that does nothing is accounted for.
  void HitInIdleCode() {
    if constexpr (!kSteps.look) return Probe<false>(0);
    const int refused = tracepoint_.Refused(1);
    bool ran = false;
    tracepoint_.HitInIdleCode(1, [&] {
      Probe<kWatchesInIdleCode>(0);
      ran = true;
    });
    if constexpr (kPolicy == ProbePolicy::kRefuse)
      Rt::check(!ran && tracepoint_.Refused(1) == refused + 1,
                "a hit is lost, and nobody counts it");
    else
      Rt::check(ran, "a hit is lost");
  }
  void Hit(std::size_t in_nmi) {
    if constexpr (kSteps.look)
      tracepoint_.Hit(1, [&] { Probe<kWatches>(in_nmi); });
    else
      Probe<false>(in_nmi);
  }
  template <bool kWatched>
  void Probe(std::size_t in_nmi) {
    if constexpr (kWatched)
      Rt::check(tracepoint_.rcu().IsWatching(1), "a probe runs while RCU does not watch its CPU");
    const int index = kernel::rcu_dereference(published_);
    Rt::linger();
    const int value = object(index).load();
    Rt::check(value != kOverwritten, "a probe reads what the updater has overwritten");
    Rt::observe(seen_[in_nmi], value);
  }
  auto& object(int index) { return objects_[static_cast<std::size_t>(index)]; }

  ProbeReaders<Rt, 2, kPolicy, kSteps.readers> tracepoint_;
  typename Rt::template Array<typename Rt::template Plain<int>, kObjects> objects_{1, "data"};
  typename Rt::template Atomic<int> published_{0, "published"};
  std::array<Observation, 2> seen_{{{"task"}, {"NMI"}}};
};

// --- descriptions

template <ProbePolicy kPolicy>
struct IdleTracepointScenario {
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr bool kIsolated = true;
  static constexpr std::string_view kSource = "LKML, \"Instrumentation and RCU\", March 2020";
  static std::vector<Expect> Expected() {
    std::vector<Expect> rows;
    for (const int by : {0, 1})
      for (const int value : {1, 2})
        rows.push_back(classic::Always({by, value}, "data that was not overwritten"));
    return rows;
  }
  template <IdleTracepointSteps kSteps, int kNmis = 1>
  struct With {
    template <Runtime Rt>
    using Program = IdleTracepointProgram<Rt, kPolicy, kNmis, kSteps>;
  };
  template <Runtime Rt>
  using Program = IdleTracepointProgram<Rt, kPolicy, 1, IdleTracepointSteps{}>;

  struct NoWait : With<IdleTracepointSteps{.wait = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "the updater does not wait";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "a probe may be at the old data");
    }
  };
  struct InnerEndsWatching
      : With<IdleTracepointSteps{
            .readers = {.rcu = {.context = {.count_handlers = false}, .check_use = false}}}> {
    static constexpr std::string_view kName = "inner-ends-watching";
    static constexpr std::string_view kWhat = "the end of any handler switches watching off";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed",
                                 "the probe that is interrupted runs on while RCU does not watch");
    }
  };
  struct NoNestedFence
      : With<IdleTracepointSteps{.readers = {.rcu = {.context = {.fence_nested = false}}}}> {
    static constexpr std::string_view kName = "no-nested-fence";
    static constexpr std::string_view kWhat = "R3 of rcu/context_tracking.h dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "rc11") return {"data race", "the NMI's probe overtakes R1"};
      return {"", "a read-modify-write is a full barrier under this model"};
    }
  };
};

struct IdleTracepointEnter : IdleTracepointScenario<ProbePolicy::kEnterAlways> {
  static constexpr std::string_view kName = "idle_tracepoint_enter";
  static constexpr std::string_view kQuestion =
      "may probes read what RCU protects, also in idle code, if every hit enters as handlers do? "
      "(bound: 1 update, 2 hits, 1 NMI that hits)";
  using Mutants = TypeList<NoWait, InnerEndsWatching, NoNestedFence>;
};

struct IdleTracepointSrcu : IdleTracepointScenario<ProbePolicy::kSrcu> {
  static constexpr std::string_view kName = "idle_tracepoint_srcu";
  static constexpr std::string_view kQuestion =
      "may probes read what SRCU protects, also in idle code? (bound: 1 update, 2 hits, 1 NMI that "
      "hits)";

  struct SplitLock : With<IdleTracepointSteps{
                         .readers = {.srcu = {.nmisafe_unlock = true, .check_use = false}}}> {
    static constexpr std::string_view kName = "split-lock";
    static constexpr std::string_view kWhat = "R2 of rcu/srcu.h is a load and a store";
    static constexpr std::string_view kSource =
        "Linux before commits 1123a6041654 and cdf7abc4610a, 2017";
    static constexpr int kMuseum = 9;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock",
                                 "the NMI's lock is lost, its unlock is not: the sums never agree");
    }
  };
  struct SplitUnlock
      : With<IdleTracepointSteps{.readers = {.srcu = {.nmisafe_lock = true, .check_use = false}}}> {
    static constexpr std::string_view kName = "split-unlock";
    static constexpr std::string_view kWhat = "R3 of rcu/srcu.h is a load and a store";
    static constexpr Hardly kHardlyNatively{
        {}, "an NMI must come between the load and the store of one unlock"};
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("deadlock",
                                 "the NMI's unlock is lost, its lock is not: the sums never agree");
    }
  };
  struct SplitChecked : With<IdleTracepointSteps{.readers = {.srcu = {}}}> {
    static constexpr std::string_view kName = "split-checked";
    static constexpr std::string_view kWhat = "both are loads and stores, and misuse is reported";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("misuse", "reported before anything goes wrong");
    }
  };
  struct SplitNoNmi : With<IdleTracepointSteps{.readers = {.srcu = {}}}, 0> {
    static constexpr std::string_view kName = "split-no-nmi";
    static constexpr std::string_view kWhat = "both are loads and stores, and no NMI comes";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "nothing else changes this CPU's counters"};
    }
  };
  struct ProbeReadsRcu : With<IdleTracepointSteps{.plain_wait = true}> {
    static constexpr std::string_view kName = "probe-reads-rcu";
    static constexpr std::string_view kWhat =
        "the probe reads what RCU protects: the updater waits for RCU only";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "RCU does not wait for a probe in idle code");
    }
  };
  using Mutants = TypeList<NoWait, SplitLock, SplitUnlock, SplitChecked, SplitNoNmi, ProbeReadsRcu>;
};

struct IdleTracepointSrcuInIdle : IdleTracepointScenario<ProbePolicy::kSrcuInIdle> {
  static constexpr std::string_view kName = "idle_tracepoint_srcu_in_idle";
  static constexpr std::string_view kQuestion =
      "may probes read what both RCU and SRCU protect, if hits in idle code are SRCU's readers and "
      "all others RCU's? (bound: 1 update, 2 hits, 1 NMI that hits)";

  struct RcuOnly : With<IdleTracepointSteps{.readers = {.wait_for_srcu = false}}> {
    static constexpr std::string_view kName = "rcu-only";
    static constexpr std::string_view kWhat = "the updater waits for RCU only";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "RCU does not wait for a probe in idle code");
    }
  };
  struct SrcuOnly : With<IdleTracepointSteps{.readers = {.wait_for_rcu = false}}> {
    static constexpr std::string_view kName = "srcu-only";
    static constexpr std::string_view kWhat = "the updater waits for SRCU only";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "SRCU does not wait for a probe in the kernel");
    }
  };
  using Mutants = TypeList<NoWait, RcuOnly, SrcuOnly>;
};

struct IdleTracepointLook : IdleTracepointScenario<ProbePolicy::kWatchingFirst> {
  static constexpr std::string_view kName = "idle_tracepoint_look";
  static constexpr std::string_view kQuestion =
      "may probes read what RCU protects, also in idle code, if a hit enters only where RCU does "
      "not watch? (bound: 1 update, 2 hits, 1 NMI that hits)";

  struct Trusts : With<IdleTracepointSteps{.look = false}> {
    static constexpr std::string_view kName = "trusts";
    static constexpr std::string_view kWhat = "a hit does not look whether RCU watches";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "RCU does not wait for a probe in idle code");
    }
  };
  struct TrustsNotIdle : With<IdleTracepointSteps{.idle = false, .look = false}> {
    static constexpr std::string_view kName = "trusts-not-idle";
    static constexpr std::string_view kWhat = "the same, and no hit is in idle code";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "RCU watches wherever it is hit, in the NMI, too"};
    }
  };
  using Mutants = TypeList<NoWait, InnerEndsWatching, NoNestedFence, Trusts, TrustsNotIdle>;
};

struct IdleTracepointRefuse : IdleTracepointScenario<ProbePolicy::kRefuse> {
  static constexpr std::string_view kName = "idle_tracepoint_refuse";
  static constexpr std::string_view kQuestion =
      "may probes read what RCU protects if hits do nothing where RCU does not watch? (bound: 1 "
      "update, 2 hits, 1 NMI that hits)";

  struct Uncounted : With<IdleTracepointSteps{.readers = {.count_refused = false}}> {
    static constexpr std::string_view kName = "uncounted";
    static constexpr std::string_view kWhat = "hits that are refused are not counted";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "nothing tells that an event is missing");
    }
  };
  using Mutants = TypeList<NoWait, NoNestedFence, Uncounted>;
};

}  // namespace heddle
