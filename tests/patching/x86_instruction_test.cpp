// Are the bytes of a site's instructions those of x86-64, and is their emulation what they do?
#include "patching/x86_instruction.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "runtime/model/model_runtime.h"

namespace heddle {
namespace {

using Bytes = std::array<std::uint8_t, X86Site5::kLength>;

class FakeFrame final : public TrapFrame {
 public:
  explicit FakeFrame(std::uintptr_t pc) : pc_(pc) {}
  std::uintptr_t pc() const override { return pc_; }
  void set_pc(std::uintptr_t pc) override { pc_ = pc; }
  void push(std::uintptr_t return_address) override { pushed.push_back(return_address); }

  std::vector<std::uintptr_t> pushed;

 private:
  std::uintptr_t pc_;
};

constexpr std::uintptr_t kSite = 0x10005;

TEST(X86Site5, NopIsTheRecommendedFiveByteNop) {
  EXPECT_EQ(X86Site5::Nop().Bytes(), (Bytes{0x0F, 0x1F, 0x44, 0x00, 0x00}));
}

// Displacements count from the end of the instruction, site + 5, and are little-endian.
TEST(X86Site5, CallAndJumpEncodeTheDistanceFromTheirEnd) {
  EXPECT_EQ(X86Site5::Call(kSite, kSite + 5).Bytes(), (Bytes{0xE8, 0, 0, 0, 0}));
  EXPECT_EQ(X86Site5::Call(kSite, kSite + 11).Bytes(), (Bytes{0xE8, 6, 0, 0, 0}));
  EXPECT_EQ(X86Site5::Call(kSite, kSite).Bytes(), (Bytes{0xE8, 0xFB, 0xFF, 0xFF, 0xFF}));  // -5
  EXPECT_EQ(X86Site5::Jump(kSite, kSite + 5 + 0x01020304).Bytes(),
            (Bytes{0xE9, 0x04, 0x03, 0x02, 0x01}));
  EXPECT_EQ(X86Site5::Jump(kSite, kSite - 0x1000).Bytes(),
            (Bytes{0xE9, 0xFB, 0xEF, 0xFF, 0xFF}));  // -0x1005
}

TEST(X86Site5, ReachesTwoGibibytesEitherWay) {
  constexpr std::uintptr_t kHigh = 0x200000000;
  EXPECT_EQ(X86Site5::Jump(kHigh, kHigh + 5 + 0x7FFFFFFF).displacement, INT32_MAX);
  EXPECT_EQ(X86Site5::Jump(kHigh, kHigh + 5 - 0x80000000).displacement, INT32_MIN);
}

TEST(X86Site5, EqualMeansSameInstruction) {
  EXPECT_EQ(X86Site5::Call(kSite, kSite + 9), X86Site5::Call(kSite, kSite + 9));
  EXPECT_NE(X86Site5::Call(kSite, kSite + 9), X86Site5::Call(kSite, kSite + 10));
  EXPECT_NE(X86Site5::Call(kSite, kSite + 9), X86Site5::Jump(kSite, kSite + 9));
  EXPECT_NE(X86Site5::Jump(kSite, kSite + 5), X86Site5::Nop());  // both go on behind the site
}

TEST(X86Site5, ModelValueDependsOnTheInstructionOnly) {
  X86Site5 a, b;
  std::memset(static_cast<void*>(&a), 0x00, sizeof a);
  std::memset(static_cast<void*>(&b), 0xFF, sizeof b);
  a.op = b.op = X86Site5::Op::kCall;
  a.displacement = b.displacement = 6;
  ASSERT_EQ(a, b);
  EXPECT_EQ(ToValue(a), ToValue(b));
}

TEST(X86Site5, EmulatesNop) {
  FakeFrame frame(kSite + 1);
  X86Site5::Nop().Emulate(frame, kSite);
  EXPECT_EQ(frame.pc(), kSite + 5);
  EXPECT_TRUE(frame.pushed.empty());
}

TEST(X86Site5, EmulatesCallAndJumpInBothDirections) {
  for (const std::uintptr_t target : {kSite + 100, kSite - 100, kSite + 5, kSite}) {
    FakeFrame call(kSite + 1), jump(kSite + 1);
    X86Site5::Call(kSite, target).Emulate(call, kSite);
    EXPECT_EQ(call.pc(), target);
    EXPECT_EQ(call.pushed, (std::vector<std::uintptr_t>{kSite + 5}));
    X86Site5::Jump(kSite, target).Emulate(jump, kSite);
    EXPECT_EQ(jump.pc(), target);
    EXPECT_TRUE(jump.pushed.empty());
  }
}

}  // namespace
}  // namespace heddle
