// Do our decoders and Capstone read the same instructions out of the same bytes?
//
// Every encoding of isa/ with random operands, and with a few bits flipped: whatever we decode,
// Capstone knows, under the same name, of the same length, with the same operand.
#include "runtime/events/disassembly.h"

#include <capstone/capstone.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "isa/arm64.h"
#include "isa/x86_64.h"

namespace heddle::events {
namespace {

constexpr std::uint64_t kSite = 0x7FFF0000;

struct Read {
  std::string mnemonic, operands;
  std::size_t length = 0;
};

class Capstone {
 public:
  Capstone(cs_arch arch, cs_mode mode) { EXPECT_EQ(cs_open(arch, mode, &handle_), CS_ERR_OK); }
  ~Capstone() { cs_close(&handle_); }
  Capstone(const Capstone&) = delete;
  Capstone& operator=(const Capstone&) = delete;

  Read Decode(std::span<const std::uint8_t> bytes) const {
    cs_insn* insn = nullptr;
    if (cs_disasm(handle_, bytes.data(), bytes.size(), kSite, 1, &insn) != 1) return {};
    const Read read{insn->mnemonic, insn->op_str, insn->size};
    cs_free(insn, 1);
    return read;
  }

 private:
  csh handle_ = 0;
};

// The last number of `operands`: "eax, 0x10" is 16.
std::uint64_t LastNumber(const std::string& operands) {
  std::size_t at = operands.find_last_of(" #,");
  at = at == std::string::npos ? 0 : at + 1;
  const std::string number = operands.substr(at);
  return number.starts_with('-')
             ? static_cast<std::uint64_t>(std::strtoll(number.c_str(), nullptr, 0))
             : std::strtoull(number.c_str(), nullptr, 0);
}

// --- x86-64

std::string NameOf(const X86Instruction& insn) {
  static constexpr std::array<const char*, 16> kConditions = {
      "jo", "jno", "jb", "jae", "je", "jne", "jbe", "ja",
      "js", "jns", "jp", "jnp", "jl", "jge", "jle", "jg"};
  using enum X86Instruction::Op;
  switch (insn.op) {
    case kNop:
      return "nop";
    case kCall:
      return "call";
    case kJump:
      return "jmp";
    case kJumpIf:
      return kConditions[insn.condition];
    case kReturn:
      return "ret";
    case kTrap:
      return "int3";
    case kMoveEax:
      return "mov";
    case kXorEax:
      return "xor";
    case kTestEax:
      return "test";
    case kCompareEax:
      return "cmp";
    case kUnknown:
      break;
  }
  return "?";
}

void ExpectSame(const X86Instruction& insn, const Read& read, const std::string& bytes) {
  using enum X86Instruction::Op;
  EXPECT_EQ(read.mnemonic, NameOf(insn)) << bytes;
  EXPECT_EQ(read.length, insn.length) << bytes;
  const auto operand = static_cast<std::uint64_t>(std::int64_t{insn.operand});
  if (insn.op == kCall || insn.op == kJump || insn.op == kJumpIf) {
    EXPECT_EQ(LastNumber(read.operands), kSite + insn.length + operand) << bytes;
  }
  if (insn.op == kMoveEax || insn.op == kCompareEax) {
    EXPECT_TRUE(read.operands.starts_with("eax, ")) << read.operands;
    EXPECT_EQ(static_cast<std::uint32_t>(LastNumber(read.operands)),
              static_cast<std::uint32_t>(operand))
        << bytes;
  }
  if (insn.op == kXorEax || insn.op == kTestEax) {
    EXPECT_EQ(read.operands, "eax, eax");
  }
}

std::string HexOf(std::span<const std::uint8_t> bytes) {
  std::string s;
  for (const std::uint8_t b : bytes) {
    s += "0123456789abcdef"[b >> 4];
    s += "0123456789abcdef"[b & 15];
  }
  return s;
}

TEST(Disassembly, X86DecoderAgreesWithCapstone) {
  const Capstone capstone(CS_ARCH_X86, CS_MODE_64);
  std::mt19937 random(1);
  for (std::size_t n = 0; n < 20'000; ++n) {
    const x86::Encoding& e = x86::kEncodings[n % x86::kEncodings.size()];
    std::array<std::uint8_t, 6> bytes = e.fixed;
    for (std::size_t i = e.fixed_bytes; i < bytes.size(); ++i)
      bytes[i] = static_cast<std::uint8_t>(random());
    const bool exact = n < 5'000;
    if (e.has_condition) bytes[e.fixed_bytes - 1] |= static_cast<std::uint8_t>(random() & 15);
    if (!exact) bytes[random() % e.fixed_bytes] ^= static_cast<std::uint8_t>(1U << random() % 8);
    const auto insn = X86Instruction::Decode(bytes);
    if (exact) {
      ASSERT_EQ(insn.op, e.op) << HexOf(bytes);
    }
    if (insn.op == X86Instruction::Op::kUnknown) continue;
    ExpectSame(insn, capstone.Decode(bytes), HexOf(bytes));
    if (HasFailure()) return;
  }
}

// --- arm64

std::vector<std::string> NamesOf(const Arm64Instruction& insn) {
  static constexpr std::array<const char*, 16> kConditions = {"eq", "ne", "hs", "lo", "mi", "pl",
                                                              "vs", "vc", "hi", "ls", "ge", "lt",
                                                              "gt", "le", "al", "nv"};
  using enum Arm64Instruction::Op;
  switch (insn.op) {
    case kNop:
      return {"nop"};
    case kBti:
      return {"hint", "bti"};
    case kIsb:
      return {"isb"};
    case kBranch:
      return {"b"};
    case kBranchLink:
      return {"bl"};
    case kBranchIf:
      return {std::string("b.") + kConditions[insn.m]};
    case kBranchReg:
      return {"br"};
    case kBranchLinkReg:
      return {"blr"};
    case kReturn:
      return {"ret"};
    case kTrap:
      return {"brk"};
    case kHypervisorCall:
      return {"hvc"};
    case kSupervisorCall:
      return {"svc"};
    case kSecureMonitorCall:
      return {"smc"};
    case kMoveWide:
      return {"mov", "movz"};
    case kMove:
      return {"mov", "orr"};
    case kCompare:
      return {"cmp", "subs"};
    case kLoadLiteral:
      return {"ldr"};
    default:
      return {};
  }
}

TEST(Disassembly, Arm64DecoderAgreesWithCapstone) {
  const Capstone capstone(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN);
  std::mt19937 random(1);
  for (std::size_t n = 0; n < 20'000; ++n) {
    const arm64::Encoding& e = arm64::kEncodings[n % arm64::kEncodings.size()];
    std::uint32_t word = e.word | (static_cast<std::uint32_t>(random()) & ~e.mask());
    const bool exact = n < 5'000;
    if (!exact) word ^= 1U << random() % 32;
    const auto insn = Arm64Instruction::Decode(word);
    if (exact) {
      ASSERT_EQ(insn.op, e.op) << std::hex << word;
    }
    if (insn.op == Arm64Instruction::Op::kUnknown) continue;
    std::array<std::uint8_t, 4> bytes{};
    for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(word >> 8 * i);
    const Read read = capstone.Decode(bytes);
    const auto names = NamesOf(insn);
    EXPECT_NE(std::find(names.begin(), names.end(), read.mnemonic), names.end())
        << std::hex << word << " is " << read.mnemonic << " " << read.operands;
    if (e.is_distance && exact) {
      EXPECT_EQ(LastNumber(read.operands),
                kSite + static_cast<std::uint64_t>(std::int64_t{insn.operand}))
          << std::hex << word << " is " << read.mnemonic << " " << read.operands;
    }
    if (HasFailure()) return;
  }
}

TEST(Disassembly, CountsTargetsFromTheTextsStart) {
  const std::array<std::uint8_t, 5> jump = {0xE9, 11, 0, 0, 0};
  EXPECT_EQ(Disassemble(Isa::kX86_64, jump, 16), "jmp 0x20");
  const std::array<std::uint8_t, 4> branch = {0x04, 0, 0, 0x14};
  EXPECT_EQ(Disassemble(Isa::kArm64, branch, 16), "b #0x20");
}

TEST(Disassembly, OfNoInstructionIsEmpty) {
  EXPECT_EQ(Disassemble(Isa::kX86_64, std::array<std::uint8_t, 1>{0xE9}, 0), "");
  EXPECT_EQ(Disassemble(Isa::kArm64, std::array<std::uint8_t, 4>{}, 0), "");
  EXPECT_EQ(WithDisassembly("e9", Isa::kX86_64, std::array<std::uint8_t, 1>{0xE9}, 0), "e9");
}

}  // namespace
}  // namespace heddle::events
