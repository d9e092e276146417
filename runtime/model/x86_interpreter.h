// What the encodings that our protocols write do, on x86-64.  Anything else is an error that shows
// the bytes.  Source: Intel SDM vol. 2.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace heddle {

struct X86Instruction {
  enum class Op { kNop, kCall, kJump, kReturn, kTrap, kMoveEax, kUnknown };
  Op op = Op::kUnknown;
  int length = 0;            ///< bytes, 1 … 5
  std::int32_t operand = 0;  ///< displacement or immediate
};

inline constexpr std::uint8_t kInt3 = 0xCC;
inline constexpr int kMaxInstructionBytes = 5;

/// How many bytes the decoder must look at, given the first one: 0 if the opcode is unknown.  INT3
/// needs only itself: that is why one byte protects the rest of an instruction.
constexpr int LengthFromFirstByte(std::uint8_t first) {
  switch (first) {
    case 0x90:  // NOP
    case 0xC3:  // RET
    case kInt3:
      return 1;
    case 0xEB:
      return 2;  // JMP rel8
    case 0x0F:   // 5-byte NOP: NOP DWORD PTR [rax+rax+0]
    case 0xE8:   // CALL rel32
    case 0xE9:   // JMP rel32
    case 0xB8:
      return 5;  // MOV eax, imm32
    default:
      return 0;
  }
}

/// Decodes `bytes`, which are as many as LengthFromFirstByte says.
constexpr X86Instruction DecodeX86(std::span<const std::uint8_t> bytes) {
  using Op = X86Instruction::Op;
  const auto n = static_cast<int>(bytes.size());
  std::uint32_t imm = 0;
  for (std::size_t i = bytes.size(); i-- > 1;) imm = (imm << 8) | bytes[i];
  const auto rel32 = static_cast<std::int32_t>(imm);
  constexpr std::array<std::uint8_t, 5> kNop5 = {0x0F, 0x1F, 0x44, 0x00, 0x00};
  switch (bytes[0]) {
    case 0x90:
      return {Op::kNop, n, 0};
    case 0xC3:
      return {Op::kReturn, n, 0};
    case kInt3:
      return {Op::kTrap, n, 0};
    case 0xEB:
      return {Op::kJump, n, static_cast<std::int8_t>(bytes[1])};
    case 0xE8:
      return {Op::kCall, n, rel32};
    case 0xE9:
      return {Op::kJump, n, rel32};
    case 0xB8:
      return {Op::kMoveEax, n, rel32};
    case 0x0F:
      for (std::size_t i = 0; i < kNop5.size(); ++i)
        if (bytes[i] != kNop5[i]) return {Op::kUnknown, n, 0};
      return {Op::kNop, n, 0};
    default:
      return {Op::kUnknown, n, 0};
  }
}

}  // namespace heddle
