// arm64 instructions: the encodings that our protocols write, what they do, and no others.
//
// Source: Arm ARM (DDI 0487), C6.2, under the instruction's name; B2.2.5 for concurrent
// modification.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "isa/trap_frame.h"

namespace heddle {

/// One instruction; a value of 8 bytes without padding, so that cells can hold it.
struct Arm64Instruction {
  enum class Op : std::uint8_t {
    kUnknown,
    kNop,
    kBti,             ///< nothing happens
    kIsb,             ///< synchronises the context
    kBranch,          ///< B by `operand` bytes
    kBranchLink,      ///< BL
    kBranchIf,        ///< B.cond; `m` is the condition
    kBranchReg,       ///< BR Xn
    kBranchLinkReg,   ///< BLR Xn
    kReturn,          ///< RET Xn
    kTrap,            ///< BRK #operand
    kHypervisorCall,  ///< HVC, SVC and SMC are known so that they can be patched, not executed
    kSupervisorCall,
    kSecureMonitorCall,
    kMoveWide,     ///< MOVZ: d = operand << 16 * m
    kMove,         ///< MOV d, m
    kCompare,      ///< CMP n, #operand
    kLoadLiteral,  ///< LDR d, by `operand` bytes
  };

  Op op = Op::kUnknown;
  std::uint8_t d = 0;     ///< register: destination, or operand of BR, BLR, RET, CMP
  std::uint8_t m = 0;     ///< register, condition or shift: see Op
  std::uint8_t wide = 0;  ///< 1: X registers, 0: W
  std::int32_t operand = 0;

  bool operator==(const Arm64Instruction&) const = default;

  static constexpr std::size_t kLength = 4;

  static constexpr Arm64Instruction Nop() { return {Op::kNop}; }
  static constexpr Arm64Instruction Isb() { return {Op::kIsb}; }
  static constexpr Arm64Instruction Return(std::uint8_t n = 30) { return {Op::kReturn, n}; }
  /// `number`: 0 … 65535, for the handler to read.
  static constexpr Arm64Instruction Trap(std::uint16_t number = 0) {
    return {Op::kTrap, 0, 0, 0, number};
  }
  static constexpr Arm64Instruction MoveWide(std::uint8_t d, std::uint16_t value) {
    return {Op::kMoveWide, d, 0, 0, value};
  }
  static constexpr Arm64Instruction Move(std::uint8_t d, std::uint8_t m) {
    return {Op::kMove, d, m, 1};
  }
  /// From `site` to `target`; none if that is not a multiple of 4 or further than 128 MiB (1 MiB if
  /// conditional).
  static constexpr std::optional<Arm64Instruction> Branch(std::uintptr_t site,
                                                          std::uintptr_t target) {
    return To({Op::kBranch}, 26, site, target);
  }
  static constexpr std::optional<Arm64Instruction> BranchLink(std::uintptr_t site,
                                                              std::uintptr_t target) {
    return To({Op::kBranchLink}, 26, site, target);
  }
  /// `condition`: 0 … 15 as encoded; 0 is EQ, 1 NE.
  static constexpr std::optional<Arm64Instruction> BranchIf(std::uint8_t condition,
                                                            std::uintptr_t site,
                                                            std::uintptr_t target) {
    return To({Op::kBranchIf, 0, condition}, 19, site, target);
  }

  /// Requires an instruction that has an encoding.
  constexpr std::uint32_t Encode() const;
  /// The same, as it lies in memory: lowest byte first.
  constexpr std::array<std::uint8_t, kLength> Bytes() const {
    std::array<std::uint8_t, kLength> bytes{};
    for (std::size_t i = 0; i < kLength; ++i)
      bytes[i] = static_cast<std::uint8_t>(Encode() >> 8 * i);
    return bytes;
  }
  static constexpr Arm64Instruction Decode(std::uint32_t word);

  /// Does what it does at the address `site`.  Not for kTrap, kLoadLiteral, kUnknown and calls of
  /// HVC's kind.
  constexpr void Execute(TrapFrame& frame, std::uintptr_t site) const;

