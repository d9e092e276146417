// Dekker's algorithm: do two CPUs exclude each other with loads, stores and fences alone?
//
//     Acquire (me)                              Release (me)
//     D1 wants[me] = 1                          D6 turn = other
//     D2 seq_cst fence                          D7 release fence
//     D3 if wants[other] and turn is other:     D8 wants[me] = 0
//          wants[me] = 0
//          wait until turn is me
//          wants[me] = 1; seq_cst fence
//     D4 wait until wants[other] is 0
//     D5 acquire fence
//
// In `dekker`, all accesses are relaxed.  The fences of D2 and D3 keep each CPU's store of `wants`
// before its load of the other's (as in SB+fences), so at least one sees the other.  D7 pairs with
// D5; as it comes after D6, the stores of `turn` happen in order of the entries, so the last one
// stands.
// `dekker+sc` has no fences: accesses of `wants` are seq_cst, but for the stores of 0, which are
// release.  D3's must be, too: D4 may read it and miss the last D8.
// Source: Dijkstra, "Cooperating Sequential Processes", EWD 123, 1965, which credits T. J. Dekker.
// Deviation: there, D3 and D4 are one loop; only the other CPU ever sets `turn` to me, so nobody
// retreats twice.
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

struct DekkerSteps {
  std::memory_order announce = std::memory_order_relaxed;  ///< D1, and D3 coming back
  std::memory_order look = std::memory_order_relaxed;      ///< D3 and D4
  std::memory_order retreat = std::memory_order_relaxed;   ///< D3's store of 0
  std::memory_order leave = std::memory_order_relaxed;     ///< D8
  bool fence = true;                                       ///< D2
  bool retry_fence = true;                                 ///< D3's
  bool acquire_fence = true;                               ///< D5
  bool release_fence = true;                               ///< D7
  bool turn_first = true;                                  ///< D6 before D7
};

template <Runtime Rt, DekkerSteps kSteps>
class DekkerLock {
 public:
  void Acquire(int me) {
    const int other = 1 - me;
    Wants(me).store(true, kSteps.announce);
    if constexpr (kSteps.fence) Rt::fence(std::memory_order_seq_cst);
    if (Wants(other).load(kSteps.look)) {
      if (turn_.load(kRelaxed) != me) Retreat(me);
      Wants(other).await([](bool wants) { return !wants; }, kSteps.look,
                         "the other to leave or retreat");
    }
    if constexpr (kSteps.acquire_fence) Rt::fence(std::memory_order_acquire);
  }
  void Release(int me) {
    if constexpr (kSteps.turn_first) turn_.store(1 - me, kRelaxed);
    if constexpr (kSteps.release_fence) Rt::fence(std::memory_order_release);
    if constexpr (!kSteps.turn_first) turn_.store(1 - me, kRelaxed);
    Wants(me).store(false, kSteps.leave);
  }

 private:
  static constexpr auto kRelaxed = std::memory_order_relaxed;

  void Retreat(int me) {
    Wants(me).store(false, kSteps.retreat);
    turn_.await([me](int turn) { return turn == me; }, kRelaxed, "the own turn");
    Wants(me).store(true, kSteps.announce);
    if constexpr (kSteps.retry_fence) Rt::fence(std::memory_order_seq_cst);
  }

  auto& Wants(int cpu) { return wants_[static_cast<std::size_t>(cpu)]; }

  std::array<typename Rt::template Atomic<bool>, 2> wants_{
      {{false, "wants[0]"}, {false, "wants[1]"}}};
  typename Rt::template Atomic<int> turn_{0, "turn"};
};

/// No fences; accesses of `wants` have these orders, stores of 0 the last two.
constexpr DekkerSteps DekkerWithoutFences(std::memory_order announce, std::memory_order look,
                                          std::memory_order retreat, std::memory_order leave) {
  return {announce, look, retreat, leave, false, false, false, false};
}

struct Dekker {
  static constexpr std::string_view kName = "dekker";
  static constexpr std::string_view kQuestion =
      "do loads, stores and fences alone exclude two CPUs? (bound: 2 entries each)";
  static constexpr std::string_view kSource = "Dijkstra, EWD 123, 1965";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  template <Runtime Rt, DekkerSteps kSteps>
  using Code = MutualExclusionProgram<Rt, DekkerLock<Rt, kSteps>, 2, 2>;
  template <Runtime Rt>
  using Program = Code<Rt, DekkerSteps{}>;
  static std::vector<Expect> Expected() { return EntryOrders<2, 2>(); }

