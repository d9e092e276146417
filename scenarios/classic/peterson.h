// Peterson's algorithm: do two CPUs exclude each other if each yields to the other first?
//
//     Acquire (me)                                        Release (me)
//     P1 wants[me] = 1                                    P4 wants[me] = 0 (release)
//     P2 turn = other
//     P3 wait until wants[other] is 0 or turn is me
//
// Two reorderings break it: P3's loads before P1 and P2, as in SB, and P2 before P1.  So peterson
// makes all of them seq_cst; peterson+fences makes them relaxed, with a seq_cst fence after P1,
// another one after P2, and an acquire fence after P3.  P4 pairs with P3 or with that last fence.
// Source: Peterson, "Myths about the Mutual Exclusion Problem", Information Processing Letters
// 12(3), 1981.
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

struct PetersonSteps {
  std::memory_order announce = std::memory_order_seq_cst;  ///< P1
  std::memory_order yield = std::memory_order_seq_cst;     ///< P2
  std::memory_order look = std::memory_order_seq_cst;      ///< P3
  bool fence_between = false;                              ///< after P1
  bool fence_before_look = false;                          ///< after P2
  bool acquire_fence = false;                              ///< after P3
};

template <Runtime Rt, PetersonSteps kSteps>
class PetersonLock {
 public:
  void Acquire(int me) {
    const int other = 1 - me;
    Wants(me).store(true, kSteps.announce);
    if constexpr (kSteps.fence_between) Rt::fence(std::memory_order_seq_cst);
    turn_.store(other, kSteps.yield);
    if constexpr (kSteps.fence_before_look) Rt::fence(std::memory_order_seq_cst);
    // Of two cells, so no await of one: an execution per value that makes it fail is thrown away.
    Rt::spin_until([&] { return !Wants(other).load(kSteps.look) || turn_.load(kSteps.look) == me; },
                   "the other to leave or to yield");
    // Whoever enters by `turn` alone has not read what P4 stored, but what the other stored next;
    // the fence after P1 makes that store of `turn` a release, too.
    if constexpr (kSteps.acquire_fence) Rt::fence(std::memory_order_acquire);
  }
  void Release(int me) { Wants(me).store(false, std::memory_order_release); }

 private:
  auto& Wants(int cpu) { return wants_[static_cast<std::size_t>(cpu)]; }

  std::array<typename Rt::template Atomic<bool>, 2> wants_{
      {{false, "wants[0]"}, {false, "wants[1]"}}};
  typename Rt::template Atomic<int> turn_{0, "turn"};
};

struct Peterson {
  static constexpr std::string_view kName = "peterson";
  static constexpr std::string_view kQuestion =
      "do two CPUs exclude each other if each yields to the other first? (bound: 2 entries each)";
  static constexpr std::string_view kSource = "Peterson, IPL 12(3), 1981";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt, PetersonSteps kSteps>
  using Code = MutualExclusionProgram<Rt, PetersonLock<Rt, kSteps>, 2, 2>;
  template <Runtime Rt>
  using Program = Code<Rt, PetersonSteps{}>;
  static std::vector<Expect> Expected() { return EntryOrders<2, 2>(); }

  struct AcquireRelease {
    static constexpr std::string_view kName = "acquire-release";
    static constexpr std::string_view kWhat = "P1 and P2 are release, P3 is acquire";
    static constexpr std::string_view kSource = "Ryan, “Peterson's Algorithm”, niallryan.com";
    template <Runtime Rt>
    using Program = Code<Rt, PetersonSteps{.announce = std::memory_order_release,
                                           .yield = std::memory_order_release,
                                           .look = std::memory_order_acquire}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return NotUnderSc(model, "data race", "both CPUs look before their stores are seen");
    }
  };
  struct ReleaseAnnounce {
    static constexpr std::string_view kName = "release-announce";
    static constexpr std::string_view kWhat = "P1 is release";
    template <Runtime Rt>
    using Program = Code<Rt, PetersonSteps{.announce = std::memory_order_release}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model == "tso") return {"", "P2 drains the store buffer before P3"};
      return NotUnderSc(model, "data race", "P1 is outside the order of seq_cst accesses");
    }
  };
  struct ReleaseYield {
    static constexpr std::string_view kName = "release-yield";
    static constexpr std::string_view kWhat = "P2 is release";
    template <Runtime Rt>
    using Program = Code<Rt, PetersonSteps{.yield = std::memory_order_release}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return NotUnderSc(model, "data race",
                        "a CPU enters before its store of turn lands, on top of the other's");
    }
  };
  struct AcquireLook {
    static constexpr std::string_view kName = "acquire-look";
    static constexpr std::string_view kWhat = "P3 is acquire";
    template <Runtime Rt>
    using Program = Code<Rt, PetersonSteps{.look = std::memory_order_acquire}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(
          model, "data race",
          "P3 is outside the order of seq_cst accesses, and both CPUs may miss P1");
    }
  };
  using Mutants = TypeList<AcquireRelease, ReleaseAnnounce, ReleaseYield, AcquireLook>;
};

/// Acquire's accesses relaxed, with the given fences.  Instead of the one between P1 and P2, P2 is
/// a release store, so that it still releases the last entry, and order alone is what is missing.
constexpr PetersonSteps RelaxedPeterson(bool between, bool before_look, bool acquire) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  const auto yield = between ? kRelaxed : std::memory_order_release;
  return {kRelaxed, yield, kRelaxed, between, before_look, acquire};
}

struct PetersonFenced {
  static constexpr std::string_view kName = "peterson+fences";
  static constexpr std::string_view kQuestion =
      "the same with relaxed accesses and fences (bound: 2 entries each)";
  static constexpr std::string_view kSource = "Peterson, IPL 12(3), 1981";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = Peterson::Code<Rt, RelaxedPeterson(true, true, true)>;
  static std::vector<Expect> Expected() { return EntryOrders<2, 2>(); }

  struct OneFence {
    static constexpr std::string_view kName = "one-fence";
    static constexpr std::string_view kWhat = "no fence between P1 and P2, P2 is release";
    static constexpr std::string_view kSource = "stress-ng, stress-peterson.c, 2022 to 2025";
    template <Runtime Rt>
    using Program = Peterson::Code<Rt, RelaxedPeterson(false, true, true)>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race",
                           "P2 may land, and the other's P2 over it, before P1 is seen");
    }
  };
  struct NoFenceBeforeLook {
    static constexpr std::string_view kName = "no-fence-before-look";
    static constexpr std::string_view kWhat = "no fence between P2 and P3";
    template <Runtime Rt>
    using Program = Peterson::Code<Rt, RelaxedPeterson(true, false, true)>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return NotUnderSc(model, "data race",
                        "a CPU enters before its store of turn lands, on top of the other's");
    }
  };
  struct NoAcquireFence {
    static constexpr std::string_view kName = "no-acquire-fence";
    static constexpr std::string_view kWhat = "no fence after P3";
    static constexpr std::string_view kSource = "stress-ng, pull request 601, 2026";
    template <Runtime Rt>
    using Program = Peterson::Code<Rt, RelaxedPeterson(true, true, false)>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race", "P3 is relaxed and acquires nothing");
    }
  };
  using Mutants = TypeList<OneFence, NoFenceBeforeLook, NoAcquireFence>;
};

}  // namespace heddle