  /// Whether this may be replaced by another one of which that is true while a CPU may be fetching
  /// it: then it executes one of the two.  Anything else is CONSTRAINED UNPREDICTABLE.
  constexpr bool IsSafeToModify() const {
    switch (op) {
      case Op::kNop:
      case Op::kIsb:
      case Op::kBranch:
      case Op::kBranchLink:
      case Op::kTrap:
      case Op::kHypervisorCall:
      case Op::kSupervisorCall:
      case Op::kSecureMonitorCall:
        return true;
      default:
        return false;
    }
  }

 private:
  static constexpr std::optional<Arm64Instruction> To(Arm64Instruction insn, int bits,
                                                      std::uintptr_t site, std::uintptr_t target) {
    const auto distance = static_cast<std::int64_t>(target - site);
    const std::int64_t limit = std::int64_t{1} << (bits + 1);
    if (distance % 4 != 0 || distance < -limit || distance >= limit) return std::nullopt;
    insn.operand = static_cast<std::int32_t>(distance);
    return insn;
  }
};

namespace arm64 {

/// A field of an instruction word: `bits` from bit `shift`.
struct Field {
  int shift = 0, bits = 0;

  constexpr std::uint32_t mask() const { return bits == 0 ? 0 : ~0U >> (32 - bits) << shift; }
  constexpr std::uint32_t Put(std::uint32_t value) const { return value << shift & mask(); }
  constexpr std::uint32_t Get(std::uint32_t word) const { return (word & mask()) >> shift; }
};

/// `word`, but for its fields.  Operands that are distances count words.
struct Encoding {
  Arm64Instruction::Op op;
  std::uint8_t wide;
  std::uint32_t word;
  Field d, m, operand;
  bool is_distance = false;

