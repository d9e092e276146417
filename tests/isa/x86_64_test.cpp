// Are our x86-64 instructions encoded as the manual says, and do they do what it says?
// tests/runtime/disassembly_test.cpp compares every encoding with Capstone.
#include "isa/x86_64.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace heddle {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes BytesOf(const X86Instruction& insn) {
  const auto bytes = insn.Encode();
  return {bytes.begin(), bytes.begin() + insn.length};
}

class FakeFrame final : public TrapFrame {
 public:
  explicit FakeFrame(std::uintptr_t pc) : pc_(pc) {}
  std::uintptr_t pc() const override { return pc_; }
  void set_pc(std::uintptr_t pc) override { pc_ = pc; }
  std::uint64_t reg(int) const override { return rax; }
  void set_reg(int, std::uint64_t value) override { rax = value; }
  std::uint32_t flags() const override { return eflags; }
  void set_flags(std::uint32_t flags) override { eflags = flags; }
  void push(std::uintptr_t return_address) override { stack.push_back(return_address); }
  std::uintptr_t pop() override {
    const std::uintptr_t top = stack.back();
    stack.pop_back();
    return top;
  }

  std::uint64_t rax = 0;
  std::uint32_t eflags = 0;
  std::vector<std::uintptr_t> stack;

 private:
  std::uintptr_t pc_;
};

constexpr std::uintptr_t kSite = 0x10005;

TEST(X86Encoding, IsTheManuals) {
  EXPECT_EQ(BytesOf(X86Instruction::Nop(5)), (Bytes{0x0F, 0x1F, 0x44, 0x00, 0x00}));
  EXPECT_EQ(BytesOf(X86Instruction::Return()), (Bytes{0xC3}));
  EXPECT_EQ(BytesOf(X86Instruction::Trap()), (Bytes{0xCC}));
  EXPECT_EQ(BytesOf(X86Instruction::ReturnZero()), (Bytes{0x2E, 0x2E, 0x2E, 0x31, 0xC0}));
  EXPECT_EQ(BytesOf(*X86Instruction::Call(kSite, kSite)), (Bytes{0xE8, 0xFB, 0xFF, 0xFF, 0xFF}));
  EXPECT_EQ(BytesOf(*X86Instruction::Jump(kSite, kSite + 5 + 0x01020304)),
            (Bytes{0xE9, 0x04, 0x03, 0x02, 0x01}));
  EXPECT_EQ(BytesOf(*X86Instruction::ShortJump(kSite, kSite)), (Bytes{0xEB, 0xFE}));
  EXPECT_EQ(BytesOf(*X86Instruction::JumpIf(4, kSite, kSite + 6)), (Bytes{0x0F, 0x84, 0, 0, 0, 0}));
}

TEST(X86Encoding, RefusesWhatDoesNotReach) {
  constexpr std::uintptr_t kHigh = 0x200000000;
  EXPECT_TRUE(X86Instruction::Jump(kHigh, kHigh + 5 + 0x7FFFFFFF));
  EXPECT_FALSE(X86Instruction::Jump(kHigh, kHigh + 5 + 0x80000000));
  EXPECT_TRUE(X86Instruction::Call(kHigh, kHigh + 5 - 0x80000000));
  EXPECT_FALSE(X86Instruction::Call(kHigh, kHigh + 4 - 0x80000000));
  EXPECT_TRUE(X86Instruction::ShortJump(kHigh, kHigh + 2 + 127));
  EXPECT_FALSE(X86Instruction::ShortJump(kHigh, kHigh + 2 + 128));
  EXPECT_FALSE(X86Instruction::JumpIf(5, kHigh, kHigh + 6 + 0x80000000));
}

// Whatever is decoded is encoded the same way again, from exactly the bytes asked for.
TEST(X86Decoding, IsTheInverseOfEncoding) {
  std::mt19937 random(1);
  int known = 0;
  for (int i = 0; i < 200'000; ++i) {
    const x86::Encoding& e = x86::kEncodings[random() % x86::kEncodings.size()];
    X86Instruction::Bytes bytes = e.fixed;
    for (std::size_t b = e.fixed_bytes; b < bytes.size(); ++b)
      bytes[b] = static_cast<std::uint8_t>(random());
    if (random() % 2 != 0) bytes[random() % e.fixed_bytes] = static_cast<std::uint8_t>(random());
    std::size_t length = 0, needed = 1;
    while (length < needed) needed = X86BytesNeeded(std::span(bytes).first(++length));
    const auto insn = X86Instruction::Decode(std::span(bytes).first(length));
    if (insn.op == X86Instruction::Op::kUnknown) continue;
    ++known;
    ASSERT_EQ(insn.length, length);
    ASSERT_EQ(BytesOf(insn), Bytes(bytes.begin(), bytes.begin() + insn.length));
  }
  EXPECT_GT(known, 100'000);
}

TEST(X86Execution, GoesWhereItShould) {
  for (const std::uintptr_t target : {kSite + 100, kSite - 100, kSite + 5, kSite}) {
    FakeFrame call(kSite + 1), jump(kSite + 1);
    X86Instruction::Call(kSite, target)->Execute(call, kSite);
    EXPECT_EQ(call.pc(), target);
    EXPECT_EQ(call.stack, (std::vector<std::uintptr_t>{kSite + 5}));
    X86Instruction::Jump(kSite, target)->Execute(jump, kSite);
    EXPECT_EQ(jump.pc(), target);
    EXPECT_TRUE(jump.stack.empty());
    X86Instruction::Return().Execute(call, kSite);
    EXPECT_EQ(call.pc(), kSite + 5);
  }
  FakeFrame nop(kSite + 1);
  X86Instruction::Nop(6).Execute(nop, kSite);
  EXPECT_EQ(nop.pc(), kSite + 6);
}

// Comparing a and b, each condition says of them what its name says.
TEST(X86Execution, ConditionsCompare) {
  const std::vector<std::int32_t> values = {0, 1, -1, 2, INT32_MAX, INT32_MIN, INT32_MIN + 1};
  for (const std::int32_t a : values) {
    for (const std::int32_t b : values) {
      const auto ua = static_cast<std::uint32_t>(a), ub = static_cast<std::uint32_t>(b);
      const std::uint32_t flags = x86::FlagsOfDifference(ua, ub);
      const auto sign = static_cast<std::int32_t>(ua - ub) < 0;
      const std::vector<std::pair<int, bool>> cases = {{2, ua < ub}, {4, a == b},  {6, ua <= ub},
                                                       {8, sign},    {0xC, a < b}, {0xE, a <= b}};
      for (const auto& [condition, holds] : cases) {
        EXPECT_EQ(x86::Holds(static_cast<std::uint8_t>(condition), flags), holds) << a << " " << b;
        EXPECT_EQ(x86::Holds(static_cast<std::uint8_t>(condition + 1), flags), !holds);
      }
    }
  }
}

}  // namespace
}  // namespace heddle
