// MCS lock: does a queue in which each CPU waits on a flag of its own admit one CPU at a time?
//
//     Acquire (me)                                    Release (me)
//     M1 me.next = none, me.waits = true              M6 if me.next is none:
//     M2 p = tail, tail = me (RMW, acq_rel)           M7   if tail is me, tail = none (CAS,
//     M3 if p: p.next = me (release)                         release); done
//     M4   wait until !me.waits (acquire)             M8   wait until me.next is set
//     M5 (inside)                                     M9 me.next.waits = false (release)
//
// What pairs with what: M9 with M4, and M7 with M2's acquire half, pass on the critical section.
// M2's release half with that of the next CPU's M2 keeps that CPU's M3 after M1, so that the link
// is not lost; M3 with M6 and M8 (acquire) keeps M9 after the next CPU's M1 likewise.
// Source: Mellor-Crummey, Scott, "Algorithms for Scalable Synchronization on Shared-Memory
// Multiprocessors", TOCS 9(1), 1991.
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

struct McsSteps {
  std::memory_order swap = std::memory_order_acq_rel;   ///< M2
  std::memory_order link = std::memory_order_release;   ///< M3
  std::memory_order wait = std::memory_order_acquire;   ///< M4
  std::memory_order look = std::memory_order_acquire;   ///< M6
  std::memory_order leave = std::memory_order_release;  ///< M7
  bool wait_for_link = true;                            ///< M8
  std::memory_order pass = std::memory_order_release;   ///< M9
};

template <Runtime Rt, McsSteps kSteps>
class McsLock {
 public:
  void Acquire(int cpu) {
    const int me = cpu + 1;
    At(me).next.store(kNone, kRelaxed);
    At(me).waits.store(true, kRelaxed);
    const int before = tail_.exchange(me, kSteps.swap);
    if (before == kNone) return;
    At(before).next.store(me, kSteps.link);
    At(me).waits.await([](bool waits) { return !waits; }, kSteps.wait, "the CPU before to leave");
  }
  void Release(int cpu) {
    const int me = cpu + 1;
    int next = At(me).next.load(kSteps.look);
    if (next == kNone) {
      int expected = me;
      if (tail_.compare_exchange_strong(expected, kNone, kSteps.leave, kRelaxed)) return;
      if constexpr (!kSteps.wait_for_link) return;
      next = At(me).next.await([](int n) { return n != kNone; }, std::memory_order_acquire,
                               "the CPU behind to link itself");
    }
    At(next).waits.store(false, kSteps.pass);
  }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  static constexpr int kNone = 0;  // nodes are named by cpu + 1

  struct Node {
    typename Rt::template Atomic<int> next{kNone, "next"};
    typename Rt::template Atomic<bool> waits{false, "waits"};
  };
  Node& At(int node) { return nodes_[static_cast<std::size_t>(node - 1)]; }

  std::array<Node, 3> nodes_;
  typename Rt::template Atomic<int> tail_{kNone, "tail"};
};

struct Mcs {
  static constexpr std::string_view kName = "mcs_lock";
  static constexpr std::string_view kQuestion =
      "does a queue in which each CPU waits on its own flag admit one at a time? (bound: 3 CPUs, "
      "1, 1 and 2 entries)";
  static constexpr std::string_view kSource = "Mellor-Crummey, Scott, TOCS 9(1), 1991";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt, McsSteps kSteps>
  using Code = MutualExclusionProgram<Rt, McsLock<Rt, kSteps>, 1, 1, 2>;
  template <Runtime Rt>
  using Program = Code<Rt, McsSteps{}>;
  static std::vector<Expect> Expected() { return EntryOrders<1, 1, 2>(); }

  struct SwapNoRelease {
    static constexpr std::string_view kName = "swap-without-release";
    static constexpr std::string_view kWhat = "M2 is acquire";
    template <Runtime Rt>
    using Program = Code<Rt, McsSteps{.swap = std::memory_order_acquire}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "deadlock", "M1 may wipe out the link that M3 of the next made");
    }
  };
  struct SwapNoAcquire {
    static constexpr std::string_view kName = "swap-without-acquire";
    static constexpr std::string_view kWhat = "M2 is release";
    template <Runtime Rt>
    using Program = Code<Rt, McsSteps{.swap = std::memory_order_release}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "an empty queue is no sign of what was done before");
    }
  };
  struct RelaxedLink {
    static constexpr std::string_view kName = "relaxed-link";
    static constexpr std::string_view kWhat = "M3 is relaxed";
    static constexpr std::string_view kSource = "DPDK before commit 021b698eb56e";
    template <Runtime Rt>
    using Program = Code<Rt, McsSteps{.link = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "deadlock", "M1 may raise the flag again that M9 lowered");
    }
  };
  struct RelaxedWait {
    static constexpr std::string_view kName = "relaxed-wait";
    static constexpr std::string_view kWhat = "M4 is relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, McsSteps{.wait = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed load acquires nothing");
    }
  };
  struct RelaxedLook {
    static constexpr std::string_view kName = "relaxed-look";
    static constexpr std::string_view kWhat = "M6 is relaxed";
    static constexpr std::string_view kSource =
        "DPDK; Vithanage, patch “eal: correct memory ordering in MCS lock”, 2025";
    template <Runtime Rt>
    using Program = Code<Rt, McsSteps{.look = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "deadlock", "M1 may raise the flag again that M9 lowered");
    }
  };
  struct RelaxedLeave {
    static constexpr std::string_view kName = "relaxed-leave";
    static constexpr std::string_view kWhat = "M7 is relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, McsSteps{.leave = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "who finds the queue empty acquires nothing");
    }
  };
  struct NoWaitForLink {
    static constexpr std::string_view kName = "no-wait-for-link";
    static constexpr std::string_view kWhat = "M8 and M9 dropped where there is no link yet";
    template <Runtime Rt>
    using Program = Code<Rt, McsSteps{.wait_for_link = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"deadlock", "a CPU between M2 and M3 is never told"};
    }
  };
  struct RelaxedPass {
    static constexpr std::string_view kName = "relaxed-pass";
    static constexpr std::string_view kWhat = "M9 is relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, McsSteps{.pass = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed store releases nothing");
    }
  };
  using Mutants = TypeList<SwapNoRelease, SwapNoAcquire, RelaxedLink, RelaxedWait, RelaxedLook,
                           RelaxedLeave, NoWaitForLink, RelaxedPass>;
};

}  // namespace heddle
