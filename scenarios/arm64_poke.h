// arm64_poke_*: a patcher changes the instruction at one site while executors call through it.
//
//     Patcher                          Executor (one or two)
//     for each version v:              again and again:
//       started = v                      low = finished (acquire)
//       poke(site, instruction(v))       r = call function; what it returns tells the version
//       finished = v (release)           high = started
//
// With PokeAndSync an executor runs a version between `low` and `high`; while a poke is going on it
// may run the new one and then the old one again (on CPUs without DIC: fetches of one word are not
// coherent).  With PokeByBreakpoint it never does: once new, never old.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "scenarios/arm64_site.h"

namespace heddle {

enum class Arm64Protocol { kNosync, kSync, kBreakpoint };

template <Runtime Rt, Arm64Protocol kProtocol, int kExecutors, int kPokes, int kCalls,
          Arm64Steps kSteps = Arm64Steps{}>
class Arm64PokeProgram {
 public:
  Arm64PokeProgram() { Rt::set_trap_handler(&Text::OnTrap, &text_); }

  void Thread(int cpu) { cpu == 0 ? Patch() : Execute(); }
  std::array<Observation, 1> Observed() const { return {returned_[0]}; }

 private:
  using Text = Arm64Text<Rt, 1, kSteps>;
  static constexpr int kVersions = kPokes == 1 ? 2 : 3;  // so that a bounded run comes to each

  void Patch() {
    for (int v = 1; Rt::again(v - 1, kPokes); ++v) {
      started_.store(v, std::memory_order_relaxed);
      // With the fetch of the version's word, or of its BRK.
      Rt::fence(std::memory_order_release);
      typename Text::Batch batch(code_);
      const auto added = batch.Add(arm64_site::kSite, arm64_site::Version(v - 1, kVersions),
                                   arm64_site::Version(v, kVersions));
      Rt::check(added == PatchError::kNone, "the site can be patched");
      Rt::check(Poke(batch) == PatchError::kNone, "the poke succeeds");
      finished_.store(v, std::memory_order_release);
    }
  }

  PatchError Poke(const typename Text::Batch& batch) {
    switch (kProtocol) {
      case Arm64Protocol::kNosync:
        return text_.PokeNosync(batch);
      case Arm64Protocol::kSync:
        return text_.PokeAndSync(batch);
      case Arm64Protocol::kBreakpoint:
        return text_.PokeByBreakpoint(batch);
    }
    return PatchError::kNone;
  }

  void Execute() {
    Observation returned = returned_[0];
    int version = 0;
    for (int i = 0; Rt::again(i, kCalls); ++i) {
      const int low = finished_.load(std::memory_order_acquire);
      const auto r = static_cast<int>(Rt::call(code_, 0));
      const int high = started_.load(std::memory_order_relaxed);
      Rt::observe(returned, r);
      if (kProtocol != Arm64Protocol::kBreakpoint || version < low) version = low;
      while (arm64_site::Returned(version, kVersions) != r && version <= high) ++version;
      Rt::check(version <= high, "an executor ran an instruction older than one it must have seen");
    }
  }

  typename Rt::CodeRegion code_ = MakeText();
  Text text_{code_, {{arm64_site::kSite, arm64_site::Version(0, kVersions)}}};
  typename Rt::template Atomic<int> started_{0, "started"}, finished_{0, "finished"};
  std::array<Observation, 1> returned_{{{"returned"}}};

  static typename Rt::CodeRegion MakeText() {
    if constexpr (kExecutors == 1)
      return {arm64_site::kCode, {1}, Isa::kArm64};
    else
      return {arm64_site::kCode, {1, 2}, Isa::kArm64};
  }
};

// --- descriptions

/// What dropping one step leads to; the table in patching/arm64_text.h says which step is which.
template <Arm64Protocol kProtocol, int kExecutors, int kPokes, int kCalls>
struct Arm64PokeMutants {
  template <Arm64Steps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = Arm64PokeProgram<Rt, kProtocol, kExecutors, kPokes, kCalls, kSteps>;
  };
  // The old word is run where it must not be; or, with a breakpoint, BRK for ever, as T2b retries
  // it.
  static constexpr const char* kOld = "check failed";
  static constexpr const char* kStale =
      kProtocol == Arm64Protocol::kBreakpoint ? "bound exceeded" : kOld;

