// Is the estimate of a search's size right on average?
#include "model/estimate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "bench/programs/family.h"
#include "tests/support/effort.h"
#include "tests/support/litmus_program.h"

namespace heddle::model {
namespace {

struct Known {
  const char* name;
  double executions;
};

TEST(Estimate, IsUnbiasedOnProgramsOfKnownSize) {
  for (const Known& known : {Known{"inc/5", 120}, Known{"readers/8", 256}, Known{"fib/3", 175}}) {
    const auto& rows = bench::Family();
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const auto& r) { return r.name() == known.name; });
    ASSERT_NE(row, rows.end());
    Machine machine(row->Code());
    const Probes probes = ProbeSearch(machine, Rc11(), 1, 4000, {});
    EXPECT_EQ(probes.count, 4000U);
    EXPECT_NEAR(probes.Mean(), known.executions, known.executions / 10) << known.name;
    EXPECT_LE(probes.Spread(), known.executions / 15) << known.name;
  }
}

// Of all kinds of instructions, with blocked executions and dead ends.
TEST(Estimate, IsUnbiasedOnRandomPrograms) {
  std::uint64_t random = 1;
  double error = 0, variance = 0, executions = 0;
  for (std::uint64_t seed = 0; seed < Effort(std::uint64_t{60}); ++seed) {
    LitmusProgram program = RandomLitmus(6'000'000 + seed, {.max_events = 10});
    ExploreOptions options;
    options.stop_at_first_error = false;
    for (const MemoryModel* model : AllModels()) {
      const ExploreResult all = ExploreByRevisits(program, *model, options, {});
      const auto size = static_cast<double>(all.executions + all.blocked);
      const Probes probes = ProbeSearch(program, *model, random++, 1000, {});
      error += probes.Mean() - size;
      variance += probes.Spread() * probes.Spread();
      executions += size;
    }
  }
  EXPECT_LT(std::abs(error), 4 * std::sqrt(variance)) << "of " << executions << " executions";
  if (IsFullEffort()) {
    EXPECT_LT(std::sqrt(variance), executions / 50);
  }
}

TEST(Estimate, IsTheSameForTheSameSeed) {
  LitmusProgram program = RandomLitmus(6'000'001, {.max_events = 10});
  const Probes a = ProbeSearch(program, Rc11(), 7, 20, {}),
               b = ProbeSearch(program, Rc11(), 7, 20, {});
  EXPECT_EQ(a.sum, b.sum);
  EXPECT_EQ(a.squares, b.squares);
}

TEST(EstimateSize, IsWhatTheProbesSayIfNothingWasSeen) {
  const SizeEstimate size = EstimateSize({100, 5000, 900'000}, 0);
  EXPECT_DOUBLE_EQ(size.total, 50);
  EXPECT_GE(size.spread, (Probes{100, 5000, 900'000}).Spread());
}

TEST(EstimateSize, IsExactIfAllProbesAgree) {
  const SizeEstimate size = EstimateSize({100, 10'000, 1'000'000}, 50);
  EXPECT_DOUBLE_EQ(size.total, 100);
  EXPECT_DOUBLE_EQ(size.spread, 0);
}

TEST(EstimateSize, IsAboveWhatWasSeenAndGrowsWithIt) {
  for (const Probes& probes : {Probes{1, 100, 10'000}, Probes{50, 5000, 4'000'000},
                               Probes{4, 400, 40'000}, Probes{3, 0, 0}}) {
    double before = 0;
    for (double seen = 1; seen < 1e12; seen *= 3) {
      const SizeEstimate size = EstimateSize(probes, seen);
      EXPECT_GE(size.total, seen);
      EXPECT_LT(size.total, 10 * std::max(seen, probes.Mean()));
      EXPECT_GE(size.total, before);
      if (seen > probes.Mean()) {
        EXPECT_GT(size.spread, 0);
      }
      before = size.total;
    }
  }
}

// At any time of a lopsided search, after few probes or many.  (Where one way in hundreds leads to
// most executions, as in lastzero, probes that miss it cannot know.)
TEST(EstimateSize, HasASpreadThatSaysHowWrongItIs) {
  int within = 0, all = 0;
  for (const Known& known : {Known{"inc/7", 5040}, Known{"fib/4", 1764}, Known{"seqlock/2", 3025},
                             Known{"treiber/3", 429}}) {
    const auto& rows = bench::Family();
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [&](const auto& r) { return r.name() == known.name; });
    ASSERT_NE(row, rows.end());
    Machine machine(row->Code());
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      for (const std::uint64_t count : {4U, 16U, 64U}) {
        const Probes probes = ProbeSearch(machine, Rc11(), seed, count, {});
        for (const double part : {0.01, 0.1, 0.3, 0.6, 0.9}) {
          const SizeEstimate size = EstimateSize(probes, part * known.executions);
          within += std::abs(size.total - known.executions) <= 2 * size.spread ? 1 : 0;
          ++all;
        }
      }
    }
  }
  EXPECT_GE(within, all * 9 / 10) << "of " << all;
}

}  // namespace
}  // namespace heddle::model
