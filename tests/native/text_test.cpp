// Does native text run, change and trap as the patching protocols need?
#include <gtest/gtest.h>

#if defined(__x86_64__)

#include <sched.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <vector>

#include "runtime/native/native_runtime.h"

#if defined(__SANITIZE_THREAD__)
#define HEDDLE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HEDDLE_TSAN 1
#endif
#endif

namespace heddle {
namespace {

using Rt = NativeRuntime;

constexpr std::array<std::uint8_t, 6> kReturnOne = {0xB8, 1, 0, 0, 0, 0xC3};  // mov eax,1; ret
constexpr std::array<std::uint8_t, 1> kInt3 = {0xCC};

class NativeText : public testing::Test {
 protected:
  void SetUp() override { native::BeginRun(); }
  void TearDown() override {
    Rt::set_trap_handler(nullptr, nullptr);
    native::BeginRun();
  }
};

TEST_F(NativeText, ExecutesItsBytes) {
  Rt::CodeRegion text(kReturnOne, {0});
  EXPECT_EQ(Rt::call(text, 0), 1u);
  EXPECT_TRUE(text.contains(text.address(5)));
  EXPECT_FALSE(text.contains(text.address(6)));
  EXPECT_FALSE(text.contains(text.address(0) - 1));
}

TEST_F(NativeText, APatchedByteIsExecutedAfterASync) {
  Rt::CodeRegion text(kReturnOne, {0});
  const std::array<std::uint8_t, 1> two = {2};
  Rt::write_code(text, 1, two);
  Rt::sync_core_all();
  EXPECT_EQ(Rt::read_code(text, 1), 2);
  EXPECT_EQ(Rt::call(text, 0), 2u);
}

TEST_F(NativeText, RefusesBadSizesAndOffsets) {
  EXPECT_THROW(Rt::CodeRegion({}, {0}), std::invalid_argument);
  Rt::CodeRegion text(kReturnOne, {0});
  EXPECT_THROW(Rt::write_code(text, 1, kReturnOne), std::out_of_range);
  EXPECT_THROW(static_cast<void>(Rt::read_code(text, 6)), std::out_of_range);
}

TEST_F(NativeText, AClaimedTrapGoesOnWhereTheHandlerSays) {
  // int3 in place of the mov's opcode; the handler resumes at `mov eax, 7; ret` behind it.
  const std::array<std::uint8_t, 12> bytes = {0xCC, 1, 0, 0, 0, 0xC3, 0xB8, 7, 0, 0, 0, 0xC3};
  Rt::CodeRegion text(bytes, {0});
  Rt::set_trap_handler(
      [](void* context, TrapFrame& frame) {
        const auto& region = *static_cast<Rt::CodeRegion*>(context);
        if (frame.pc() != region.address(1)) return false;
        frame.set_pc(region.address(6));
        return true;
      },
      &text);
  const native::ThreadContext context(0, -1, native::RunMode::kTorture, 1);
  EXPECT_EQ(Rt::call(text, 0), 7u);
  EXPECT_EQ(context.traps_claimed, 1u);
  EXPECT_EQ(context.traps_unclaimed, 0u);
}

TEST_F(NativeText, AnEmulatedCallReturnsBehindIt) {
  // 0: int3 + 4 bytes standing for `call 8`;  5: inc eax; ret;  8: mov eax, 4; ret
  const std::array<std::uint8_t, 14> bytes = {0xCC, 0,    0, 0, 0, 0xFF, 0xC0,
                                              0xC3, 0xB8, 4, 0, 0, 0,    0xC3};
  Rt::CodeRegion text(bytes, {0});
  Rt::set_trap_handler(
      [](void* context, TrapFrame& frame) {
        const auto& region = *static_cast<Rt::CodeRegion*>(context);
        frame.push(region.address(5));
        frame.set_pc(region.address(8));
        return true;
      },
      &text);
  EXPECT_EQ(Rt::call(text, 0), 5u) << "4 from the callee, 1 added after its return";
}

TEST_F(NativeText, AnUnclaimedTrapAbandonsTheCallAndTheNextOneWorks) {
  Rt::CodeRegion text(kReturnOne, {0});
  Rt::set_trap_handler([](void*, TrapFrame&) { return false; }, nullptr);
  const native::ThreadContext context(3, -1, native::RunMode::kTorture, 1);
  Rt::write_code(text, 0, kInt3);
  Rt::sync_core_all();
  EXPECT_THROW(Rt::call(text, 0), native::Abandoned);
  ASSERT_TRUE(native::FirstFailure().has_value());
  EXPECT_STREQ(native::FirstFailure()->why, "unhandled trap");
  EXPECT_EQ(native::FirstFailure()->thread, 3);
  EXPECT_EQ(native::FirstFailure()->address, text.address(0));
  EXPECT_EQ(context.traps_unclaimed, 1u);
  Rt::write_code(text, 0, std::span(kReturnOne).first(1));
  Rt::sync_core_all();
  EXPECT_EQ(Rt::call(text, 0), 1u);
}

TEST_F(NativeText, ATrapInAHandlerThatNobodyClaimsAbandonsBothCalls) {
#if defined(HEDDLE_TSAN)
  GTEST_SKIP() << "under TSan a trap in a trap's handler ends the process";
#endif
  Rt::CodeRegion text(kReturnOne, {0});
  Rt::set_trap_handler(
      [](void* called, TrapFrame&) {
        if (native::FirstFailure()) return false;
        Rt::check(false, "a handler hits a breakpoint");
        Rt::call(*static_cast<Rt::CodeRegion*>(called), 0);
        return true;
      },
      &text);
  const native::ThreadContext context(3, -1, native::RunMode::kTorture, 1);
  Rt::write_code(text, 0, kInt3);
  Rt::sync_core_all();
  EXPECT_THROW(Rt::call(text, 0), native::Abandoned);
  ASSERT_TRUE(native::FirstFailure().has_value());
  EXPECT_STREQ(native::FirstFailure()->why, "a handler hits a breakpoint");
  EXPECT_EQ(context.traps_unclaimed, 1u) << "the inner one";
  EXPECT_FALSE(Rt::in_trap());
}

TEST_F(NativeText, AFaultInTextIsReported) {
  const std::array<std::uint8_t, 2> ud2 = {0x0F, 0x0B};
  Rt::CodeRegion text(ud2, {0});
  Rt::set_trap_handler([](void*, TrapFrame&) { return false; }, nullptr);
  EXPECT_THROW(Rt::call(text, 0), native::Abandoned);
  ASSERT_TRUE(native::FirstFailure().has_value());
  EXPECT_STREQ(native::FirstFailure()->why, "fault in text");
  EXPECT_STREQ(native::FirstFailure()->detail, "SIGILL");
}

class NativeSync : public testing::TestWithParam<native::SyncMethod> {
 protected:
  void SetUp() override {
#if defined(HEDDLE_TSAN)
    if (GetParam() == native::SyncMethod::kSignal) {
      GTEST_SKIP() << "TSan delays signals until the thread's next system call";
    }
#endif
    native::BeginRun();
    before_ = native::CurrentSyncMethod();
    try {
      native::SetSyncMethod(GetParam());
    } catch (const std::invalid_argument& lacking) {
      GTEST_SKIP() << lacking.what();
    }
  }
  void TearDown() override { native::SetSyncMethod(before_); }

