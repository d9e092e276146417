// Does the native harness provoke, count and judge outcomes?
#include "stress/suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "scenarios/catalog.h"
#include "stress/affinity.h"

namespace heddle::stress {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::uint64_t CountOf(const StressResult& result, const std::vector<std::int64_t>& outcome) {
  for (const OutcomeCount& row : result.outcomes) {
    if (row.outcome == outcome) return row.count;
  }
  return 0;
}

TEST(Stress, StoreBufferingShowsItsWeakOutcome) {
#if !defined(__OPTIMIZE__)
  GTEST_SKIP() << "without optimisation every access is seq_cst";
#endif
  if (AvailableCpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  StressResult result;
  // A busy machine may need more than one try.
  for (int attempt = 0; attempt < 5; ++attempt) {
    result = RunStress(MakePlan<StoreBuffering>(), {.duration = 500ms});
    if (result.verdict == StressVerdict::kPassed) break;
  }
  EXPECT_EQ(result.verdict, StressVerdict::kPassed);
  EXPECT_GT(CountOf(result, {0, 0}), 0u);
}

TEST(Stress, MessagePassingNeverMissesThePayload) {
  const StressResult result = RunStress(MakePlan<MessagePassing>(), {.duration = 300ms});
  EXPECT_EQ(result.verdict, StressVerdict::kPassed);
  EXPECT_EQ(CountOf(result, {1, 0}), 0u);
  EXPECT_GT(result.samples, 0u);
  EXPECT_EQ(result.outcomes.size(), 3u) << "rows that were not seen are listed, too";
}

// The harness can fail: a lost update is in no row of the table..
TEST(Stress, ALostUpdateIsAForbiddenOutcome) {
  if (AvailableCpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  const auto plan = MakePlan<RmwPermutation, RmwPermutation::LoadThenStore>();
  EXPECT_EQ(plan.name, "RMW+permutation/load-then-store");
  StressResult result;
  // A busy machine may need more than one try.
  for (int attempt = 0; attempt < 5 && result.failures.empty(); ++attempt)
    result = RunStress(plan, {.duration = 1s});
  EXPECT_EQ(result.verdict, StressVerdict::kFailed);
  ASSERT_FALSE(result.failures.empty());
  EXPECT_THAT(result.failures[0], HasSubstr("forbidden outcome"));
}

TEST(Stress, MoreThreadsThanCpusStillRunAndSaySo) {
  const StressResult result =
      RunStress(MakePlan<Iriw>(), {.duration = 200ms, .cpus = {AvailableCpus()[0]}});
  EXPECT_EQ(result.verdict, StressVerdict::kPassed);
  EXPECT_GT(result.samples, 0u);
  ASSERT_FALSE(result.notes.empty());
  EXPECT_THAT(result.notes[0], HasSubstr("4 threads shared fewer CPUs"));
}

// A control that does not show what the machine is known to do says that the harness is blind.
struct BlindControl {
  static constexpr std::string_view kName = "blind";
  static constexpr int kThreads = 1;
  static constexpr Shape kShape = Shape::kSample;
  static constexpr bool kControl = true;
  template <Runtime Rt>
  struct Program {
    void Thread(int) { Rt::observe(seen, 1); }
    std::array<Observation, 1> Observed() const { return {seen}; }
    Observation seen{"seen"};
  };
  static std::vector<Expect> Expected() {
    using enum Grade;
    return {{{1}, kAllowed, kAllowed, kAllowed, "always"}, {{2}, kWeak, kWeak, kWeak, "never"}};
  }
};
TEST(Stress, AControlWithoutItsWeakOutcomeIsNotTrusted) {
  const StressResult result = RunStress(MakePlan<BlindControl>(), {.duration = 20ms});
  EXPECT_EQ(result.verdict, StressVerdict::kNotTrusted);
}

template <Runtime Rt, bool kHang>
struct TroubledProgram {
  void Thread(int cpu) {
    if (kHang && cpu == 1) Rt::spin_until([] { return false; }, "nothing");
    for (int round = 0; Rt::again(round, 1); ++round) {
      Rt::observe(seen, cpu);
      Rt::check(cpu == 0 || round < 10, "round 10 is one too many");
    }
  }
  std::array<Observation, 1> Observed() const { return {seen}; }
  Observation seen{"seen"};
};
template <bool kHang>
struct Troubled {
  static constexpr std::string_view kName = "troubled";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kTorture;
  template <Runtime Rt>
  using Program = TroubledProgram<Rt, kHang>;
  static std::vector<Expect> Expected() {
    using enum Grade;
    return {{{0, 0}, kAllowed, kAllowed, kAllowed, "CPU 0"},
            {{0, 1}, kAllowed, kAllowed, kAllowed, "CPU 1"}};
  }
};
TEST(Stress, AFailedCheckEndsATortureRunAtOnce) {
  const StressResult result = RunStress(MakePlan<Troubled<false>>(), {.duration = 60s});
  EXPECT_EQ(result.verdict, StressVerdict::kFailed);
  EXPECT_LT(result.duration, 30s);
  ASSERT_FALSE(result.failures.empty());
  EXPECT_THAT(result.failures[0], HasSubstr("one too many, on CPU 1, at "));
  EXPECT_GE(CountOf(result, {0, 1}), 11u);
}

TEST(Stress, AThreadThatNeverEndsIsAHang) {
  const StressResult result = RunStress(MakePlan<Troubled<true>>(), {.duration = 20ms});
  EXPECT_EQ(result.verdict, StressVerdict::kFailed);
  ASSERT_FALSE(result.failures.empty());
  EXPECT_THAT(result.failures[0], HasSubstr("hang: nothing, on CPU 1"));
}

TEST(Stress, SigintEndsTheRunWithAFullReport) {
  StressResult result;
  {
    std::jthread interrupter([] {
      std::this_thread::sleep_for(100ms);
      raise(SIGINT);
    });
    result = RunStress(MakePlan<CoRR>(), {.duration = 60s});
  }
  EXPECT_TRUE(result.interrupted);
  EXPECT_LT(result.duration, 30s);
  EXPECT_EQ(result.verdict, StressVerdict::kPassed);
  EXPECT_GT(result.samples, 0u);
}

TEST(Stress, RefusesWhatItCannotRun) {
  EXPECT_THROW(RunStress(MakePlan<CoRR>(), {.duration = 0ms}), std::invalid_argument);
  EXPECT_THROW(RunStress(MakePlan<CoRR>(), {.cpus = {1023}}), std::invalid_argument);
}

}  // namespace
}  // namespace heddle::stress
