// Does native arm64 text run, change and trap as the patching protocols need?  Under qemu-user this
// shows that the code works, not its ordering, nor that each cache instruction is needed.
#include <gtest/gtest.h>

#if defined(__aarch64__)

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <vector>

#include "patching/arm64_text.h"
#include "patching/text_poke_log.h"
#include "runtime/native/native_runtime.h"
#include "scenarios/arm64_poke.h"
#include "scenarios/arm64_text_poke.h"
#include "stress/suite.h"

namespace heddle {
namespace {

using Rt = NativeRuntime;
using Insn = Arm64Instruction;
using Text = Arm64Text<Rt, 4>;
using arm64_site::kSite;
using arm64_site::Returned;
using arm64_site::Version;

class NativeArm64Text : public testing::Test {
 protected:
  void SetUp() override { native::BeginRun(); }
  void TearDown() override {
    Rt::set_trap_handler(nullptr, nullptr);
    native::BeginRun();
  }
};

Text::Batch BatchOf(Rt::CodeRegion& code, const Insn& now, const Insn& to) {
  Text::Batch batch(code);
  EXPECT_EQ(batch.Add(kSite, now, to), PatchError::kNone);
  return batch;
}

TEST_F(NativeArm64Text, ExecutesItsWords) {
  Rt::CodeRegion code(arm64_site::kCode, {0}, Isa::kArm64);
  EXPECT_EQ(Rt::call(code, 0), 1U);
  EXPECT_EQ(Rt::read_code(code, kSite), Insn::Nop().Encode());
  EXPECT_THROW(Rt::CodeRegion(arm64_site::kCode, {0}, Isa::kX86_64), std::invalid_argument);
  EXPECT_THROW(Rt::write_code(code, 2, Insn::Nop().Bytes()), std::invalid_argument);
}

TEST_F(NativeArm64Text, EachProtocolGoesThroughAllVersions) {
  Rt::CodeRegion code(arm64_site::kCode, {0}, Isa::kArm64);
  Text text(code, {{kSite, Insn::Nop()}});
  Rt::set_trap_handler(&Text::OnTrap, &text);
  const native::ThreadContext context(0, -1, native::RunMode::kSample, 1);
  TextPokeLog<Rt, 8> log;
  for (int v = 1; v <= 9; ++v) {
    const auto batch = BatchOf(code, Version(v - 1, 3), Version(v, 3));
    const auto error =
        v <= 3 ? text.PokeNosync(batch)
        : v <= 6
            ? text.PokeAndSync(batch)
            : text.PokeByBreakpoint(batch, [&](const Arm64Patch& p) {
                log.Append({static_cast<std::uint32_t>(p.offset), p.now.Encode(), p.to.Encode()});
              });
    EXPECT_EQ(error, PatchError::kNone);
    EXPECT_EQ(Rt::call(code, 0), static_cast<std::uint32_t>(Returned(v, 3)));
  }
  ASSERT_EQ(log.count(), 3U);
  EXPECT_EQ(log[2].before, Version(8, 3).Encode());
  EXPECT_EQ(log[2].after, Rt::read_code(code, kSite)) << "the last event is what memory holds";
}

TEST_F(NativeArm64Text, AClaimedBreakpointIsEmulated) {
  for (const int version : {0, 1, 2}) {
    Rt::CodeRegion code(arm64_site::kCode, {0}, Isa::kArm64);
    Rt::write_code(code, kSite, Insn::Trap(7).Bytes());
    Text text(code, {{kSite, Insn::Trap(7)}});
    EXPECT_EQ(text.PokeAndSync(BatchOf(code, Insn::Trap(7), Insn::Trap(8))), PatchError::kNone);
    static int emulated;
    emulated = version;
    Rt::set_trap_handler(
        [](void* context, TrapFrame& frame) {
          if (frame.pc() != static_cast<Rt::CodeRegion*>(context)->address(kSite)) return false;
          Version(emulated, 3).Execute(frame, frame.pc());
          return Rt::in_trap();
        },
        &code);
    const native::ThreadContext context(0, -1, native::RunMode::kTorture, 1);
    EXPECT_EQ(Rt::call(code, 0), static_cast<std::uint32_t>(Returned(version, 3)));
    EXPECT_FALSE(Rt::in_trap());
    EXPECT_EQ(context.traps_claimed, 1U);
    EXPECT_EQ(context.traps_unclaimed, 0U);
  }
}

TEST_F(NativeArm64Text, AnUnclaimedBreakpointAbandonsTheCallAndTheNextOneWorks) {
  Rt::CodeRegion code(arm64_site::kCode, {0}, Isa::kArm64);
  Text text(code, {{kSite, Insn::Nop()}});
  Rt::set_trap_handler(&Text::OnTrap, &text);  // it has no descriptor
  const native::ThreadContext context(3, -1, native::RunMode::kTorture, 1);
  ASSERT_EQ(text.PokeAndSync(BatchOf(code, Insn::Nop(), Insn::Trap(1))), PatchError::kNone);
  EXPECT_THROW(Rt::call(code, 0), native::Abandoned);
  ASSERT_TRUE(native::FirstFailure().has_value());
  EXPECT_STREQ(native::FirstFailure()->why, "unhandled trap");
  EXPECT_EQ(native::FirstFailure()->thread, 3);
  EXPECT_EQ(native::FirstFailure()->address, code.address(kSite));
  ASSERT_EQ(text.PokeAndSync(BatchOf(code, Insn::Trap(1), Insn::Nop())), PatchError::kNone);
  EXPECT_EQ(Rt::call(code, 0), 1U);
}

TEST_F(NativeArm64Text, AFaultInTextIsReported) {
  Rt::CodeRegion code(std::array<std::uint8_t, 4>{}, {0}, Isa::kArm64);  // UDF
  Rt::set_trap_handler([](void*, TrapFrame&) { return false; }, nullptr);
  EXPECT_THROW(Rt::call(code, 0), native::Abandoned);
  ASSERT_TRUE(native::FirstFailure().has_value());
  EXPECT_STREQ(native::FirstFailure()->why, "fault in text");
  EXPECT_STREQ(native::FirstFailure()->detail, "SIGILL");
}

TEST_F(NativeArm64Text, TwoThreadsExecuteWhatIsPoked) {
  Rt::CodeRegion code(arm64_site::kCode, {1, 2}, Isa::kArm64);
  Text text(code, {{kSite, Insn::Nop()}});
  Rt::set_trap_handler(&Text::OnTrap, &text);
  std::atomic<int> finished{0}, started{0}, ready{0}, wrong{0};
  std::atomic<bool> stop{false};
  {
    std::vector<std::jthread> executors;
    for (int cpu = 1; cpu <= 2; ++cpu) {
      executors.emplace_back([&, cpu] {
        const native::ThreadContext context(cpu, -1, native::RunMode::kSample, 1);
        ready.fetch_add(1);
        int version = 0;  // the oldest one that may run: once new, never old
        while (!stop.load(std::memory_order_relaxed)) {
          version = std::max(version, finished.load(std::memory_order_acquire));
          const auto r = static_cast<int>(Rt::call(code, 0));
          const int high = started.load(std::memory_order_acquire);
          while (Returned(version, 3) != r && version <= high) ++version;
          if (version > high) wrong.fetch_add(1);
        }
      });
    }
    const native::ThreadContext context(0, -1, native::RunMode::kSample, 1);
    while (ready.load() < 2) sched_yield();
    for (int v = 1; v <= 60; ++v) {
      started.store(v);
      const auto error = text.PokeByBreakpoint(BatchOf(code, Version(v - 1, 3), Version(v, 3)));
      EXPECT_EQ(error, PatchError::kNone);
      finished.store(v, std::memory_order_release);
    }
    stop.store(true);
  }
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(native::FailureCount(), 0U);
}

template <typename Scenario>
class NativeArm64Scenario : public testing::Test {};
using Scenarios =
    testing::Types<Arm64PokeSync, Arm64PokeSyncTwo, Arm64PokeBrk, Arm64PokeBrkTwo, Arm64TextPoke>;
TYPED_TEST_SUITE(NativeArm64Scenario, Scenarios);

TYPED_TEST(NativeArm64Scenario, HoldsForAWhile) {
  stress::StressOptions options{.duration = std::chrono::milliseconds(300)};
#if defined(HEDDLE_EMULATED)
  options.disturb = false;  // an emulator has signals of its own
#endif
  const auto result = stress::RunStress(stress::MakePlan<TypeParam>(), options);
  EXPECT_EQ(result.verdict, stress::StressVerdict::kPassed)
      << (result.failures.empty() ? "" : result.failures.front());
  EXPECT_GT(result.syncs, 0U);
  EXPECT_EQ(result.unhandled_traps, 0U);
}

}  // namespace
}  // namespace heddle

#else
TEST(NativeArm64Text, NeedsAnArm64Machine) { GTEST_SKIP(); }
#endif
