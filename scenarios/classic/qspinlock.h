// Linux's queued spinlock: do one word and a queue of CPUs admit one CPU at a time?
//
// The word is (tail, pending, locked).  The second CPU to come spins on the word itself, as the
// pending one; only from the third on is there a queue, whose head waits on the word.
//
//     K1 (0, 0, 0) -> (0, 0, 1)                           CAS, acquire; done
//     K2 tail and pending were 0: set pending             RMW, acquire; were they still?
//     K3   yes: wait until locked is 0                    acquire
//          pending -> locked                              RMW; done
//     K4   no: clear pending, if it was not set before    RMW
//     K5 me.next = none, me.waits = true; tail = me       CAS, acq_rel
//     K6 if there was a tail: link me behind it,          release
//          wait until !me.waits                           acquire
//     K7 wait until pending and locked are 0              acquire
//     K8 tail is me: (me, 0, 0) -> (0, 0, 1)              CAS; done
//     K9 otherwise: set locked; wait until me.next is     acquire
//          set; next.waits = false                        release
//     Release: locked = 0                                 RMW, release
//
// Release pairs with K1, K2, K3 and K7, also through other CPUs' RMWs of the word, which continue
// its release sequence; that is why K3's, K4's, K8's and K9's RMWs can be relaxed.  K5, K6 and K9
// are as M2 to M9 in mcs_lock.h.  If K8 fails, someone has set pending, or come behind: either way
// a CPU will queue, so K9 does not wait in vain.
// Source: Linux, kernel/locking/qspinlock.c (Waiman Long, Peter Zijlstra).  Deviations: Linux
// accesses bytes of the word where it can, which the model cannot; tries once more before K5; and
// waits briefly, not at once in the queue, while pending becomes locked.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/mutual_exclusion.h"
#include "scenarios/classic/verdicts.h"

namespace heddle {

struct QspinSteps {
  std::memory_order pend = std::memory_order_acquire;          ///< K2
  std::memory_order pending_wait = std::memory_order_acquire;  ///< K3
  bool keep_foreign_pending = true;                            ///< K4's condition
  bool clear_own_pending = true;                               ///< K4
  std::memory_order append = std::memory_order_acq_rel;        ///< K5
  std::memory_order link = std::memory_order_release;          ///< K6
  std::memory_order head_wait = std::memory_order_acquire;     ///< K7
  bool wait_for_pending = true;                                ///< K7 looks at pending, too
  std::memory_order pass = std::memory_order_release;          ///< K9
  std::memory_order release = std::memory_order_release;
};

template <Runtime Rt, QspinSteps kSteps>
class Qspinlock {
 public:
  void Acquire(int cpu) {
    Word seen = 0;
    if (word_.compare_exchange_strong(seen, kLocked, std::memory_order_acquire, kRelaxed)) return;
    if ((seen & ~kLocked) != 0 || !BecomePending(seen)) Queue(static_cast<Word>(cpu) + 1, seen);
  }
  void Release(int /*cpu*/) { word_.fetch_sub(kLocked, kSteps.release); }

 private:
  using Word = std::uint32_t;
  static constexpr Word kLocked = 1, kPending = 0x100, kTail = 0x1'0000, kNobody = 0;
  static constexpr auto kRelaxed = std::memory_order_relaxed;

  bool BecomePending(Word& seen) {
    seen = word_.fetch_or(kPending, kSteps.pend);
    if ((seen & ~kLocked) == 0) {
      if (seen != 0)
        word_.await([](Word w) { return (w & kLocked) == 0; }, kSteps.pending_wait,
                    "the holder to leave");
      word_.fetch_add(kLocked - kPending, kRelaxed);
      return true;
    }
    if (kSteps.clear_own_pending && (!kSteps.keep_foreign_pending || (seen & kPending) == 0))
      word_.fetch_and(~kPending, kRelaxed);
    return false;
  }

  void Queue(Word me, Word seen) {
    Next(me).store(kNobody, kRelaxed);
    Waits(me).store(true, kRelaxed);
    if (const Word before = Append(me, seen); before != kNobody) {
      Next(before).store(me, kSteps.link);
      Waits(me).await([](bool waits) { return !waits; }, std::memory_order_acquire,
                      "the CPU before to become the holder");
    }
    constexpr Word kMask = kSteps.wait_for_pending ? kTail - 1 : kLocked;
    seen = word_.await([](Word w) { return (w & kMask) == 0; }, kSteps.head_wait,
                       "the holder and the pending CPU to leave");
    if (seen / kTail == me && word_.compare_exchange_strong(seen, kLocked, kRelaxed, kRelaxed))
      return;
    word_.fetch_or(kLocked, kRelaxed);
    const Word next = Next(me).await([](Word n) { return n != kNobody; }, std::memory_order_acquire,
                                     "the CPU behind to link itself");
    Waits(next).store(false, kSteps.pass);
  }