 private:
  native::SyncMethod before_ = native::CurrentSyncMethod();
};

// The executor never makes a system call of its own accord: only the sync can serialise it.
TEST_P(NativeSync, AfterItNoThreadExecutesTheOldByte) {
  Rt::CodeRegion text(kReturnOne, {1});
  std::atomic<std::uint32_t> promised{1};  // what every call that begins now must return at least
  std::atomic<bool> stop{false};
  std::atomic<int> old_after_new{0}, ready{0};
  {
    std::jthread executor([&] {
      const native::ThreadContext context(1, -1, native::RunMode::kSample, 1);
      ready.store(1, std::memory_order_release);
      while (!stop.load(std::memory_order_relaxed)) {
        const std::uint32_t least = promised.load(std::memory_order_acquire);
        if (Rt::call(text, 0) < least) old_after_new.fetch_add(1, std::memory_order_relaxed);
      }
    });
    const native::ThreadContext context(0, -1, native::RunMode::kSample, 1);
    while (ready.load(std::memory_order_acquire) == 0) sched_yield();
    const std::uint64_t before = native::SyncCount();
    for (std::uint8_t value = 2; value < 120; ++value) {
      const std::array<std::uint8_t, 1> byte = {value};
      Rt::write_code(text, 1, byte);
      Rt::sync_core_all();
      promised.store(value, std::memory_order_release);
    }
    EXPECT_EQ(native::SyncCount() - before, 118u);
    stop.store(true, std::memory_order_relaxed);
  }
  EXPECT_EQ(old_after_new.load(std::memory_order_relaxed), 0);
  EXPECT_EQ(native::FailureCount(), 0u);
}

TEST_P(NativeSync, ThreadsMayComeAndGoMeanwhile) {
  std::atomic<bool> stop{false};
  std::jthread churn([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      const native::ThreadContext context(1, -1, native::RunMode::kSample, 1);
    }
  });
  for (int i = 0; i < 200; ++i) Rt::sync_core_all();
  stop.store(true, std::memory_order_relaxed);
  churn.join();
  EXPECT_EQ(native::FailureCount(), 0u);
}

TEST_P(NativeSync, SeveralThreadsMaySynchroniseAtOnce) {
  {
    std::vector<std::jthread> syncers;
    for (int i = 0; i < 4; ++i) {
      syncers.emplace_back([i] {
        const native::ThreadContext context(i, -1, native::RunMode::kSample, 1);
        for (int n = 0; n < 100; ++n) Rt::sync_core_all();
      });
    }
  }
  EXPECT_EQ(native::FailureCount(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Methods, NativeSync,
                         testing::Values(native::SyncMethod::kMembarrier,
                                         native::SyncMethod::kSignal),
                         [](const auto& method) {
                           return method.param == native::SyncMethod::kMembarrier ? "Membarrier"
                                                                                  : "Signal";
                         });

}  // namespace
}  // namespace heddle

#else
TEST(NativeText, IsImplementedOnX8664Only) { GTEST_SKIP(); }
#endif
