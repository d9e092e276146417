// Ticket lock: does calling numbers admit one CPU at a time?
//
//     Acquire                              Release
//     T1 draw a ticket (RMW)               T3 call the next number (release)
//     T2 wait until it is called (acquire) T4 after the last of all entries: free the lock
//
// T3 pairs with T2: whoever is called sees all that its predecessors did.  T1 needs no order: it
// decides who is next, and nothing is read before T2.  The holder may know that nobody will want
// the lock again, as one does whose lock guards an object that only it still refers to, and then
// T4 is its right: so nobody may touch the lock after T3, not even to see whether to wake somebody.
// Source: Mellor-Crummey, Scott, "Algorithms for Scalable Synchronization on Shared-Memory
// Multiprocessors", TOCS 9(1), 1991, section 2.2; tickets are the sequencers of Reed, Kanodia,
// "Synchronization with Eventcounts and Sequencers", CACM 22(2), 1979.
#pragma once

#include <array>
#include <atomic>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/mutual_exclusion.h"
#include "scenarios/classic/verdicts.h"

namespace heddle {

struct TicketSteps {
  bool atomic_draw = true;                             ///< T1 is one RMW
  std::memory_order wait = std::memory_order_acquire;  ///< T2
  std::memory_order call = std::memory_order_release;  ///< T3
  bool look_after_call = false;                        ///< between T3 and T4
};

template <Runtime Rt, TicketSteps kSteps = TicketSteps{}>
class TicketLock {
 public:
  void Acquire(int /*cpu*/) {
    const int mine = Draw();
    called_.await([mine](int called) { return called == mine; }, kSteps.wait,
                  "the own ticket's turn");
  }
  /// Returns the number that it called.
  int Release(int /*cpu*/) {
    // Only the holder writes called_, so it reads its own number, whatever the order.
    const int next = called_.load(std::memory_order_relaxed) + 1;
    called_.store(next, kSteps.call);
    return next;
  }
  /// How many tickets have been drawn.
  int Drawn() const { return next_.load(std::memory_order_relaxed); }

 private:
  int Draw() {
    if constexpr (kSteps.atomic_draw) return next_.fetch_add(1, std::memory_order_relaxed);
    const int mine = next_.load(std::memory_order_relaxed);
    next_.store(mine + 1, std::memory_order_relaxed);
    return mine;
  }

  typename Rt::template Atomic<int> next_{0, "next"}, called_{0, "called"};
};

/// A ticket lock that is freed after kEntries entries.
template <Runtime Rt, TicketSteps kSteps, int kEntries>
class FreedTicketLock {
 public:
  void Acquire(int cpu) { lock_.Acquire(cpu); }
  void Release(int cpu) {
    Touch();
    const int called = lock_.Release(cpu);
    if constexpr (kSteps.look_after_call) {
      Touch();
      [[maybe_unused]] const bool wake_somebody = lock_.Drawn() != called;
    }
    if (called == kEntries) memory_.store(1);  // T4
  }

 private:
  void Touch() { static_cast<void>(memory_.load()); }

  TicketLock<Rt, kSteps> lock_;
  // Of the object that the lock lies in: read where the lock is used (T1 and T2 come before), and
  // written when it is freed, since it may serve as something else then.
  typename Rt::template Plain<int> memory_{0, "the lock's memory"};
};

struct TicketLockScenario {
  static constexpr std::string_view kName = "ticket_lock";
  static constexpr std::string_view kQuestion =
      "does calling numbers admit one CPU at a time? (bound: 3 CPUs, 1 entry each)";
  static constexpr std::string_view kSource = "Mellor-Crummey, Scott, TOCS 9(1), 1991";
  static constexpr int kThreads = 3;
  static constexpr std::array kAlike = {0, 0, 0};
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt, TicketSteps kSteps>
  using Code = MutualExclusionProgram<Rt, FreedTicketLock<Rt, kSteps, 3>, 1, 1, 1>;
  template <Runtime Rt>
  using Program = Code<Rt, TicketSteps{}>;
  static std::vector<Expect> Expected() { return EntryOrders<1, 1, 1>(); }

  struct LoadThenStore {
    static constexpr std::string_view kName = "load-then-store";
    static constexpr std::string_view kWhat = "T1 is a load and a store";
    template <Runtime Rt>
    using Program = Code<Rt, TicketSteps{.atomic_draw = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "two CPUs draw the same ticket and are called together"};
    }
  };
  struct RelaxedWait {
    static constexpr std::string_view kName = "relaxed-wait";
    static constexpr std::string_view kWhat = "T2 is relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, TicketSteps{.wait = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed load acquires nothing");
    }
  };
  struct RelaxedCall {
    static constexpr std::string_view kName = "relaxed-call";
    static constexpr std::string_view kWhat = "T3 is relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, TicketSteps{.call = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed store releases nothing");
    }
  };
  struct LookAfterCall {
    static constexpr std::string_view kName = "look-after-call";
    static constexpr std::string_view kWhat = "after T3, a look at who waits";
    static constexpr std::string_view kWhyNotNatively =
        "nothing follows from the look: that it reads freed memory is all that is wrong";
    static constexpr std::string_view kSource =
        "Linux's paravirtual ticket locks before commit d6abfdb20223, 2015";
    template <Runtime Rt>
    using Program = Code<Rt, TicketSteps{.look_after_call = true}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "the CPUs called since may have come, gone and freed the lock"};
    }
  };
  using Mutants = TypeList<LoadThenStore, RelaxedWait, RelaxedCall, LookAfterCall>;
};

}  // namespace heddle
