// arm64_text_poke: can one say at which moment the text changed?
//
//     Patcher                          Executor
//     poke, with an event              low = events so far
//                                      r = call function; was there a trap?
//                                      high = events so far
//
// A decoder of branch traces takes the old instruction before the event and the new one after it.
// So what ran without a trap must be the version of `low` or one up to `high`.  Traps show in the
// trace by themselves.  With a breakpoint meanwhile the event (B4) comes when nobody runs the old
// instruction any more and nobody can run the new one yet; without, there is no such moment: a mail
// thread of 2019 on arm64's jump labels, where the event came before the store.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "patching/text_poke_log.h"
#include "scenarios/arm64_poke.h"

namespace heddle {

/// Where the event is; a breakpoint has its own place for it.
enum class EventAt { kBreakpoint, kBeforeStore, kAfterPoke };

template <Runtime Rt, Arm64Protocol kProtocol, EventAt kEvent, int kPokes, int kCalls,
          Arm64Steps kSteps = Arm64Steps{}>
class Arm64TextPokeProgram {
 public:
  Arm64TextPokeProgram() { Rt::set_trap_handler(&OnTrap, this); }

  void Thread(int cpu) { cpu == 0 ? Patch() : Execute(cpu); }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  using Text = Arm64Text<Rt, 1, kSteps>;
  static constexpr int kVersions = kPokes == 1 ? 2 : 3;

  void Patch() {
    for (int v = 1; Rt::again(v - 1, kPokes); ++v) {
      typename Text::Batch batch(code_);
      const auto added = batch.Add(arm64_site::kSite, arm64_site::Version(v - 1, kVersions),
                                   arm64_site::Version(v, kVersions));
      Rt::check(added == PatchError::kNone, "the site can be patched");
      if (kEvent == EventAt::kBeforeStore) {
        Append(*batch.begin());
        Rt::fence(std::memory_order_release);
      }
      Rt::check(Poke(batch) == PatchError::kNone, "the poke succeeds");
      if (kEvent == EventAt::kAfterPoke) Append(*batch.begin());
    }
  }

  PatchError Poke(const typename Text::Batch& batch) {
    if constexpr (kProtocol == Arm64Protocol::kNosync) return text_.PokeNosync(batch);
    if constexpr (kProtocol == Arm64Protocol::kSync) return text_.PokeAndSync(batch);
    if constexpr (kProtocol == Arm64Protocol::kBreakpoint)
      return text_.PokeByBreakpoint(batch, [this](const Arm64Patch& p) { Append(p); });
  }

  void Append(const Arm64Patch& p) {
    log_.Append({static_cast<std::uint32_t>(p.offset), p.now.Encode(), p.to.Encode()});
  }

  void Execute(int cpu) {
    Observation ran = seen_[0], trapped = seen_[1];
    for (int i = 0; Rt::again(i, kCalls); ++i) {
      const auto low = static_cast<int>(log_.count());
      trapped_[static_cast<std::size_t>(cpu)] = false;
      const auto r = static_cast<int>(Rt::call(code_, 0));
      const auto high = static_cast<int>(log_.count());
      if (trapped_[static_cast<std::size_t>(cpu)]) {
        Rt::observe(trapped, r);
        continue;
      }
      Rt::observe(ran, r);
      int version = low;
      while (arm64_site::Returned(version, kVersions) != r && version <= high) ++version;
      Rt::check(version <= high, "what ran was not what the events say that the text held");
    }
  }

  static bool OnTrap(void* self, TrapFrame& frame) {
    auto& program = *static_cast<Arm64TextPokeProgram*>(self);
    // This thread's own.
    program.trapped_[static_cast<std::size_t>(Rt::this_thread().index)] = true;
    return program.text_.HandleTrap(frame);
  }

