// arm64_nosync: a patcher changes one word and maintains the caches, but interrupts nobody.
//
//     Patcher                      Executor
//     poke nosync (NOP -> BL)      seen = flag (acquire)
//     flag = 1 (release)           arm64_nosync_isb: DSB; ISB
//     own = call function          ran = call function
//
// The patcher runs the new word from then on.  Another CPU that has seen the flag may run the old
// one, however long ago that was, until it synchronises its context: that is what "nosync" means.
// So it is not enough that everybody's caches have been invalidated (Linux commit 3b8c9f1cdfc5,
// 2018: a CPU may have prefetched stale instructions of a module that has just been loaded).
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "scenarios/arm64_site.h"

namespace heddle {

/// What the executor does between the flag and the call.
struct Arm64ExecutorSteps {
  bool wait = true;         ///< DSB: the flag has been read
  bool synchronize = true;  ///< ISB
};

template <Runtime Rt, Arm64ExecutorSteps kExecutor, Arm64Steps kSteps = Arm64Steps{}>
class Arm64NosyncProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Patch() : Execute(); }
  std::array<Observation, 3> Observed() const { return seen_; }

 private:
  using Text = Arm64Text<Rt, 1, kSteps>;

  void Patch() {
    typename Text::Batch batch(code_);
    const auto added =
        batch.Add(arm64_site::kSite, arm64_site::Version(0, 2), arm64_site::Version(1, 2));
    Rt::check(added == PatchError::kNone, "the site can be patched");
    Rt::check(text_.PokeNosync(batch) == PatchError::kNone, "the poke succeeds");
    flag_.store(1, std::memory_order_release);
    Rt::observe(seen_[0], Rt::call(code_, 0));
  }

  void Execute() {
    Rt::observe(seen_[1], flag_.load(std::memory_order_acquire));
    if constexpr (kExecutor.wait) Rt::synchronize_data();
    if constexpr (kExecutor.synchronize) Rt::synchronize_context();
    Rt::observe(seen_[2], Rt::call(code_, 0));
  }

  typename Rt::CodeRegion code_{arm64_site::kCode, {0, 1}, Isa::kArm64};
  Text text_{code_, {{arm64_site::kSite, arm64_site::Version(0, 2)}}};
  typename Rt::template Atomic<int> flag_{0, "flag"};
  std::array<Observation, 3> seen_{{{"own"}, {"seen"}, {"ran"}}};
};

// --- descriptions

struct Arm64NosyncMutants {
  template <Arm64Steps kSteps, Arm64ExecutorSteps kExecutor = Arm64ExecutorSteps{}>
  struct Dropping {
    template <Runtime Rt>
    using Program = Arm64NosyncProgram<Rt, kExecutor, kSteps>;
  };

  struct NoClean : Dropping<Arm64Steps{.clean = false}> {
    static constexpr std::string_view kName = "no-clean";
    static constexpr std::string_view kWhat = "N2, DC CVAU, dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return arm64_mutants::UnlessIdc(model, "forbidden outcome");
    }
  };
  struct NoWaitForClean : Dropping<Arm64Steps{.wait_for_clean = false}> {
    static constexpr std::string_view kName = "no-wait-for-clean";
    static constexpr std::string_view kWhat = "N3, the DSB before IC IVAU, dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return arm64_mutants::UnlessDic(model, "forbidden outcome",
                                      "the old word is fetched again after it was dropped");
    }
  };
  struct NoInvalidate : Dropping<Arm64Steps{.invalidate = false}> {
    static constexpr std::string_view kName = "no-invalidate";
    static constexpr std::string_view kWhat = "N4, IC IVAU, dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return arm64_mutants::UnlessDic(model, "forbidden outcome",
                                      "the instruction cache keeps the old word");
    }
  };
  struct NoWaitForInvalidate : Dropping<Arm64Steps{.wait_for_invalidate = false}> {
    static constexpr std::string_view kName = "no-wait-for-invalidate";
    static constexpr std::string_view kWhat = "N5, the DSB after IC IVAU, dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return arm64_mutants::UnlessDic(model, "forbidden outcome",
                                      "the flag is seen before the invalidation is complete");
    }
  };
  struct NoOwnIsb : Dropping<Arm64Steps{.synchronize_context = false}> {
    static constexpr std::string_view kName = "no-own-isb";
    static constexpr std::string_view kWhat = "N6, the patcher's ISB, dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"forbidden outcome", "the patcher has fetched the old word already"};
    }
  };
  struct NoIsb : Dropping<Arm64Steps{}, Arm64ExecutorSteps{.synchronize = false}> {
    static constexpr std::string_view kName = "no-isb";
    static constexpr int kMuseum = 15;
    static constexpr std::string_view kWhat =
        "the executor's ISB dropped: caches invalidated everywhere, no context synchronised";
    static constexpr std::string_view kSource = "Linux before 3b8c9f1cdfc5 (2018)";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"forbidden outcome", "the executor fetched the old word before it read the flag"};
    }
  };
  struct NoDsb : Dropping<Arm64Steps{}, Arm64ExecutorSteps{.wait = false}> {
    static constexpr std::string_view kName = "no-dsb";
    static constexpr std::string_view kWhat = "the executor's DSB dropped, not its ISB";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"forbidden outcome",
              "an ISB does not wait for the flag unless it depends on it (control) or a DSB does"};
    }
  };
};

struct Arm64Nosync {
  static constexpr std::string_view kName = "arm64_nosync";
  static constexpr std::string_view kQuestion =
      "a word was changed and the caches maintained: who may still run the old one?";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  static constexpr Isa kIsa = Isa::kArm64;
  static constexpr bool kModelOnly = true;  // a mapping per sample
  template <Runtime Rt>
  using Program = Arm64NosyncProgram<Rt, Arm64ExecutorSteps{.wait = false, .synchronize = false}>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{2, 0, 1}, kOk, kOk, kOk, "the executor came before the patch"},
            {{2, 0, 2}, kOk, kOk, kOk, "it ran the new word before it was told"},
            {{2, 1, 2}, kOk, kOk, kOk, "told, then new"},
            {{2, 1, 1}, kOk, kOk, Grade::kWeak, "stale: told, and still the old one"}};
  }
  using Mutants = TypeList<>;
};

struct Arm64NosyncIsb {
  static constexpr std::string_view kName = "arm64_nosync_isb";
  static constexpr std::string_view kQuestion =
      "the same if the executor synchronises its context once it is told";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  static constexpr Isa kIsa = Isa::kArm64;
  static constexpr bool kModelOnly = true;
  template <Runtime Rt>
  using Program = Arm64NosyncProgram<Rt, Arm64ExecutorSteps{}>;
  static std::vector<Expect> Expected() {
    auto rows = Arm64Nosync::Expected();
    Expect& stale = rows.back();
    stale.sc = stale.tso = stale.rc11 = Grade::kForbidden;
    return rows;
  }
  using M = Arm64NosyncMutants;
  using Mutants = TypeList<M::NoClean, M::NoWaitForClean, M::NoInvalidate, M::NoWaitForInvalidate,
                           M::NoOwnIsb, M::NoIsb, M::NoDsb>;
};

}  // namespace heddle