  struct NoFences {
    static constexpr std::string_view kName = "no-fences";
    static constexpr std::string_view kWhat = "all fences dropped";
    static constexpr std::string_view kSource = "Adve, Gharachorloo, IEEE Computer 29(12), 1996";
    template <Runtime Rt>
    using Program = Code<Rt, DekkerWithoutFences(kRelaxed, kRelaxed, kRelaxed, kRelaxed)>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return NotUnderSc(model, "data race", "both stores of wants wait while both loads miss them");
    }
  };
  struct NoRetryFence {
    static constexpr std::string_view kName = "no-retry-fence";
    static constexpr std::string_view kWhat = "D3's fence dropped";
    static constexpr Hardly kHardlyNatively{
        {}, "a CPU must come back just when the other one tries again: once in some 10^7 samples"};
    template <Runtime Rt>
    using Program = Code<Rt, DekkerSteps{.retry_fence = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return NotUnderSc(model, "data race", "who comes back misses the other's second attempt");
    }
  };
  struct NoAcquireFence {
    static constexpr std::string_view kName = "no-acquire-fence";
    static constexpr std::string_view kWhat = "D5 dropped";
    template <Runtime Rt>
    using Program = Code<Rt, DekkerSteps{.acquire_fence = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "D4 is relaxed and acquires nothing");
    }
  };
  struct NoReleaseFence {
    static constexpr std::string_view kName = "no-release-fence";
    static constexpr std::string_view kWhat = "D7 dropped";
    template <Runtime Rt>
    using Program = Code<Rt, DekkerSteps{.release_fence = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "D8 is relaxed and releases nothing");
    }
  };
  struct TurnAfterFence {
    static constexpr std::string_view kName = "turn-after-fence";
    static constexpr std::string_view kWhat = "D7 before D6";
    template <Runtime Rt>
    using Program = Code<Rt, DekkerSteps{.turn_first = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "deadlock",
                           "an earlier entry's store of turn may land last: a CPU waits for its "
                           "turn after the other's last entry");
    }
  };
  using Mutants = TypeList<NoFences, NoRetryFence, NoAcquireFence, NoReleaseFence, TurnAfterFence>;
};

struct DekkerSc {
  static constexpr std::string_view kName = "dekker+sc";
  static constexpr std::string_view kQuestion =
      "the same with seq_cst accesses and no fences (bound: 2 entries each)";
  static constexpr std::string_view kSource = "Dijkstra, EWD 123, 1965";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr auto kRelaxed = std::memory_order_relaxed;
  static constexpr auto kAcquire = std::memory_order_acquire;
  static constexpr auto kRelease = std::memory_order_release;
  static constexpr auto kSeqCst = std::memory_order_seq_cst;
  template <Runtime Rt>
  using Program = Dekker::Code<Rt, DekkerWithoutFences(kSeqCst, kSeqCst, kRelease, kRelease)>;
  static std::vector<Expect> Expected() { return EntryOrders<2, 2>(); }

  struct AcquireRelease {
    static constexpr std::string_view kName = "acquire-release";
    static constexpr std::string_view kWhat = "D1 and D3 store with release, D3 and D4 acquire";
    static constexpr std::string_view kSource =
        "Intel Itanium Architecture Software Developer's Manual, volume 2, part 2, 2.4.3";
    template <Runtime Rt>
    using Program = Dekker::Code<Rt, DekkerWithoutFences(kRelease, kAcquire, kRelease, kRelease)>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return NotUnderSc(model, "data race", "both stores of wants wait while both loads miss them");
    }
  };
  struct RelaxedRetreat {
    static constexpr std::string_view kName = "relaxed-retreat";
    static constexpr std::string_view kWhat = "D3 stores 0 relaxed";
    template <Runtime Rt>
    using Program = Dekker::Code<Rt, DekkerWithoutFences(kSeqCst, kSeqCst, kRelaxed, kRelease)>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "D4 reads it and not the D8 of the entry before");
    }
  };
  struct RelaxedLeave {
    static constexpr std::string_view kName = "relaxed-leave";
    static constexpr std::string_view kWhat = "D8 is relaxed";
    template <Runtime Rt>
    using Program = Dekker::Code<Rt, DekkerWithoutFences(kSeqCst, kSeqCst, kRelease, kRelaxed)>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "D8 releases nothing");
    }
  };
  using Mutants = TypeList<AcquireRelease, RelaxedRetreat, RelaxedLeave>;
};

}  // namespace heddle