  typename Rt::CodeRegion code_{arm64_site::kCode, {1}, Isa::kArm64};
  Text text_{code_, {{arm64_site::kSite, arm64_site::Version(0, kVersions)}}};
  TextPokeLog<Rt, 4> log_;
  std::array<std::uint8_t, kMostThreads> trapped_{};
  std::array<Observation, 2> seen_{{{"ran"}, {"trapped"}}};
};

// --- descriptions

struct Arm64TextPoke : Arm64Torture {
  static constexpr std::string_view kName = "arm64_text_poke";
  static constexpr std::string_view kQuestion =
      "is there one moment when the text changes for every CPU? (bound: 1 poke, 2 calls)";
  template <Runtime Rt>
  using Program = Arm64TextPokeProgram<Rt, Arm64Protocol::kBreakpoint, EventAt::kBreakpoint, 1, 2>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0, 1}, kOk, kOk, kOk, "ran the NOP"},
            {{0, 2}, kOk, kOk, kOk, "ran the BL"},
            {{1, 1}, kOk, kOk, kOk, "trapped, and did the NOP"},
            {{1, 2}, kOk, kOk, kOk, "trapped, and did the BL"}};
  }

  template <Arm64Protocol kProtocol, EventAt kEvent, Arm64Steps kSteps = Arm64Steps{}>
  struct Instead {
    template <Runtime Rt>
    using Program = Arm64TextPokeProgram<Rt, kProtocol, kEvent, 1, 1, kSteps>;
  };
  static constexpr const char* kWrong = "check failed";

  struct NosyncEventBefore : Instead<Arm64Protocol::kNosync, EventAt::kBeforeStore> {
    static constexpr std::string_view kName = "nosync-event-before";
    static constexpr std::string_view kWhat = "nosync, the event before the store";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {kWrong, "the old word runs after the event, for an unbounded time"};
    }
  };
  struct NosyncEventAfter : Instead<Arm64Protocol::kNosync, EventAt::kAfterPoke> {
    static constexpr std::string_view kName = "nosync-event-after";
    static constexpr std::string_view kWhat = "nosync, the event afterwards";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {kWrong, "the new word runs before the event, and the old one after it"};
    }
  };
  struct SyncEventBefore : Instead<Arm64Protocol::kSync, EventAt::kBeforeStore> {
    static constexpr std::string_view kName = "sync-event-before";
    static constexpr std::string_view kWhat = "nosync and sync, the event before the store";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {kWrong, "the old word runs after the event, until the sync"};
    }
  };
  struct SyncEventAfter : Instead<Arm64Protocol::kSync, EventAt::kAfterPoke> {
    static constexpr std::string_view kName = "sync-event-after";
    static constexpr std::string_view kWhat = "nosync and sync, the event afterwards";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {kWrong, "the new word runs before the event"};
    }
  };
  struct NoSyncAfterBrk : Instead<Arm64Protocol::kBreakpoint, EventAt::kBreakpoint,
                                  Arm64Steps{.sync_after_brk = false}> {
    static constexpr std::string_view kName = "no-sync-after-brk";
    static constexpr std::string_view kWhat = "B3 dropped, as the proposal had it";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {kWrong, "a CPU that has fetched the old word runs it after the event"};
    }
  };
  struct EventAfterNew : Instead<Arm64Protocol::kBreakpoint, EventAt::kBreakpoint,
                                 Arm64Steps{.event_before_new = false}> {
    static constexpr std::string_view kName = "event-after-new";
    static constexpr std::string_view kWhat = "B4 after B6";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {kWrong, "the new word runs before the event"};
    }
  };
  struct NoFenceBeforeNew : Instead<Arm64Protocol::kBreakpoint, EventAt::kBreakpoint,
                                    Arm64Steps{.fence_before_new = false}> {
    static constexpr std::string_view kName = "no-fence-before-new";
    static constexpr std::string_view kWhat = "B5's DMB dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {kWrong, "the new word is visible before the event is"};
    }
  };

  using Mutants = TypeList<NosyncEventBefore, NosyncEventAfter, SyncEventBefore, SyncEventAfter,
                           NoSyncAfterBrk, EventAfterNew, NoFenceBeforeNew>;
};

struct Arm64TextPokeUser : Arm64TextPoke {
  static constexpr std::string_view kName = "arm64_text_poke_user";
  static constexpr std::string_view kQuestion =
      "the same with traps delivered late, as signals are (bound: 1 poke, 2 calls)";
  static constexpr TrapDelivery kDelivery = TrapDelivery::kUser;
  static constexpr bool kModelOnly = true;  // natively, all traps are delivered like this
};

}  // namespace heddle
