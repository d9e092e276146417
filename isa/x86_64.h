// x86-64 instructions: the encodings that our protocols write, what they do, and no others.
//
// Source: Intel SDM vol. 2, under the instruction's name; its table of multi-byte NOPs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "isa/trap_frame.h"

namespace heddle {

/// One instruction; a value of 8 bytes without padding, so that cells can hold it.
struct X86Instruction {
  static constexpr std::size_t kMostBytes = 6;
  using Bytes = std::array<std::uint8_t, kMostBytes>;

  enum class Op : std::uint8_t {
    kUnknown,
    kNop,
    kCall,    ///< by `operand`, from the end of the instruction
    kJump,    ///< by `operand`
    kJumpIf,  ///< by `operand`, if `condition`
    kReturn,
    kTrap,        ///< INT3
    kMoveEax,     ///< EAX = operand
    kXorEax,      ///< EAX = 0
    kTestEax,     ///< flags of EAX
    kCompareEax,  ///< flags of EAX - operand
  };

  Op op = Op::kUnknown;
  std::uint8_t length = 0;     ///< bytes, 1 … kMostBytes; 0 if unknown
  std::uint8_t condition = 0;  ///< of kJumpIf: the low four bits of its opcode
  std::uint8_t unused = 0;
  std::int32_t operand = 0;  ///< displacement or immediate

  bool operator==(const X86Instruction&) const = default;

  /// `length`: 1 … 6.
  static constexpr X86Instruction Nop(std::uint8_t length) { return {Op::kNop, length}; }
  static constexpr X86Instruction Trap() { return {Op::kTrap, 1}; }
  static constexpr X86Instruction Return() { return {Op::kReturn, 1}; }
  static constexpr X86Instruction MoveEax(std::int32_t value) {
    return {Op::kMoveEax, 5, 0, 0, value};
  }
  /// XOR EAX, EAX with three prefixes that mean nothing: as long as a CALL.
  static constexpr X86Instruction ReturnZero() { return {Op::kXorEax, 5}; }

  /// From the address `site` to `target`; none if that is further than the encoding reaches:
  /// 2 GiB, or 128 bytes if short.
  static constexpr std::optional<X86Instruction> Call(std::uintptr_t site, std::uintptr_t target) {
    return Branch({Op::kCall, 5}, site, target);
  }
  static constexpr std::optional<X86Instruction> Jump(std::uintptr_t site, std::uintptr_t target) {
    return Branch({Op::kJump, 5}, site, target);
  }
  static constexpr std::optional<X86Instruction> ShortJump(std::uintptr_t site,
                                                           std::uintptr_t target) {
    return Branch({Op::kJump, 2}, site, target);
  }
  /// `condition`: 0 … 15, as in the opcode; 4 is "equal", 5 "not equal".
  static constexpr std::optional<X86Instruction> JumpIf(std::uint8_t condition, std::uintptr_t site,
                                                        std::uintptr_t target) {
    return Branch({Op::kJumpIf, 6, condition}, site, target);
  }

  /// The first `length` bytes count.  Requires an instruction that has an encoding.
  constexpr Bytes Encode() const;
  /// `bytes`: as many as X86BytesNeeded says, or more.
  static constexpr X86Instruction Decode(std::span<const std::uint8_t> bytes);

  /// Does what it does at the address `site`.  Not for kTrap and kUnknown.
  constexpr void Execute(TrapFrame& frame, std::uintptr_t site) const;

 private:
  static constexpr std::optional<X86Instruction> Branch(X86Instruction insn, std::uintptr_t site,
                                                        std::uintptr_t target) {
    const auto distance = static_cast<std::int64_t>(target - (site + insn.length));
    const bool reaches = insn.length == 2 ? distance == static_cast<std::int8_t>(distance)
                                          : distance == static_cast<std::int32_t>(distance);
    if (!reaches) return std::nullopt;
    insn.operand = static_cast<std::int32_t>(distance);
    return insn;
  }
};

inline constexpr std::uint8_t kInt3 = 0xCC;

namespace x86 {

/// Some fixed bytes, then the operand, little-endian.
struct Encoding {
  X86Instruction::Op op;
  std::uint8_t fixed_bytes;
  std::uint8_t operand_bytes;  ///< 0, 1 or 4
  bool has_condition;          ///< in the low four bits of the last fixed byte
  std::array<std::uint8_t, X86Instruction::kMostBytes> fixed;

