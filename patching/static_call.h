// A static call: a call through a pointer that is compiled into the code which makes it.
//
//   target        inline site (call)     tail site, trampoline
//   a function    CALL function          JMP function
//   none          NOP                    JMP to a RET
//   "return 0"    XOR EAX, EAX           JMP to an XOR EAX, EAX; RET
//
//   Update: U1 lock   U2 the same target: done   U3 the key := target
//           U4 change the trampoline             U5 change each site, one poke after the other
//
// So for a while some callers call the old target and others the new one, and one caller may do so
// in either order by two sites. After Update nobody *begins* a call of the old target, but a caller
// may still be inside it: who frees it must wait for a grace period.
//
// Source: Linux's kernel/static_call_inline.c and arch/x86/kernel/static_call.c as their comments
// describe them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "isa/x86_64.h"
#include "patching/patch_error.h"
#include "patching/x86_int3.h"
#include "runtime/runtime.h"
#include "runtime/sync/mutex.h"

namespace heddle {

/// The protocol's steps, each of which a mutant drops in turn.
struct StaticCallSteps {
  bool change_trampoline = true;  ///< U4
  bool change_sites = true;       ///< U5
  bool none_is_nop = true;        ///< false: the site calls the address that "none" has
  bool lock = true;               ///< U1
};

/// Where a call may go.
struct CallTarget {
  enum class Kind : std::uint32_t { kFunction, kNone, kReturnZero };
  std::uintptr_t function = 0;
  Kind kind = Kind::kFunction;
  std::uint32_t unused = 0;

  static CallTarget None() { return {0, Kind::kNone}; }
  static CallTarget ReturnZero() { return {0, Kind::kReturnZero}; }
  bool operator==(const CallTarget&) const = default;
};

struct CallSite {
  enum class Kind { kCall, kTail };
  std::size_t offset = 0;  ///< of 5 bytes
  Kind kind = Kind::kCall;
};

/// x86-64's, in one region of text, which also has a RET and an XOR EAX, EAX; RET to jump to.
template <Runtime Rt, Int3Steps kPoke = Int3Steps{}, StaticCallSteps kSteps = StaticCallSteps{}>
class StaticCall {
 public:
  using Region = typename Rt::CodeRegion;
  struct Stubs {
    std::size_t trampoline, ret, zero;  ///< offsets
  };

  /// All sites and the trampoline go to `target` by now; `sites` must outlive this.
  StaticCall(Region& text, X86Int3<Rt, 1, kPoke>& poker, Stubs stubs,
             std::span<const CallSite> sites, CallTarget target)
      : text_(text), poker_(poker), stubs_(stubs), sites_(sites), target_(target, "call.target") {}

  /// What a caller that does not use the sites should call.
  CallTarget target() const { return target_.load(std::memory_order_relaxed); }

  /// Nothing is changed if a site is too far away from the target.
  [[nodiscard]] PatchError Update(CallTarget to) {
    if constexpr (kSteps.lock) mutex_.lock();  // U1
    const PatchError error = UpdateLocked(to);
    if constexpr (kSteps.lock) mutex_.unlock();
    return error;
  }

  /// The instruction of a site whose call goes to `target`; none if that is too far away.
  std::optional<X86Instruction> InstructionAt(const CallSite& site, CallTarget target) const {
    using Kind = CallTarget::Kind;
    const std::uintptr_t at = text_.address(site.offset);
    const Kind kind =
        kSteps.none_is_nop || target.kind != Kind::kNone ? target.kind : Kind::kFunction;
    if (kind == Kind::kFunction)
      return site.kind == CallSite::Kind::kCall ? X86Instruction::Call(at, target.function)
                                                : X86Instruction::Jump(at, target.function);
    if (site.kind == CallSite::Kind::kTail)
      return X86Instruction::Jump(at,
                                  text_.address(kind == Kind::kNone ? stubs_.ret : stubs_.zero));
    return kind == Kind::kNone ? X86Instruction::Nop(5) : X86Instruction::ReturnZero();
  }

 private:
  PatchError UpdateLocked(CallTarget to) {
    const CallTarget from = target_.load(std::memory_order_relaxed);
    if (from == to) return PatchError::kNone;  // U2
    const CallSite trampoline{stubs_.trampoline, CallSite::Kind::kTail};
    if (!InstructionAt(trampoline, to)) return PatchError::kOutOfReach;
    for (const CallSite& site : sites_)
      if (!InstructionAt(site, to)) return PatchError::kOutOfReach;
    target_.store(to, std::memory_order_relaxed);  // U3
    if constexpr (kSteps.change_trampoline)
      if (const auto error = Change(trampoline, from, to); error != PatchError::kNone) return error;
    if constexpr (kSteps.change_sites)
      for (const CallSite& site : sites_)
        if (const auto error = Change(site, from, to); error != PatchError::kNone) return error;
    return PatchError::kNone;
  }

  PatchError Change(const CallSite& site, CallTarget from, CallTarget to) {
    return poker_.Poke(site.offset, *InstructionAt(site, from), InstructionAt(site, to));
  }

  Region& text_;
  X86Int3<Rt, 1, kPoke>& poker_;
  const Stubs stubs_;
  const std::span<const CallSite> sites_;
  sync::Mutex<Rt> mutex_{"static_call_mutex"};
  typename Rt::template Atomic<CallTarget> target_;
};

}  // namespace heddle
