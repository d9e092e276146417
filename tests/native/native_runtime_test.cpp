// Does the native backend do what runtime.h promises?
#include "runtime/native/native_runtime.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "runtime/kernel.h"

namespace heddle {
namespace {

using Rt = NativeRuntime;

TEST(NativeAtomic, OperationsReturnWhatStdAtomicReturns) {
  Rt::Atomic<int> cell{5, "cell"};
  EXPECT_EQ(cell.fetch_add(2, std::memory_order_relaxed), 5);
  EXPECT_EQ(cell.exchange(9, std::memory_order_acq_rel), 7);
  int expected = 1;
  EXPECT_FALSE(cell.compare_exchange_strong(expected, 2, std::memory_order_acq_rel,
                                            std::memory_order_acquire));
  EXPECT_EQ(expected, 9) << "a failed exchange reports the value found";
  EXPECT_TRUE(cell.compare_exchange_strong(expected, 2, std::memory_order_acq_rel,
                                           std::memory_order_acquire));
  EXPECT_EQ(cell.load(std::memory_order_acquire), 2);
}

TEST(NativeAtomic, HoldsPointersAndEightBytes) {
  int target = 0;
  Rt::Atomic<int*> pointer{nullptr, "pointer"};
  kernel::smp_store_release(pointer, &target);
  EXPECT_EQ(kernel::rcu_dereference(pointer), &target);
  Rt::Atomic<std::uint64_t> wide{~std::uint64_t{0}, "wide"};
  EXPECT_EQ(kernel::read_once(wide), ~std::uint64_t{0});
}

// Two cells in one cache line would travel together and hide reorderings.
TEST(NativeAtomic, CellsDoNotShareCacheLines) {
  EXPECT_GE(alignof(Rt::Atomic<char>), native::kCacheLine);
  EXPECT_GE(alignof(Rt::Plain<char>), native::kCacheLine);
}

TEST(NativeMake, ConstructsAndDestroys) {
  auto* cell = Rt::make<Rt::Plain<int>>(3, "cell");
  EXPECT_EQ(cell->load(), 3);
  Rt::destroy(cell);
}

TEST(NativeCheck, KeepsTheFirstFailureAndCountsAll) {
  native::BeginRun();
  Rt::check(true, "fine");
  EXPECT_FALSE(native::Stopped());
  Rt::check(false, "first");
  Rt::check(false, "second");
  ASSERT_TRUE(native::FirstFailure().has_value());
  EXPECT_STREQ(native::FirstFailure()->why, "first");
  EXPECT_NE(std::string(native::FirstFailure()->where.file).find("native_runtime_test"),
            std::string::npos);
  EXPECT_EQ(native::FailureCount(), 2u);
  EXPECT_TRUE(native::Stopped());
  native::BeginRun();
  EXPECT_FALSE(native::FirstFailure().has_value());
}

TEST(NativeCheck, ConcurrentFailuresLeaveOneWholeRecord) {
  native::BeginRun();
  {
    std::jthread other([] {
      for (int i = 0; i < 1000; ++i) Rt::check(false, "other");
    });
    for (int i = 0; i < 1000; ++i) Rt::check(false, "mine");
  }
  EXPECT_EQ(native::FailureCount(), 2000u);
  const std::string why = native::FirstFailure()->why;
  EXPECT_TRUE(why == "other" || why == "mine") << why;
  native::BeginRun();
}

TEST(NativeSpin, WaitsForAnotherThread) {
  Rt::Atomic<int> flag{0, "flag"};
  std::jthread setter([&] { flag.store(1, std::memory_order_release); });
  Rt::spin_until([&] { return flag.load(std::memory_order_acquire) == 1; }, "flag");
  EXPECT_EQ(flag.load(std::memory_order_relaxed), 1);
}

TEST(NativeSpin, AfterTheRunIsStoppedAnEndlessWaitIsAHang) {
  native::BeginRun();
  native::Stop(native::StopCause::kTimeUp);
  EXPECT_THROW(Rt::spin_until([] { return false; }, "godot"), native::Abandoned);
  ASSERT_TRUE(native::FirstFailure().has_value());
  EXPECT_STREQ(native::FirstFailure()->why, "hang");
  EXPECT_STREQ(native::FirstFailure()->detail, "godot");
  native::BeginRun();
}

TEST(NativeObserve, SampleRunsSetTheValue) {
  const native::ThreadContext context(0, -1, native::RunMode::kSample, 1);
  Observation seen{"seen"};
  Rt::observe(seen, 7);
  EXPECT_EQ(seen.value, 7);
  EXPECT_TRUE(Rt::again(0, 1));
  EXPECT_FALSE(Rt::again(1, 1));
}

TEST(NativeObserve, TortureRunsCountValuesUntilTheRunIsStopped) {
  native::BeginRun();
  const native::ThreadContext context(0, -1, native::RunMode::kTorture, 1);
  Observation seen{"seen"};
  for (int round = 0; Rt::again(round, 1); ++round) {
    Rt::observe(seen, round % 2);
    if (round == 8) native::Stop(native::StopCause::kTimeUp);
  }
  ASSERT_EQ(context.observations.end() - context.observations.begin(), 2);
  EXPECT_EQ(context.observations.begin()[0].count, 5u) << "rounds 0, 2, 4, 6, 8";
  EXPECT_EQ(context.observations.begin()[1].count, 4u);
  EXPECT_EQ(context.rounds, 9u);
  native::BeginRun();
}

TEST(NativeChoose, CoversTheRangeAndRepeatsWithTheSeed) {
  const auto draw = [](std::uint64_t seed) {
    const native::ThreadContext context(0, -1, native::RunMode::kSample, seed);
    std::vector<int> numbers;
    for (int i = 0; i < 100; ++i) numbers.push_back(Rt::choose(3));
    return numbers;
  };
  const std::vector<int> numbers = draw(1);
  EXPECT_EQ(std::set<int>(numbers.begin(), numbers.end()), (std::set<int>{0, 1, 2}));
  EXPECT_EQ(draw(1), numbers);
  EXPECT_NE(draw(2), numbers);
}

TEST(NativeContext, DoesNotNest) {
  const native::ThreadContext context(0, -1, native::RunMode::kSample, 1);
  EXPECT_THROW(native::ThreadContext(1, -1, native::RunMode::kSample, 1), std::logic_error);
  EXPECT_EQ(native::t_context, &context) << "the outer context survives the refusal";
}

}  // namespace
}  // namespace heddle
