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

}  // namespace
}  // namespace heddle::model