  // N and S
  struct NoClean : Dropping<Arm64Steps{.clean = false}> {
    static constexpr std::string_view kName = "no-clean";
    static constexpr std::string_view kWhat = "N2, DC CVAU, dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return arm64_mutants::UnlessIdc(model, kStale);
    }
  };
  struct NoWaitForClean : Dropping<Arm64Steps{.wait_for_clean = false}> {
    static constexpr std::string_view kName = "no-wait-for-clean";
    static constexpr std::string_view kWhat = "N3, the DSB before IC IVAU, dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return arm64_mutants::UnlessDic(model, kStale,
                                      "the old word is fetched again after it was dropped");
    }
  };
  struct NoInvalidate : Dropping<Arm64Steps{.invalidate = false}> {
    static constexpr std::string_view kName = "no-invalidate";
    static constexpr std::string_view kWhat = "N4, IC IVAU, dropped";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return arm64_mutants::UnlessDic(model, kStale, "the instruction cache keeps the old word");
    }
  };
  struct NoWaitForInvalidate : Dropping<Arm64Steps{.wait_for_invalidate = false}> {
    static constexpr std::string_view kName = "no-wait-for-invalidate";
    static constexpr std::string_view kWhat = "N5, the DSB after IC IVAU, dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "asking for the interrupt is a DSB as well"};
    }
  };
  struct NoOwnIsb : Dropping<Arm64Steps{.synchronize_context = false}> {
    static constexpr std::string_view kName = "no-own-isb";
    static constexpr std::string_view kWhat = "N6, the patcher's ISB, dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"", "the patcher does not execute this text, and the sync would include it"};
    }
  };
  struct NoSync : Dropping<Arm64Steps{.sync = false}> {
    static constexpr std::string_view kName = "no-sync";
    static constexpr int kMuseum = 14;
    static constexpr std::string_view kWhat =
        "S1 dropped: caches maintained, but no other CPU's context synchronised";
    static constexpr std::string_view kSource = "Linux jump labels before cfb00a357864 (2024)";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {kOld, "an executor that has fetched the old word runs it however late"};
    }
  };

  // B and T
  struct PublishAfterBrk : Dropping<Arm64Steps{.publish_before_brk = false}> {
    static constexpr std::string_view kName = "publish-after-brk";
    static constexpr std::string_view kWhat = "B0 after B2";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"unhandled trap", "a CPU traps before there is a descriptor that claims it"};
    }
  };
  struct NoFenceAfterPublish : Dropping<Arm64Steps{.fence_after_publish = false}> {
    static constexpr std::string_view kName = "no-fence-after-publish";
    static constexpr std::string_view kWhat = "B1 dropped, as the proposal had it: a release store";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"unhandled trap",
              "a release orders what is before it; BRK is after it and may be fetched earlier"};
    }
  };
  struct NoSyncAfterBrk : Dropping<Arm64Steps{.sync_after_brk = false}> {
    static constexpr std::string_view kName = "no-sync-after-brk";
    static constexpr std::string_view kWhat = "B3 dropped, as the proposal had it";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return arm64_mutants::UnlessDic(
          model, kOld, "a CPU does the new instruction, then runs the old one, long since fetched",
          "DIC: after BRK the old word is fetched no more (but see arm64_text_poke)");
    }
  };
  struct NewAtOnce : Dropping<Arm64Steps{.old_until_event = false}> {
    static constexpr std::string_view kName = "new-at-once";
    static constexpr std::string_view kWhat =
        "B5 dropped, as the proposal had it: the handler does the new instruction from B0 on";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return arm64_mutants::UnlessDic(
          model, kOld, "BRK is fetched and the new instruction done, then the old one fetched",
          "DIC: after BRK the old word is fetched no more");
    }
  };
  struct NoSyncAfterNew : Dropping<Arm64Steps{.sync_after_new = false}> {
    static constexpr std::string_view kName = "no-sync-after-new";
    static constexpr std::string_view kWhat = "B7 dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {
          "bound exceeded",
          "a stale BRK is fetched after B8 and retried for ever: nothing synchronises that CPU"};
    }
  };
  struct StrictNoSyncAfterNew
      : Dropping<Arm64Steps{
            .sync_after_new = false, .retry_unclaimed = false, .retry_unlisted = false}> {
    static constexpr std::string_view kName = "strict-no-sync-after-new";
    static constexpr std::string_view kWhat =
        "B7, T2b and T3b dropped: the proposal, with its handler";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"unhandled trap", "a stale BRK is fetched after B8, when no descriptor claims it"};
    }
  };
  struct Strict : Dropping<Arm64Steps{.retry_unclaimed = false, .retry_unlisted = false}> {
    static constexpr std::string_view kName = "strict";
    static constexpr std::string_view kWhat = "T2b and T3b dropped: an unclaimed trap is an error";
    static Verdict Expected(std::string_view, TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel) return {"", "B7 ends all traps before refs becomes 0"};
      return {"unhandled trap", "the signal is delivered after B8"};
    }
  };
  struct NoRecheck : Dropping<Arm64Steps{.recheck_generation = false}> {
    static constexpr std::string_view kName = "no-recheck";
    static constexpr std::string_view kWhat = "T2b does not look at the generation";
    static Verdict Expected(std::string_view, TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel)
        return {"", "no trap is delivered so late that another poke has begun"};
      return {"unhandled trap", "refs was 0 between two pokes, and BRK is the later one's"};
    }
  };
  struct NoWait : Dropping<Arm64Steps{.wait_for_handlers = false}> {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "B8 does not wait for running handlers";
    static Verdict Expected(std::string_view, TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel)
        return {"", "a handler runs with interrupts off, so B7's acknowledgement is after it"};
      return {"data race", "the next poke rewrites the descriptor under a late handler"};
    }
  };
  struct RelaxedDescriptor : Dropping<Arm64Steps{.release_descriptor = false}> {
    static constexpr std::string_view kName = "relaxed-descriptor";
    static constexpr std::string_view kWhat = "B0 publishes refs relaxed";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "refs = 1 may be seen before the descriptor"};
    }
  };
  struct RelaxedReference : Dropping<Arm64Steps{.release_reference = false}> {
    static constexpr std::string_view kName = "relaxed-reference";
    static constexpr std::string_view kWhat = "T5 is relaxed";
    static Verdict Expected(std::string_view, TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel)
        return {"", "B7's acknowledgement already orders the handler before the reuse"};
      return {"data race", "a late handler's reads of the descriptor race with its reuse"};
    }
  };
  struct RelaxedWait : Dropping<Arm64Steps{.acquire_wait = false}> {
    static constexpr std::string_view kName = "relaxed-wait";
    static constexpr std::string_view kWhat = "B8 is relaxed";
    static Verdict Expected(std::string_view, TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel)
        return {"", "B7's acknowledgement already orders the handler before the reuse"};
      return {"data race", "the descriptor's reuse is not ordered after a late handler's reads"};
    }
  };
  struct NoReference : Dropping<Arm64Steps{.take_reference = false}> {
    static constexpr std::string_view kName = "no-reference";
    static constexpr std::string_view kWhat =
        "T2 and T5 only look at refs, as the proposal's handler looks at its address";
    static Verdict Expected(std::string_view, TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel)
        return {"", "a handler runs with interrupts off, so B7's acknowledgement is after it"};
      return {"data race", "a handler that has matched reads the next poke's descriptor"};
    }
  };
  struct NoReferenceNoSync
      : Dropping<Arm64Steps{.sync_after_new = false, .take_reference = false}> {
    static constexpr std::string_view kName = "no-reference-no-sync";
    static constexpr std::string_view kWhat =
        "B7 dropped, T2 and T5 only look: the descriptor is reused as in the proposal";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "a handler that has matched reads the next poke's descriptor"};
    }
  };

  using OfSync =
      TypeList<NoClean, NoWaitForClean, NoInvalidate, NoWaitForInvalidate, NoOwnIsb, NoSync>;
  using OfBreakpoint = TypeList<NoClean, NoWaitForClean, NoInvalidate, NoWaitForInvalidate,
                                NoOwnIsb, PublishAfterBrk, NoFenceAfterPublish, NoSyncAfterBrk,
                                NewAtOnce, NoSyncAfterNew, StrictNoSyncAfterNew, Strict>;
  // Those that two pokes matter to.
  using Twice = TypeList<RelaxedDescriptor, RelaxedReference, RelaxedWait, NoRecheck, NoWait,
                         NoReference, NoReferenceNoSync>;
  // Those that late delivery matters to.
  using Late = TypeList<Strict, RelaxedReference, RelaxedWait, NoRecheck, NoWait, NoReference>;
};