  constexpr std::size_t length() const { return std::size_t{fixed_bytes} + operand_bytes; }
  /// Whether `bytes` may be the first ones of this instruction.
  constexpr bool MayStartWith(std::span<const std::uint8_t> bytes) const {
    for (std::size_t i = 0; i < bytes.size() && i < fixed_bytes; ++i) {
      const bool condition = has_condition && i + 1 == fixed_bytes;
      if ((condition ? bytes[i] & 0xF0 : bytes[i]) != fixed[i]) return false;
    }
    return true;
  }
};

using enum X86Instruction::Op;
inline constexpr std::array<Encoding, 18> kEncodings = {{
    {kNop, 1, 0, false, {0x90}},
    {kNop, 2, 0, false, {0x66, 0x90}},
    {kNop, 3, 0, false, {0x0F, 0x1F, 0x00}},
    {kNop, 4, 0, false, {0x0F, 0x1F, 0x40, 0x00}},
    {kNop, 5, 0, false, {0x0F, 0x1F, 0x44, 0x00, 0x00}},
    {kNop, 6, 0, false, {0x66, 0x0F, 0x1F, 0x44, 0x00, 0x00}},
    {kCall, 1, 4, false, {0xE8}},
    {kJump, 1, 4, false, {0xE9}},
    {kJump, 1, 1, false, {0xEB}},
    {kJumpIf, 2, 4, true, {0x0F, 0x80}},
    {kJumpIf, 1, 1, true, {0x70}},
    {kReturn, 1, 0, false, {0xC3}},
    {kTrap, 1, 0, false, {kInt3}},
    {kMoveEax, 1, 4, false, {0xB8}},
    {kXorEax, 2, 0, false, {0x31, 0xC0}},
    {kXorEax, 5, 0, false, {0x2E, 0x2E, 0x2E, 0x31, 0xC0}},
    {kTestEax, 2, 0, false, {0x85, 0xC0}},
    {kCompareEax, 1, 4, false, {0x3D}},
}};

inline constexpr std::uint32_t kCarry = 1, kParity = 1U << 2, kZero = 1U << 6, kSign = 1U << 7,
                               kOverflow = 1U << 11;

/// Flags of `a` - `b`, the arithmetic ones that conditions look at.
constexpr std::uint32_t FlagsOfDifference(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t d = a - b;
  bool even = true;
  for (int i = 0; i < 8; ++i) even ^= (d >> i & 1) != 0;
  return (a < b ? kCarry : 0) | (even ? kParity : 0) | (d == 0 ? kZero : 0) |
         (d >> 31 != 0 ? kSign : 0) | (((a ^ b) & (a ^ d)) >> 31 != 0 ? kOverflow : 0);
}

/// SDM vol. 1, appendix B: pairs of a condition and its negation.
constexpr bool Holds(std::uint8_t condition, std::uint32_t flags) {
  const bool c = (flags & kCarry) != 0, z = (flags & kZero) != 0, s = (flags & kSign) != 0,
             o = (flags & kOverflow) != 0, p = (flags & kParity) != 0;
  const std::array<bool, 8> of = {o, c, z, c || z, s, p, s != o, z || s != o};
  return of[condition / 2] != (condition % 2 != 0);
}

}  // namespace x86

/// How many bytes the decoder must look at, given the first ones (at least one): no more than it
/// has if they are an instruction; 0 if they begin none.  INT3 needs only itself: that is why one
/// byte protects the rest of an instruction.
constexpr std::size_t X86BytesNeeded(std::span<const std::uint8_t> bytes) {
  std::size_t length = 0;
  for (const x86::Encoding& e : x86::kEncodings) {
    if (!e.MayStartWith(bytes)) continue;
    if (length != 0 && length != e.length()) return bytes.size() + 1;
    length = e.length();
  }
  return length;
}

constexpr X86Instruction::Bytes X86Instruction::Encode() const {
  Bytes bytes{};
  for (const x86::Encoding& e : x86::kEncodings) {
    if (e.op != op || e.length() != length) continue;
    bytes = e.fixed;
    const std::size_t fixed = e.fixed_bytes;
    if (e.has_condition) bytes[fixed - 1] = static_cast<std::uint8_t>(bytes[fixed - 1] | condition);
    for (std::size_t i = 0; i < e.operand_bytes; ++i)
      bytes[fixed + i] = static_cast<std::uint8_t>(static_cast<std::uint32_t>(operand) >> 8 * i);
    break;
  }
  return bytes;
}

constexpr X86Instruction X86Instruction::Decode(std::span<const std::uint8_t> bytes) {
  for (const x86::Encoding& e : x86::kEncodings) {
    if (bytes.size() < e.length() || !e.MayStartWith(bytes)) continue;
    const std::size_t fixed = e.fixed_bytes;
    std::uint32_t operand = 0;
    for (std::size_t i = e.operand_bytes; i-- > 0;) operand = operand << 8 | bytes[fixed + i];
    X86Instruction insn{e.op, static_cast<std::uint8_t>(e.length())};
    if (e.has_condition) insn.condition = bytes[fixed - 1] & 15;
    insn.operand = e.operand_bytes == 1 ? static_cast<std::int8_t>(operand)
                                        : static_cast<std::int32_t>(operand);
    return insn;
  }
  return {};
}

constexpr void X86Instruction::Execute(TrapFrame& frame, std::uintptr_t site) const {
  const std::uintptr_t next = site + length;
  const std::uintptr_t target = next + static_cast<std::uintptr_t>(std::intptr_t{operand});
  const auto eax = static_cast<std::uint32_t>(frame.reg(0));
  frame.set_pc(next);
  switch (op) {
    case Op::kCall:
      frame.push(next);
      return frame.set_pc(target);
    case Op::kJump:
      return frame.set_pc(target);
    case Op::kJumpIf:
      if (x86::Holds(condition, frame.flags())) frame.set_pc(target);
      return;
    case Op::kReturn:
      return frame.set_pc(frame.pop());
    case Op::kMoveEax:
      return frame.set_reg(0, static_cast<std::uint32_t>(operand));
    case Op::kXorEax:
      frame.set_reg(0, 0);
      return frame.set_flags(x86::FlagsOfDifference(0, 0));
    case Op::kTestEax:
      return frame.set_flags(x86::FlagsOfDifference(eax, 0));
    case Op::kCompareEax:
      return frame.set_flags(x86::FlagsOfDifference(eax, static_cast<std::uint32_t>(operand)));
    case Op::kNop:
    case Op::kTrap:
    case Op::kUnknown:
      return;
  }
}

}  // namespace heddle