  /// Makes `me` the tail; returns the one before.
  Word Append(Word me, Word seen) {
    while (!word_.compare_exchange_strong(seen, seen % kTail + me * kTail, kSteps.append, kRelaxed))
      continue;
    return seen / kTail;
  }

  // A node's two halves; its index is checked, since mutants make tails of nothing.
  template <typename T>
  using PerCpu = typename Rt::template Array<typename Rt::template Atomic<T>, 3>;
  auto& Next(Word node) { return next_[node - 1]; }
  auto& Waits(Word node) { return waits_[node - 1]; }

  typename Rt::template Atomic<Word> word_{0, "word"};
  PerCpu<Word> next_{kNobody, "next"};
  PerCpu<bool> waits_{false, "waits"};
};

struct QspinlockScenario {
  static constexpr std::string_view kName = "qspinlock";
  static constexpr std::string_view kQuestion =
      "do one word and a queue of CPUs admit one CPU at a time? (bound: 3 CPUs, 2, 1 and 1 "
      "entries)";
  static constexpr std::string_view kSource = "Linux, kernel/locking/qspinlock.c";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt, QspinSteps kSteps>
  using Code = MutualExclusionProgram<Rt, Qspinlock<Rt, kSteps>, 2, 1, 1>;
  template <Runtime Rt>
  using Program = Code<Rt, QspinSteps{}>;
  static std::vector<Expect> Expected() { return EntryOrders<2, 1, 1>(); }

  struct RelaxedPend {
    static constexpr std::string_view kName = "relaxed-pend";
    static constexpr std::string_view kWhat = "K2 is relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, QspinSteps{.pend = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "if the holder has left before K2, there is no K3");
    }
  };
  struct RelaxedPendingWait {
    static constexpr std::string_view kName = "relaxed-pending-wait";
    static constexpr std::string_view kWhat = "K3 waits relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, QspinSteps{.pending_wait = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed load acquires nothing");
    }
  };
  struct ClearsForeignPending {
    static constexpr std::string_view kName = "clears-foreign-pending";
    static constexpr std::string_view kWhat = "K4 clears pending even if it was set before";
    template <Runtime Rt>
    using Program = Code<Rt, QspinSteps{.keep_foreign_pending = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "without the bit, the pending CPU no longer keeps the queue's head out"};
    }
  };
  struct LeavesPending {
    static constexpr std::string_view kName = "leaves-pending";
    static constexpr std::string_view kWhat = "K4 dropped";
    static constexpr Hardly kHardlyNatively{
        {}, "a CPU must stand still between K1 and K2 while the others pass the lock on twice"};
    template <Runtime Rt>
    using Program = Code<Rt, QspinSteps{.clear_own_pending = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"deadlock", "K7 waits for a pending CPU that there is not"};
    }
  };
  struct AcquireAppend {
    static constexpr std::string_view kName = "acquire-append";
    static constexpr std::string_view kWhat = "K5 is acquire";
    template <Runtime Rt>
    using Program = Code<Rt, QspinSteps{.append = std::memory_order_acquire}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "deadlock", "K5 may wipe out the link that K6 of the next made");
    }
  };
  struct RelaxedLink {
    static constexpr std::string_view kName = "relaxed-link";
    static constexpr std::string_view kWhat = "K6 links relaxed";
    static constexpr std::string_view kSource = "Linux before commit 95bcade33a8a, 2018";
    template <Runtime Rt>
    using Program = Code<Rt, QspinSteps{.link = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "deadlock", "K5 may raise the flag again that K9 lowered");
    }
  };
  struct RelaxedHeadWait {
    static constexpr std::string_view kName = "relaxed-head-wait";
    static constexpr std::string_view kWhat = "K7 is relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, QspinSteps{.head_wait = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed load acquires nothing");
    }
  };
  struct IgnoresPending {
    static constexpr std::string_view kName = "ignores-pending";
    static constexpr std::string_view kWhat = "K7 waits for locked only";
    template <Runtime Rt>
    using Program = Code<Rt, QspinSteps{.wait_for_pending = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"deadlock",
              "the pending CPU takes the word between K7 and K8, so that K8 fails although nobody "
              "is behind (in other executions both CPUs are inside)"};
    }
  };
  struct RelaxedPass {
    static constexpr std::string_view kName = "relaxed-pass";
    static constexpr std::string_view kWhat = "K9 tells the next relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, QspinSteps{.pass = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race",
                           "K7 of the next may read the word as it was before K9");
    }
  };
  struct RelaxedRelease {
    static constexpr std::string_view kName = "relaxed-release";
    static constexpr std::string_view kWhat = "Release is relaxed";
    template <Runtime Rt>
    using Program = Code<Rt, QspinSteps{.release = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "a relaxed RMW releases nothing");
    }
  };
  using Mutants =
      TypeList<RelaxedPend, RelaxedPendingWait, ClearsForeignPending, LeavesPending, AcquireAppend,
               RelaxedLink, RelaxedHeadWait, IgnoresPending, RelaxedPass, RelaxedRelease>;
};

}  // namespace heddle
