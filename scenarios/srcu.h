// srcu: when may an updater free an object that readers use in sleepable critical sections?
//
//     Readers                            Updater, once per grace period
//     i = ReadLock                       publish the object's successor (release)
//     the object (acquire), its value    Synchronize
//     ReadUnlock(i)                      reclaim the object: overwrite it
//
// The property is RCU's axiom: no critical section spans a grace period.  A reader that found the
// old object and is still at it when Synchronize returns races with the overwriting.
//
// Source: P. E. McKenney, "Sleepable RCU", LWN, 2006; rcu/srcu.h for the algorithm.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rcu/srcu.h"
#include "runtime/kernel.h"
#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

struct SrcuBounds {
  int periods;                     ///< grace periods
  int sections;                    ///< of each reader
  bool second_only_locks = false;  ///< the second reader leaves the object alone
};

/// `Domain` is of any kind of SRCU, for 3 CPUs.
template <Runtime Rt, SrcuBounds kBounds, typename Domain>
class SrcuProgramOf {
 public:
  void Thread(int cpu) {
    if (cpu == 0) return Update();
    for (int round = 0; Rt::again(round, kBounds.sections); Count(round)) Read(cpu);
  }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  static constexpr int kObjects = kBounds.periods + 1, kReclaimed = 9;

  /// Natively a reader that leaves the object alone may make 30 million rounds per second: an int
  /// would overflow after 70 s.
  static void Count(int& round) {
    if (round < kBounds.sections + kBounds.periods) ++round;
  }

  void Update() {
    for (int round = 0, old = 0; Rt::again(round, kBounds.periods); Count(round)) {
      const int next = (old + 1) % kObjects;
      objects_[next].store(next + 1);
      kernel::smp_store_release(current_, next);
      srcu_.Synchronize();
      objects_[old].store(kReclaimed);
      Rt::linger();
      old = next;
    }
  }
  /// The first reader moves to another CPU in its critical section.
  void Read(int cpu) {
    const auto i = srcu_.ReadLock(cpu);
    int value = 0;
    if (cpu == 1 || !kBounds.second_only_locks) {
      const int index = kernel::rcu_dereference(current_);
      Rt::linger();
      value = objects_[index].load();
    }
    srcu_.ReadUnlock(cpu == 1 ? 0 : cpu, i);
    Rt::check(value != kReclaimed, "a reader reads what the updater has reclaimed");
    if (value != 0) Rt::observe(seen_[static_cast<std::size_t>(cpu - 1)], value);
  }

  typename Rt::template Atomic<int> current_{0, "current"};
  typename Rt::template Array<typename Rt::template Plain<int>, kObjects> objects_{1, "object"};
  Domain srcu_{"domain"};
  std::array<Observation, 2> seen_{{{"CPU 1"}, {"CPU 2"}}};
};

template <Runtime Rt, SrcuBounds kBounds, SrcuSteps kSteps>
using SrcuProgram = SrcuProgramOf<Rt, kBounds, Srcu<Rt, 3, kSteps>>;

// --- descriptions

/// What those here and in scenarios/srcu_wrap.h have in common.
struct SrcuScenario {
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr bool kIsolated = true;
  static constexpr std::string_view kSource =
      "McKenney, Sleepable RCU, LWN 2006; Linux commit f2c46896635c, 2017";

 protected:
  /// Each of the first `readers` readers may see any version; the rest observe nothing.
  static std::vector<Expect> Versions(int readers, int versions) {
    std::vector<Expect> rows;
    for (int reader = 0; reader < readers; ++reader)
      for (int value = 1; value <= versions; ++value)
        rows.push_back(classic::Always({reader, value}, "a version of the object, not reclaimed"));
    return rows;
  }
  static Verdict Holds(std::string why) { return {"", std::move(why)}; }
  static constexpr Hardly kHardlyDelayed{
      {},
      "needs a store that is delayed for as long as a grace period takes, some 100 ns; "
      "torture_tight_srcu and torture_tight_srcu_fast have thousands of times as many chances"};
  static constexpr Hardly kHardlyBetweenSums{
      {},
      "needs a whole critical section of a reader, or some, between two neighbouring sums, some 10 "
      "ns"};
  static constexpr Hardly kHardlyBetweenSteps{
      {}, "needs a reader that loses its CPU between R1 and R2 while a grace period passes"};
  static constexpr std::string_view kRace = "data race";  // of a reader with the reclaiming write
  static Verdict Everywhere(std::string why) {
    return classic::Everywhere(std::string(kRace), std::move(why));
  }
  static Verdict UnlessSc(std::string_view model, std::string why) {
    return classic::UnlessSc(model, std::string(kRace), std::move(why));
  }
  static Verdict OnlyRc11(std::string_view model, std::string why) {
    return classic::OnlyRc11(model, std::string(kRace), std::move(why));
  }
};

