// arm64_foreign_brk: a breakpoint that is not the patcher's, at a site that it has just patched.
//
//     Patcher                              Executor
//     poke with a breakpoint (NOP -> BL)   before = planted (acquire)
//     planting = 1                         r = call function; 3 if the owner had the trap
//     poke and sync (BL -> BRK)            after = planting
//     planted = 1 (release)
//
// The breakpoint's owner, say a debugger, gets each trap that it planted and none of the patcher's.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "scenarios/arm64_poke.h"

namespace heddle {

template <Runtime Rt, Arm64Steps kSteps = Arm64Steps{}>
class Arm64ForeignBrkProgram {
 public:
  Arm64ForeignBrkProgram() { Rt::set_trap_handler(&OnTrap, this); }

  void Thread(int cpu) { cpu == 0 ? Patch() : Execute(); }
  std::array<Observation, 1> Observed() const { return seen_; }

 private:
  using Text = Arm64Text<Rt, 1, kSteps>;

  void Patch() {
    Rt::check(text_.PokeByBreakpoint(To(arm64_site::Version(0, 2), arm64_site::Version(1, 2))) ==
                  PatchError::kNone,
              "the poke succeeds");
    planting_.store(1, std::memory_order_relaxed);
    Rt::fence(std::memory_order_release);
    Rt::check(text_.PokeAndSync(To(arm64_site::Version(1, 2), Arm64Instruction::Trap())) ==
                  PatchError::kNone,
              "the breakpoint is planted");
    planted_.store(1, std::memory_order_release);
  }

  typename Text::Batch To(const Arm64Instruction& now, const Arm64Instruction& to) {
    typename Text::Batch batch(code_);
    Rt::check(batch.Add(arm64_site::kSite, now, to) == PatchError::kNone,
              "the site can be patched");
    return batch;
  }

  void Execute() {
    const int before = planted_.load(std::memory_order_acquire);
    const auto r = static_cast<int>(Rt::call(code_, 0));
    const int after = planting_.load(std::memory_order_relaxed);
    Rt::observe(seen_[0], r);
    Rt::check(before == 0 || r == kOwner, "the owner of a breakpoint was not given its trap");
    Rt::check(after == 1 || r != kOwner, "the owner was given a trap of the patcher's");
  }

  static bool OnTrap(void* self, TrapFrame& frame) {
    if (static_cast<Arm64ForeignBrkProgram*>(self)->text_.HandleTrap(frame)) return true;
    frame.set_reg(0, kOwner);
    frame.set_pc(frame.pc() + Arm64Instruction::kLength);
    return true;
  }

  static constexpr int kOwner = 3;

  typename Rt::CodeRegion code_{arm64_site::kCode, {1}, Isa::kArm64};
  Text text_{code_, {{arm64_site::kSite, arm64_site::Version(0, 2)}}};
  typename Rt::template Atomic<int> planting_{0, "planting"}, planted_{0, "planted"};
  std::array<Observation, 1> seen_{{{"returned"}}};
};

// --- descriptions

struct Arm64ForeignBrkBase : Arm64Torture {
  static constexpr bool kModelOnly = true;  // it cannot be repeated
  template <Runtime Rt>
  using Program = Arm64ForeignBrkProgram<Rt>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{0, 1}, kOk, kOk, kOk, "the NOP"},
            {{0, 2}, kOk, kOk, kOk, "the BL"},
            {{0, 3}, kOk, kOk, kOk, "the breakpoint's owner had the trap"}};
  }

  template <Arm64Steps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = Arm64ForeignBrkProgram<Rt, kSteps>;
  };
  struct NotRetired : Dropping<Arm64Steps{.retire = false}> {
    static constexpr std::string_view kName = "not-retired";
    static constexpr std::string_view kWhat =
        "B8 dropped, as the proposal had it: the descriptor is not cleared";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "the handler swallows a breakpoint that is not the patcher's"};
    }
  };
  struct StrictNoSyncAfterNew
      : Dropping<Arm64Steps{
            .sync_after_new = false, .retry_unclaimed = false, .retry_unlisted = false}> {
    static constexpr std::string_view kName = "strict-no-sync-after-new";
    static constexpr std::string_view kWhat = "B7, T2b and T3b dropped";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"check failed", "a stale BRK of the patcher's is fetched after B8"};
    }
  };
  struct Strict : Dropping<Arm64Steps{.retry_unclaimed = false, .retry_unlisted = false}> {
    static constexpr std::string_view kName = "strict";
    static constexpr std::string_view kWhat = "T2b and T3b dropped";
    static Verdict Expected(std::string_view, TrapDelivery delivery) {
      if (delivery == TrapDelivery::kKernel) return {"", "B7 ends all traps before refs becomes 0"};
      return {"check failed", "the signal is delivered after B8"};
    }
  };
  using Mutants = TypeList<NotRetired, StrictNoSyncAfterNew, Strict>;
};

struct Arm64ForeignBrk : Arm64ForeignBrkBase {
  static constexpr std::string_view kName = "arm64_foreign_brk";
  static constexpr std::string_view kQuestion =
      "does the owner of another breakpoint at a patched site get all of its traps, and no other?";
};

struct Arm64ForeignBrkUser : Arm64ForeignBrkBase {
  static constexpr std::string_view kName = "arm64_foreign_brk_user";
  static constexpr std::string_view kQuestion = "the same with traps delivered late";
  static constexpr TrapDelivery kDelivery = TrapDelivery::kUser;
};

}  // namespace heddle
