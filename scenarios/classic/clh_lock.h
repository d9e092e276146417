// CLH lock: does a queue in which each CPU waits on its predecessor's flag admit one at a time?
//
//     Acquire (me)                              Release (me)
//     C1 mine.held = true                       C4 mine.held = false (release)
//     C2 before = tail, tail = mine             C5 mine = before
//        (RMW, acq_rel)
//     C3 wait until !before.held (acquire)
//
// C4 pairs with C3.  C2's release half pairs with the acquire half of the next CPU's C2: that CPU
// waits on a node that C1 has marked.  C5: the successor may still look at the own node, but
// nobody looks at the predecessor's any more, so that is the one to use next time.
// Sources: Craig, "Building FIFO and Priority-Queuing Spin Locks from Atomic Swap", University of
// Washington TR 93-02-02, 1993; Magnusson, Landin, Hagersten, "Queue Locks on Cache Coherent
// Multiprocessors", IPPS 1994.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/mutual_exclusion.h"
#include "scenarios/classic/verdicts.h"

namespace heddle {

struct ClhSteps {
  std::memory_order swap = std::memory_order_acq_rel;   ///< C2
  std::memory_order wait = std::memory_order_acquire;   ///< C3
  std::memory_order leave = std::memory_order_release;  ///< C4
  bool take_over = true;                                ///< C5
};

template <Runtime Rt, ClhSteps kSteps>
class ClhLock {
 public:
  void Acquire(int cpu) {
    Cpu& me = cpus_[static_cast<std::size_t>(cpu)];
    Held(me.mine).store(true, std::memory_order_relaxed);
    me.before = tail_.exchange(me.mine, kSteps.swap);
    Held(me.before).await([](bool held) { return !held; }, kSteps.wait, "the CPU before to leave");
  }
  void Release(int cpu) {
    Cpu& me = cpus_[static_cast<std::size_t>(cpu)];
    Held(me.mine).store(false, kSteps.leave);
    if constexpr (kSteps.take_over) me.mine = me.before;
  }

 private:
  struct Cpu {  // used by that CPU only
    int mine, before = 0;
  };
  auto& Held(int node) { return held_[static_cast<std::size_t>(node)]; }

  // Node 3 is the one that the first CPU to come finds: free.
  std::array<typename Rt::template Atomic<bool>, 4> held_{
      {{false, "held[0]"}, {false, "held[1]"}, {false, "held[2]"}, {false, "held[3]"}}};
  std::array<Cpu, 3> cpus_{{{0}, {1}, {2}}};
  typename Rt::template Atomic<int> tail_{3, "tail"};
};

struct Clh {
  static constexpr std::string_view kName = "clh_lock";
  static constexpr std::string_view kQuestion =
      "does a queue in which each CPU waits on its predecessor's flag admit one at a time? (bound: "
      "3 CPUs, 1, 1 and 2 entries)";
  static constexpr std::string_view kSource =
      "Craig, TR 93-02-02, 1993; Magnusson, Landin, Hagersten, IPPS 1994";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt, ClhSteps kSteps>
  using Code = MutualExclusionProgram<Rt, ClhLock<Rt, kSteps>, 1, 1, 2>;
  template <Runtime Rt>
  using Program = Code<Rt, ClhSteps{}>;
  static std::vector<Expect> Expected() { return EntryOrders<1, 1, 2>(); }

  struct SwapNoRelease {
    static constexpr std::string_view kName = "swap-without-release";
    static constexpr std::string_view kWhat = "C2 is acquire";
    template <Runtime Rt>
    using Program = Code<Rt, ClhSteps{.swap = std::memory_order_acquire}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "the next CPU may miss C1's mark");
    }
  };
  struct SwapNoAcquire {
    static constexpr std::string_view kName = "swap-without-acquire";
    static constexpr std::string_view kWhat = "C2 is release";
    template <Runtime Rt>
    using Program = Code<Rt, ClhSteps{.swap = std::memory_order_release}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "C3 may read what its node held before C1's mark");
    }
  };
  struct RelaxedWait {
    static constexpr std::string_view kName = "relaxed-wait";
    static constexpr std::string_view kWhat = "C3 is relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, ClhSteps{.wait = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed load acquires nothing");
    }
  };
  struct RelaxedLeave {
    static constexpr std::string_view kName = "relaxed-leave";
    static constexpr std::string_view kWhat = "C4 is relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, ClhSteps{.leave = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed store releases nothing");
    }
  };
  struct KeepsNode {
    static constexpr std::string_view kName = "keeps-node";
    static constexpr std::string_view kWhat = "C5 dropped: a CPU uses its own node again";
    static constexpr std::string_view kSource =
        "Herlihy, Shavit, The Art of Multiprocessor Programming, 2008, exercises of chapter 7";
    template <Runtime Rt>
    using Program = Code<Rt, ClhSteps{.take_over = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"deadlock", "a CPU that finds its own node at the tail waits for itself"};
    }
  };
  using Mutants = TypeList<SwapNoRelease, SwapNoAcquire, RelaxedWait, RelaxedLeave, KeepsNode>;
};

}  // namespace heddle