/// What the descriptions below share.
struct Arm64Torture {
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  static constexpr Isa kIsa = Isa::kArm64;
};

struct Arm64PokeSync : Arm64Torture {
  static constexpr std::string_view kName = "arm64_poke_sync";
  static constexpr std::string_view kQuestion =
      "after nosync and an interrupt, does nobody run the old word? (bound: 2 pokes, 2 calls)";
  template <Runtime Rt>
  using Program = Arm64PokeProgram<Rt, Arm64Protocol::kSync, 1, 2, 2>;
  static std::vector<Expect> Expected() { return arm64_site::Outcomes(3); }
  using Mutants = Arm64PokeMutants<Arm64Protocol::kSync, 1, 1, 1>::OfSync;
};

struct Arm64PokeSyncTwo : Arm64Torture {
  static constexpr std::string_view kName = "arm64_poke_sync_2";
  static constexpr std::string_view kQuestion =
      "the same with two executors (bound: 1 poke, 1 call each)";
  static constexpr int kThreads = 3;
  template <Runtime Rt>
  using Program = Arm64PokeProgram<Rt, Arm64Protocol::kSync, 2, 1, 1>;
  static std::vector<Expect> Expected() { return arm64_site::Outcomes(2); }
  using Mutants = TypeList<>;
};

