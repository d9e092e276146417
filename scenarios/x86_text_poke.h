// x86_text_poke: can one say at which moment the text changed?
//
//     Patcher                          Executor
//     poke, with an event              low = events so far
//                                      r = call function; was there a trap?
//                                      high = events so far
//
// A decoder of branch traces takes the old instruction before the event and the new one after it.
// So what ran without a trap must be the version of `low` or one up to `high`.  Traps show in the
// trace by themselves.  The INT3 protocol has such a moment: between P5 and P6.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "patching/text_poke_log.h"
#include "patching/x86_int3.h"
#include "runtime/scenario.h"
#include "scenarios/poke_one_site.h"

namespace heddle {

enum class X86EventAt { kBetween, kBeforePoke, kAfterPoke };

template <Runtime Rt, X86EventAt kEvent, int kPokes, int kCalls, Int3Steps kSteps = Int3Steps{}>
class X86TextPokeProgram {
 public:
  X86TextPokeProgram() { Rt::set_trap_handler(&OnTrap, this); }

  void Thread(int cpu) { cpu == 0 ? Patch() : Execute(); }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  using Site = FiveByteSite;
  using Poker = X86Int3<Rt, 1, kSteps>;
  static constexpr std::size_t kVersions = 2;  // so that a bounded run comes to both from both

  static std::size_t Kind(std::size_t version) { return version % kVersions; }

  void Patch() {
    for (std::size_t v = 1; Rt::again(static_cast<int>(v) - 1, kPokes); ++v) {
      typename Poker::Batch batch(text_);
      const auto added = batch.Add(Site::kOffset, *Site::Version(Kind(v - 1), text_),
                                   Site::Version(Kind(v), text_));
      Rt::check(added == PatchError::kNone, "the site can be patched");
      if (kEvent == X86EventAt::kBeforePoke) Append();
      const auto poked = poker_.Poke(batch, [this](const X86Patch&) {
        if (kEvent == X86EventAt::kBetween) Append();
      });
      Rt::check(poked == PatchError::kNone, "the poke succeeds");
      if (kEvent == X86EventAt::kAfterPoke) Append();
    }
  }
  // What was there is a matter of the version alone.
  void Append() { log_.Append({static_cast<std::uint32_t>(Site::kOffset), 0, 0}); }

  void Execute() {
    Observation ran = seen_[0], trapped = seen_[1];
    for (int i = 0; Rt::again(i, kCalls); ++i) {
      const std::size_t low = log_.count();
      trapped_ = false;
      const auto r = static_cast<int>(Rt::call(text_, 0));
      // Pairs with the release of the count: what was executed, that event comes before.
      Rt::fence(std::memory_order_acquire);
      const std::size_t high = log_.count();
      if (trapped_) {
        Rt::observe(trapped, r);
        continue;
      }
      Rt::observe(ran, r);
      std::size_t version = low;
      while (version <= high && Site::kReturns[Kind(version)] != r) ++version;
      Rt::check(version <= high, "what ran was not what the events say that the text held");
    }
  }

  static bool OnTrap(void* self, TrapFrame& frame) {
    auto& program = *static_cast<X86TextPokeProgram*>(self);
    program.trapped_ = true;  // there is one executor, and nobody else traps
    return program.poker_.HandleTrap(frame);
  }

  typename Rt::CodeRegion text_{Site::kCode, {1}};
  Poker poker_{text_, {{Site::kOffset, *Site::Version(0, text_)}}};
  TextPokeLog<Rt, 4> log_;
  bool trapped_ = false;
  std::array<Observation, 2> seen_{{{"ran"}, {"trapped"}}};
};

// --- descriptions

struct X86TextPoke {
  static constexpr std::string_view kName = "x86_text_poke";
  static constexpr std::string_view kQuestion =
      "is there one moment when the text changes for every CPU? (bound: 2 pokes, 1 call)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  static constexpr TrapDelivery kDelivery = TrapDelivery::kKernel;
  template <Runtime Rt>
  using Program = X86TextPokeProgram<Rt, X86EventAt::kBetween, 2, 1>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0, 1}, kOk, kOk, kOk, "ran the NOP"},
            {{0, 2}, kOk, kOk, kOk, "ran the CALL"},
            {{1, 1}, kOk, kOk, kOk, "trapped, and did the NOP"},
            {{1, 2}, kOk, kOk, kOk, "trapped, and did the CALL"}};
  }

  struct EventBefore {
    static constexpr std::string_view kName = "event-before";
    static constexpr std::string_view kWhat = "the event before P0";
    template <Runtime Rt>
    using Program = X86TextPokeProgram<Rt, X86EventAt::kBeforePoke, 1, 1>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "the old instruction runs after the event, until P3"};
    }
  };
  struct EventAfter {
    static constexpr std::string_view kName = "event-after";
    static constexpr std::string_view kWhat = "the event after P8";
    template <Runtime Rt>
    using Program = X86TextPokeProgram<Rt, X86EventAt::kAfterPoke, 1, 1>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "the new instruction runs before the event, from P6 on"};
    }
  };
  struct NoFenceAfterEvent {
    static constexpr std::string_view kName = "no-fence-after-event";
    static constexpr std::string_view kWhat = "nothing orders the event before P6";
    template <Runtime Rt>
    using Program =
        X86TextPokeProgram<Rt, X86EventAt::kBetween, 1, 1, Int3Steps{.fence_after_event = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model != "rc11") return {"", "stores are not reordered under " + std::string(model)};
      return {"check failed", "the new instruction may be seen before the event"};
    }
  };
  using Mutants = TypeList<EventBefore, EventAfter, NoFenceAfterEvent>;
};

}  // namespace heddle
