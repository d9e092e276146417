// Is it harmless that spin_until blocks its thread at the first round that fails?
//
// The plain search lets N rounds fail, with their reads as events (ModelCode::spin_rounds).  Of
// random programs whose loops ask one or two cells, it must find the executions of the reduced
// search, once the failed rounds are erased (tests/support/spinning_runtime.h says what that
// means), with the same outcomes, and the same errors.  It itself is compared with brute force.
#include "tests/support/random_spins.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/support/check_program.h"
#include "tests/support/effort.h"
#include "tests/support/execution_text.h"
#include "tests/support/spinning_runtime.h"

namespace heddle {
namespace {

using namespace spins;

struct Found {
  std::set<std::string> executions, without_failed_rounds;
  std::size_t visits = 0, failed_rounds = 0;
  std::set<std::vector<std::int64_t>> outcomes;
  bool race = false, deadlock = false;
};

template <Runtime Rt>
Found Search(const model::MemoryModel& model, int rounds) {
  ModelCode code = CodeOf<Runs<Rt>>(g_program->count);
  code.spin_rounds = rounds;
  code.isolated = g_program->isolated;
  Machine machine(std::move(code));
  Found found;
  machine.set_judge([&](const Machine& m) {
    std::vector<std::int64_t> outcome;
    for (const Observation& o : m.outcome()) outcome.push_back(o.value);
    found.outcomes.insert(outcome);
    return std::string();
  });
  model::ExploreOptions options;
  options.stop_at_first_error = false;
  options.on_violation = [&](const model::Violation& v) {
    found.race |= v.kind == model::ErrorKind::kDataRace;
    found.deadlock |= v.kind == model::ErrorKind::kDeadlock;
  };
  model::ExploreByRevisits(machine, model, options, [&](const model::ExecutionGraph& g) {
    const FailedRounds failed(g);
    EXPECT_FALSE(failed.AnyWrites());
    ++found.visits;
    found.failed_rounds += failed.count();
    found.executions.insert(ExecutionText(g));
    found.without_failed_rounds.insert(
        ExecutionText(g, [&](model::EventId e) { return failed.Contain(e); }));
  });
  return found;
}

std::set<std::string> BruteForce(const model::MemoryModel& model, int rounds) {
  ModelCode code = CodeOf<Runs<SpinningRuntime>>(g_program->count);
  code.spin_rounds = rounds;
  Machine machine(std::move(code));
  std::set<std::string> executions;
  model::ExploreByBruteForce(
      machine, model, [&](const model::ExecutionGraph& g) { executions.insert(ExecutionText(g)); });
  return executions;
}

// What the programs of one test went through: none may be a test of nothing.
struct Totals {
  std::size_t failed_rounds = 0, deadlocks = 0, races = 0;
};

// What comes after a race is not searched, and what that is depends on the order of the search; so
// of a program that has one it is only compared that both searches find it.
void ExpectSame(const Found& found, const Found& reduced) {
  ASSERT_EQ(found.race, reduced.race);
  if (reduced.race) return;
  EXPECT_EQ(found.outcomes, reduced.outcomes);
  EXPECT_EQ(found.deadlock, reduced.deadlock);
}

void ExpectHarmless(const model::MemoryModel& model, Totals& totals) {
  const Found reduced = Search<SpinningRuntime>(model, 0);
  EXPECT_EQ(reduced.failed_rounds, 0U);
  EXPECT_EQ(reduced.visits, reduced.executions.size()) << "an execution came twice";
  for (const int rounds : {1, 2}) {
    const Found plain = Search<SpinningRuntime>(model, rounds);
    SCOPED_TRACE(rounds);
    EXPECT_EQ(plain.visits, plain.executions.size()) << "an execution came twice";
    ExpectSame(plain, reduced);
    if (!reduced.race) {
      EXPECT_EQ(plain.without_failed_rounds, reduced.executions);
    }
    totals.failed_rounds += plain.failed_rounds;
  }
  SCOPED_TRACE("awaits instead of loops");
  ExpectSame(Search<ModelRuntime>(model, 0), reduced);
  totals.deadlocks += reduced.deadlock ? 1 : 0;
  totals.races += reduced.race ? 1 : 0;
}

class RandomSpins : public testing::TestWithParam<int> {};

TEST_P(RandomSpins, BlockingAtTheFirstFailedRoundLosesNothing) {
  Totals totals;
  const int programs = Effort(1250);
  for (int i = 0; i < programs && !HasFailure(); ++i) {
    const int seed = GetParam() * programs + i;
    SCOPED_TRACE(seed);
    const SpinProgram program = MakeProgram(static_cast<std::uint64_t>(seed), i % 2 == 1);
    g_program = &program;
    for (const model::MemoryModel* m : model::AllModels()) {
      SCOPED_TRACE(m->name);
      ExpectHarmless(*m, totals);
    }
  }
  if (!IsFullEffort()) return;
  EXPECT_GT(totals.failed_rounds, 1250U);
  EXPECT_GT(totals.deadlocks, 25U);
  EXPECT_GT(totals.races, 25U);
}

TEST_P(RandomSpins, ThePlainSearchIsBruteForce) {
  int compared = 0;
  for (int i = 0; compared < Effort(100); ++i) {
    const int seed = 1'000'000 + GetParam() * 10'000 + i;
    SCOPED_TRACE(seed);
    const SpinProgram program = MakeProgram(static_cast<std::uint64_t>(seed), false);
    g_program = &program;
    std::size_t ops = 0;
    for (const auto& thread : program.threads) ops += thread.size();
    if (ops > 3) continue;
    ++compared;
    for (const model::MemoryModel* m : model::AllModels())
      ASSERT_EQ(Search<SpinningRuntime>(*m, 1).executions, BruteForce(*m, 1)) << m->name;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomSpins, testing::Range(0, 4));

}  // namespace
}  // namespace heddle