struct Arm64PokeBrk : Arm64Torture {
  static constexpr std::string_view kName = "arm64_poke_brk";
  static constexpr std::string_view kQuestion =
      "with a breakpoint meanwhile: once new, never old? (bound: 1 poke, 2 calls)";
  template <Runtime Rt>
  using Program = Arm64PokeProgram<Rt, Arm64Protocol::kBreakpoint, 1, 1, 2>;
  static std::vector<Expect> Expected() { return arm64_site::Outcomes(2); }
  using Mutants = Arm64PokeMutants<Arm64Protocol::kBreakpoint, 1, 1, 2>::OfBreakpoint;
};

/// The descriptor is reused.
struct Arm64PokeBrkTwice : Arm64Torture {
  static constexpr std::string_view kName = "arm64_poke_brk_twice";
  static constexpr std::string_view kQuestion = "the same with two pokes (bound: 2 pokes, 1 call)";
  static constexpr bool kModelOnly = true;  // natively there is no bound
  template <Runtime Rt>
  using Program = Arm64PokeProgram<Rt, Arm64Protocol::kBreakpoint, 1, 2, 1>;
  static std::vector<Expect> Expected() { return arm64_site::Outcomes(3); }
  using Mutants = Arm64PokeMutants<Arm64Protocol::kBreakpoint, 1, 2, 1>::Twice;
};

struct Arm64PokeBrkTwo : Arm64Torture {
  static constexpr std::string_view kName = "arm64_poke_brk_2";
  static constexpr std::string_view kQuestion =
      "the same with two executors (bound: 1 poke, 1 call each)";
  static constexpr int kThreads = 3;
  template <Runtime Rt>
  using Program = Arm64PokeProgram<Rt, Arm64Protocol::kBreakpoint, 2, 1, 1>;
  static std::vector<Expect> Expected() { return arm64_site::Outcomes(2); }
  using Mutants = TypeList<>;
};

struct Arm64PokeBrkUser : Arm64Torture {
  static constexpr std::string_view kName = "arm64_poke_brk_user";
  static constexpr std::string_view kQuestion =
      "the same with traps delivered late, as signals are (bound: 1 poke, 2 calls)";
  static constexpr TrapDelivery kDelivery = TrapDelivery::kUser;
  static constexpr bool kModelOnly = true;  // natively, all traps are delivered like this
  template <Runtime Rt>
  using Program = Arm64PokeProgram<Rt, Arm64Protocol::kBreakpoint, 1, 1, 2>;
  static std::vector<Expect> Expected() { return arm64_site::Outcomes(2); }
  using Mutants = TypeList<>;
};

struct Arm64PokeBrkTwiceUser : Arm64Torture {
  static constexpr std::string_view kName = "arm64_poke_brk_twice_user";
  static constexpr std::string_view kQuestion =
      "the same with traps delivered late (bound: 2 pokes, 1 call)";
  static constexpr TrapDelivery kDelivery = TrapDelivery::kUser;
  static constexpr bool kModelOnly = true;
  template <Runtime Rt>
  using Program = Arm64PokeProgram<Rt, Arm64Protocol::kBreakpoint, 1, 2, 1>;
  static std::vector<Expect> Expected() { return arm64_site::Outcomes(3); }
  using Mutants = Arm64PokeMutants<Arm64Protocol::kBreakpoint, 1, 2, 1>::Late;
};

}  // namespace heddle
