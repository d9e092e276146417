// Are the words those of the architecture, do they survive a round trip, how far do branches reach,
// and which instructions may change under a running CPU?
#include "isa/arm64.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <set>

namespace heddle {
namespace {

using Insn = Arm64Instruction;
using Op = Arm64Instruction::Op;

constexpr std::uintptr_t kSite = 0x4000'0000;
constexpr std::int64_t kMiB = std::int64_t{1} << 20;

std::uintptr_t At(std::int64_t distance) { return kSite + static_cast<std::uintptr_t>(distance); }

// Words as an assembler prints them.
TEST(Arm64, WordsAreTheArchitectures) {
  const std::map<std::uint32_t, Insn> words = {
      {0xD503201F, Insn::Nop()},
      {0xD503245F, {Op::kBti, 0, 1}},  // BTI c
      {0xD5033FDF, Insn::Isb()},
      {0x14000003, *Insn::Branch(kSite, At(12))},
      {0x17FFFFFE, *Insn::Branch(kSite, At(-8))},
      {0x94000002, *Insn::BranchLink(kSite, At(8))},
      {0x54000041, *Insn::BranchIf(1, kSite, At(8))},  // B.NE
      {0x54FFFFC0, *Insn::BranchIf(0, kSite, At(-8))},
      {0xD61F0120, {Op::kBranchReg, 9}},
      {0xD63F0120, {Op::kBranchLinkReg, 9}},
      {0xD65F03C0, Insn::Return()},
      {0xD65F0140, Insn::Return(10)},
      {0xD4200000, Insn::Trap()},
      {0xD43FFFE0, Insn::Trap(0xFFFF)},
      {0xD4000001, {Op::kSupervisorCall}},
      {0xD4000022, {Op::kHypervisorCall, 0, 0, 0, 1}},
      {0xD4000003, {Op::kSecureMonitorCall}},
      {0x52800540, Insn::MoveWide(0, 42)},
      {0xD2E00021, {Op::kMoveWide, 1, 3, 1, 1}},  // MOV x1, #1 << 48
      {0xAA1E03E9, Insn::Move(9, 30)},            // MOV x9, lr
      {0x2A0203E1, {Op::kMove, 1, 2}},            // MOV w1, w2
      {0x7100041F, {Op::kCompare, 0, 0, 0, 1}},   // CMP w0, #1
      {0xF13FFC7F, {Op::kCompare, 3, 0, 1, 4095}},
      {0x18000040, {Op::kLoadLiteral, 0, 0, 0, 8}},
      {0x58FFFFE1, {Op::kLoadLiteral, 1, 0, 1, -4}},
  };
  std::set<std::pair<Op, std::uint8_t>> seen;
  for (const auto& [word, insn] : words) {
    EXPECT_EQ(insn.Encode(), word) << std::hex << word;
    EXPECT_EQ(Insn::Decode(word), insn) << std::hex << word;
    seen.insert({insn.op, insn.wide});
  }
  for (const arm64::Encoding& e : arm64::kEncodings)
    EXPECT_TRUE(seen.contains({e.op, e.wide})) << "not in the table: " << std::hex << e.word;
}

TEST(Arm64, DecodedWordsEncodeToThemselves) {
  std::mt19937 random(1);
  for (const arm64::Encoding& e : arm64::kEncodings) {
    for (int i = 0; i < 1000; ++i) {
      const std::uint32_t word = e.word | (static_cast<std::uint32_t>(random()) & ~e.mask());
      const Insn insn = Insn::Decode(word);
      EXPECT_EQ(insn.op, e.op) << std::hex << word;
      EXPECT_EQ(insn.Encode(), word);
    }
  }
  for (int i = 0; i < 100'000; ++i) {
    const auto word = static_cast<std::uint32_t>(random());
    const Insn insn = Insn::Decode(word);
    if (insn.op != Op::kUnknown) {
      EXPECT_EQ(insn.Encode(), word) << std::hex << word;
    }
  }
}

TEST(Arm64, OtherWordsAreUnknown) {
  for (const std::uint32_t word : {0x00000000U, 0xFFFFFFFFU, 0x34000040U /* CBZ */,
                                   0x8B010000U /* ADD */, 0xD69F03E0U /* ERET */, 0xD503205FU})
    EXPECT_EQ(Insn::Decode(word).op, Op::kUnknown) << std::hex << word;
}

TEST(Arm64, BranchesReach128MiBAndConditionalOnesOneMiB) {
  const auto reaches = [](auto make, std::int64_t limit) {
    for (const std::int64_t d : {-limit, std::int64_t{0}, limit - 4}) {
      const auto insn = make(At(d));
      ASSERT_TRUE(insn.has_value()) << d;
      EXPECT_EQ(insn->operand, d);
      EXPECT_EQ(Insn::Decode(insn->Encode()), *insn);
    }
    for (const std::int64_t d : {-limit - 4, limit, -limit + 2, std::int64_t{1}, std::int64_t{-1}})
      EXPECT_FALSE(make(At(d)).has_value()) << d;
    EXPECT_FALSE(make(std::numeric_limits<std::uintptr_t>::max() - 3).has_value());
  };
  reaches([](std::uintptr_t to) { return Insn::Branch(kSite, to); }, 128 * kMiB);
  reaches([](std::uintptr_t to) { return Insn::BranchLink(kSite, to); }, 128 * kMiB);
  reaches([](std::uintptr_t to) { return Insn::BranchIf(1, kSite, to); }, kMiB);
}

TEST(Arm64, OnlySomeMayChangeUnderARunningCpu) {
  const std::set<Op> safe = {Op::kNop,
                             Op::kIsb,
                             Op::kBranch,
                             Op::kBranchLink,
                             Op::kTrap,
                             Op::kHypervisorCall,
                             Op::kSupervisorCall,
                             Op::kSecureMonitorCall};
  for (const arm64::Encoding& e : arm64::kEncodings)
    EXPECT_EQ(Insn::Decode(e.word).IsSafeToModify(), safe.contains(e.op)) << std::hex << e.word;
  EXPECT_FALSE(Insn{}.IsSafeToModify());
}

// C1.2.4: each condition against the comparison that it is named after.
TEST(Arm64, ConditionsAreWhatTheirNamesSay) {
  const std::int32_t values[] = {0,
                                 1,
                                 -1,
                                 5,
                                 -5,
                                 std::numeric_limits<std::int32_t>::max(),
                                 std::numeric_limits<std::int32_t>::min()};
  for (const std::int32_t a : values) {
    for (const std::int32_t b : values) {
      const auto ua = static_cast<std::uint32_t>(a), ub = static_cast<std::uint32_t>(b);
      const std::uint32_t flags = arm64::FlagsOfDifference(ua, ub, 32);
      const auto difference = static_cast<std::int64_t>(a) - b;
      const bool overflow = difference != static_cast<std::int32_t>(ua - ub);
      const bool negative = static_cast<std::int32_t>(ua - ub) < 0;
      const bool expected[] = {
          a == b,   a != b, ua >= ub,  ua<ub, negative, !negative, overflow, !overflow, ua> ub,
          ua <= ub, a >= b, a<b, a> b, a <= b,
          true,     true};
      for (int c = 0; c < 16; ++c)
        EXPECT_EQ(arm64::Holds(static_cast<std::uint8_t>(c), flags), expected[c])
            << a << " - " << b << ", condition " << c;
    }
  }
}

}  // namespace
}  // namespace heddle