struct SrcuPeriods : SrcuScenario {
  static constexpr std::string_view kName = "srcu";
  static constexpr std::string_view kQuestion =
      "does no reader span a grace period? (bound: 2 readers, 2 sections each, 2 grace periods)";
  static constexpr SrcuBounds kBounds{.periods = 2, .sections = 2};
  template <SrcuSteps kSteps>
  struct With {
    template <Runtime Rt>
    using Program = SrcuProgram<Rt, kBounds, kSteps>;
  };
  template <Runtime Rt>
  using Program = SrcuProgram<Rt, kBounds, SrcuSteps{}>;

  static std::vector<Expect> Expected() { return Versions(2, 3); }

  struct NoB : With<SrcuSteps{.b = false}> {
    static constexpr std::string_view kName = "no-b";
    static constexpr std::string_view kWhat = "B dropped: no barrier behind ReadLock's increment";
    static constexpr Hardly kHardlyNatively = kHardlyDelayed;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return UnlessSc(model, "the reader finds the old object before anyone sees it counted in");
    }
  };
  struct NoC : With<SrcuSteps{.c = false}> {
    static constexpr std::string_view kName = "no-c";
    static constexpr std::string_view kWhat = "C dropped: no barrier before ReadUnlock's increment";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyRc11(model, "the reader is counted out before it has read the object");
    }
  };
  struct NoA : With<SrcuSteps{.a = false}> {
    static constexpr std::string_view kName = "no-a";
    static constexpr std::string_view kWhat = "A dropped: no barrier between the sums";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "tso") return Holds("tso keeps loads in order, and S is B's partner");
      return OnlyRc11(model,
                      "a reader is counted out that is not counted in, instead of one that "
                      "is still inside");
    }
  };
  struct NoAS : With<SrcuSteps{.a = false, .start = false}> {
    static constexpr std::string_view kName = "no-a-nor-s";
    static constexpr std::string_view kWhat =
        "A and S dropped: no barrier between the unpublication "
        "and G1";
    static constexpr Hardly kHardlyNatively = kHardlyDelayed;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return UnlessSc(model,
                      "G1 overtakes the unpublication: it misses a reader that is late under "
                      "its index and finds the old object");
    }
  };
  struct LocksFirst : With<SrcuSteps{.unlocks_first = false}> {
    static constexpr std::string_view kName = "locks-first";
    static constexpr std::string_view kWhat = "locks are summed before unlocks";
    static constexpr std::string_view kSource = "Linux commit f2c46896635c, 2017, for the order";
    static constexpr int kMuseum = 10;
    static constexpr Hardly kHardlyNatively = kHardlyBetweenSums;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Everywhere(
          "a reader that comes and goes between the sums is counted out instead of one "
          "that is still inside");
    }
  };
  struct NoFirstScan : With<SrcuSteps{.scan_other = false}> {
    static constexpr std::string_view kName = "no-first-scan";
    static constexpr std::string_view kWhat = "G1 dropped";
    static constexpr Hardly kHardlyNatively = kHardlyBetweenSteps;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Everywhere(
          "a reader that had read the index before the grace period before this one "
          "enters under it now");
    }
  };
  struct NoSecondScan : With<SrcuSteps{.scan_used = false}> {
    static constexpr std::string_view kName = "no-second-scan";
    static constexpr std::string_view kWhat = "G3 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Everywhere("nobody waits for readers under the index in use");
    }
  };
  struct NoE : With<SrcuSteps{.e = false}> {
    static constexpr std::string_view kName = "no-e";
    static constexpr std::string_view kWhat = "E dropped: no barrier between G1 and the flip";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Holds("no store takes effect before loads that it depends on");
    }
  };
  struct NoS : With<SrcuSteps{.start = false}> {
    static constexpr std::string_view kName = "no-s";
    static constexpr std::string_view kWhat = "S dropped: no barrier at the start";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Holds("A is between the unpublication and every sum of locks");
    }
  };
  struct NoF : With<SrcuSteps{.end = false}> {
    static constexpr std::string_view kName = "no-f";
    static constexpr std::string_view kWhat = "F dropped: no barrier at the end";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return Holds("A is between every sum of unlocks and the end");
    }
  };
  using Mutants =
      TypeList<NoB, NoC, NoA, NoAS, LocksFirst, NoFirstScan, NoSecondScan, NoE, NoS, NoF>;
};

}  // namespace heddle