  constexpr std::uint32_t mask() const { return ~(d.mask() | m.mask() | operand.mask()); }
};

using enum Arm64Instruction::Op;
inline constexpr std::array kEncodings = {
    Encoding{kNop, 0, 0xD503201F, {}, {}, {}},
    Encoding{kBti, 0, 0xD503241F, {}, {6, 2}, {}},
    Encoding{kIsb, 0, 0xD5033FDF, {}, {}, {}},
    Encoding{kBranch, 0, 0x14000000, {}, {}, {0, 26}, true},
    Encoding{kBranchLink, 0, 0x94000000, {}, {}, {0, 26}, true},
    Encoding{kBranchIf, 0, 0x54000000, {}, {0, 4}, {5, 19}, true},
    Encoding{kBranchReg, 0, 0xD61F0000, {5, 5}, {}, {}},
    Encoding{kBranchLinkReg, 0, 0xD63F0000, {5, 5}, {}, {}},
    Encoding{kReturn, 0, 0xD65F0000, {5, 5}, {}, {}},
    Encoding{kTrap, 0, 0xD4200000, {}, {}, {5, 16}},
    Encoding{kSupervisorCall, 0, 0xD4000001, {}, {}, {5, 16}},
    Encoding{kHypervisorCall, 0, 0xD4000002, {}, {}, {5, 16}},
    Encoding{kSecureMonitorCall, 0, 0xD4000003, {}, {}, {5, 16}},
    Encoding{kMoveWide, 0, 0x52800000, {0, 5}, {21, 1}, {5, 16}},
    Encoding{kMoveWide, 1, 0xD2800000, {0, 5}, {21, 2}, {5, 16}},
    Encoding{kMove, 0, 0x2A0003E0, {0, 5}, {16, 5}, {}},
    Encoding{kMove, 1, 0xAA0003E0, {0, 5}, {16, 5}, {}},
    Encoding{kCompare, 0, 0x7100001F, {5, 5}, {}, {10, 12}},
    Encoding{kCompare, 1, 0xF100001F, {5, 5}, {}, {10, 12}},
    Encoding{kLoadLiteral, 0, 0x18000000, {0, 5}, {}, {5, 19}, true},
    Encoding{kLoadLiteral, 1, 0x58000000, {0, 5}, {}, {5, 19}, true},
};

inline constexpr std::uint32_t kN = 1U << 31, kZ = 1U << 30, kC = 1U << 29, kV = 1U << 28;

/// NZCV of `a` - `b`, both of `bits` bits.
constexpr std::uint32_t FlagsOfDifference(std::uint64_t a, std::uint64_t b, int bits) {
  const std::uint64_t all = ~std::uint64_t{0} >> (64 - bits);
  a &= all, b &= all;
  const std::uint64_t d = (a - b) & all, top = std::uint64_t{1} << (bits - 1);
  return ((d & top) != 0 ? kN : 0) | (d == 0 ? kZ : 0) | (a >= b ? kC : 0) |
         (((a ^ b) & (a ^ d) & top) != 0 ? kV : 0);
}

/// C1.2.4: pairs of a condition and its negation; 14 and 15 always hold.
constexpr bool Holds(std::uint8_t condition, std::uint32_t flags) {
  const bool n = (flags & kN) != 0, z = (flags & kZ) != 0, c = (flags & kC) != 0,
             v = (flags & kV) != 0;
  const std::array<bool, 8> of = {z, c, n, v, c && !z, n == v, !z && n == v, true};
  return of[condition / 2] != (condition % 2 != 0 && condition != 15);
}

}  // namespace arm64

constexpr std::uint32_t Arm64Instruction::Encode() const {
  for (const arm64::Encoding& e : arm64::kEncodings) {
    if (e.op != op || e.wide != wide) continue;
    const std::int32_t value = e.is_distance ? operand / 4 : operand;
    return e.word | e.d.Put(d) | e.m.Put(m) | e.operand.Put(static_cast<std::uint32_t>(value));
  }
  return 0;
}

constexpr Arm64Instruction Arm64Instruction::Decode(std::uint32_t word) {
  for (const arm64::Encoding& e : arm64::kEncodings) {
    if ((word & e.mask()) != e.word) continue;
    Arm64Instruction insn{e.op, static_cast<std::uint8_t>(e.d.Get(word)),
                          static_cast<std::uint8_t>(e.m.Get(word)), e.wide,
                          static_cast<std::int32_t>(e.operand.Get(word))};
    if (e.is_distance) {  // sign-extended
      const auto sign = std::int32_t{1} << (e.operand.bits - 1);
      insn.operand = ((insn.operand ^ sign) - sign) * 4;
    }
    return insn;
  }
  return {};
}

constexpr void Arm64Instruction::Execute(TrapFrame& frame, std::uintptr_t site) const {
  const std::uintptr_t next = site + kLength;
  const std::uintptr_t target = site + static_cast<std::uintptr_t>(std::intptr_t{operand});
  const auto value = [&](int n) { return n == 31 ? 0 : frame.reg(n); };  // XZR
  const auto set = [&](std::uint64_t v) {
    if (d != 31) frame.set_reg(d, wide != 0 ? v : static_cast<std::uint32_t>(v));
  };
  frame.set_pc(next);
  switch (op) {
    case Op::kBranchLink:
      frame.set_reg(30, next);
      return frame.set_pc(target);
    case Op::kBranch:
      return frame.set_pc(target);
    case Op::kBranchIf:
      if (arm64::Holds(m, frame.flags())) frame.set_pc(target);
      return;
    case Op::kBranchLinkReg: {
      const std::uint64_t to = value(d);
      frame.set_reg(30, next);
      return frame.set_pc(to);
    }
    case Op::kBranchReg:
    case Op::kReturn:
      return frame.set_pc(value(d));
    case Op::kMoveWide:
      return set(static_cast<std::uint64_t>(operand) << 16 * m);
    case Op::kMove:
      return set(value(m));
    case Op::kCompare:
      return frame.set_flags(arm64::FlagsOfDifference(value(d), static_cast<std::uint64_t>(operand),
                                                      wide != 0 ? 64 : 32));
    default:  // nothing happens, or it is not for us
      return;
  }
}

namespace arm64 {

/// The text that these instructions are.
template <typename... Instructions>
constexpr auto Code(const Instructions&... instructions) {
  std::array<std::uint8_t, Arm64Instruction::kLength * sizeof...(instructions)> code{};
  std::size_t end = 0;
  const auto append = [&](const Arm64Instruction& insn) {
    for (const std::uint8_t byte : insn.Bytes()) code[end++] = byte;
  };
  (append(instructions), ...);
  return code;
}

}  // namespace arm64

}  // namespace heddle
