// The three instructions that a patchable x86-64 call site toggles between, as bytes and as what a
// trap handler must do in their place.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "runtime/runtime.h"

namespace heddle {

/// A 5-byte instruction at a site: NOP (0F 1F 44 00 00), CALL rel32 or JMP rel32.  Source: Intel
/// SDM vol. 2, "NOP", "CALL", "JMP".
struct X86Site5 {
  static constexpr std::size_t kLength = 5;
  enum class Op : std::int32_t { kNop, kCall, kJump };  // as wide as the rest: no padding

  Op op = Op::kNop;
  std::int32_t displacement = 0;  ///< from the end of the instruction; 0 for kNop

  static X86Site5 Nop() { return {}; }
  /// `site` and `target` are addresses; the distance must fit ±2 GiB.
  static X86Site5 Call(std::uintptr_t site, std::uintptr_t target) {
    return {Op::kCall, Distance(site, target)};
  }
  static X86Site5 Jump(std::uintptr_t site, std::uintptr_t target) {
    return {Op::kJump, Distance(site, target)};
  }

  std::array<std::uint8_t, kLength> Bytes() const {
    if (op == Op::kNop) return {0x0F, 0x1F, 0x44, 0x00, 0x00};
    const auto d = static_cast<std::uint32_t>(displacement);
    const auto byte = [d](int shift) { return static_cast<std::uint8_t>(d >> shift); };
    return {static_cast<std::uint8_t>(op == Op::kCall ? 0xE8 : 0xE9), byte(0), byte(8), byte(16),
            byte(24)};
  }

  /// Does on `frame` what this instruction at `site` would have done.
  void Emulate(TrapFrame& frame, std::uintptr_t site) const {
    const std::uintptr_t next = site + kLength;
    if (op == Op::kCall) frame.push(next);
    frame.set_pc(next + static_cast<std::uintptr_t>(std::intptr_t{displacement}));
  }

  bool operator==(const X86Site5&) const = default;

 private:
  static std::int32_t Distance(std::uintptr_t site, std::uintptr_t target) {
    return static_cast<std::int32_t>(static_cast<std::intptr_t>(target) -
                                     static_cast<std::intptr_t>(site + kLength));
  }
};

static_assert(CellValue<X86Site5>);

}  // namespace heddle
