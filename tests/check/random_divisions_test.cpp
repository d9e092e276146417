// Do two workers, shards and resumed runs together find what one run finds?
//
// Of random programs with any mix of C++'s operations; with symmetry; with loops that spin; of
// locks, threads and objects.  That one run is right is shown elsewhere (random_programs_test.cpp,
// symmetry_test.cpp, random_spins_test.cpp, random_sync_test.cpp).
#include <gtest/gtest.h>

#include "runtime/check/search.h"
#include "tests/support/check_program.h"
#include "tests/support/divided_search.h"
#include "tests/support/effort.h"
#include "tests/support/litmus_program.h"
#include "tests/support/random_spins.h"
#include "tests/support/random_sync.h"

namespace heddle {
namespace {

void ExpectDivisible(const SearchSpec& spec, std::uint64_t seed) {
  SCOPED_TRACE(spec.model->name);
  const Found whole = RunSearch(spec, {});
  EXPECT_TRUE(whole.state().done());
  SearchOptions two_workers;
  two_workers.workers = 2;
  const Found crew = RunSearch(spec, two_workers);
  const Found shards = RunShards(spec, 2 + static_cast<std::uint32_t>(seed % 3), false);
  const Found steps = RunInSteps(spec, 1 + seed % 5 + whole.executions.size() / 4, 1);
  ExpectSameViolation(crew, whole);
  ExpectSameViolation(steps, whole);
  if (whole.state().violation) {
    EXPECT_TRUE(shards.state().violation);  // each shard reports its first one
    return;
  }
  ExpectSame(crew, whole);
  ExpectSame(shards, whole);
  ExpectSame(steps, whole);
}

class RandomDivisions : public testing::TestWithParam<int> {
 protected:
  // Divides spec_of(seed, model) under each model, for as many seeds whose search is worth it.
  template <typename F>
  void ForSeeds(int usual, F spec_of) {
    auto seed = static_cast<std::uint64_t>(GetParam()) * 1'000'000;
    for (int left = Effort(usual); left > 0 && !HasFailure(); ++seed) {
      SCOPED_TRACE(seed);
      const Found found = RunSearch(spec_of(seed, model::Rc11()), {});
      if (found.executions.size() < 3 || (found.state().violation && seed % 8 != 0)) continue;
      for (const model::MemoryModel* model : model::AllModels())
        ExpectDivisible(spec_of(seed, *model), seed);
      --left;
    }
  }
};

TEST_P(RandomDivisions, AreWhole) {
  ForSeeds(250, [](std::uint64_t seed, const model::MemoryModel& model) {
    model::LitmusProgram program =
        model::RandomLitmus(100'000'000 + seed, model::AnyFeatures(seed, 8));
    program.set_isolated(seed % 2 == 0);
    return SpecOf<model::LitmusProgram>(program, model);
  });
}

TEST_P(RandomDivisions, OfASearchWithSymmetryAreWhole) {
  ForSeeds(125, [](std::uint64_t seed, const model::MemoryModel& model) {
    std::vector<model::ThreadId> alike;
    model::LitmusProgram program =
        model::RandomAlikeLitmus(200'000'000 + seed, model::AnyFeatures(seed, 9), alike);
    program.set_alike(alike);
    program.set_isolated(seed % 2 == 0);
    return SpecOf<model::LitmusProgram>(program, model);
  });
}

TEST_P(RandomDivisions, OfASearchWithSpinRoundsAreWhole) {
  spins::SpinProgram program;
  spins::g_program = &program;
  ForSeeds(125, [&program](std::uint64_t seed, const model::MemoryModel& model) {
    program = spins::MakeProgram(seed, seed % 4 == 0);
    ModelCode code = CodeOf<spins::Runs<ModelRuntime>>(program.count);
    code.spin_rounds = static_cast<int>(seed % 3);  // 0: the reduction
    code.isolated = program.isolated;
    return SpecOf<Machine>(code, model);
  });
}

TEST_P(RandomDivisions, OfLocksThreadsAndObjectsAreWhole) {
  syncs::Program program;
  syncs::g_program = &program;
  ForSeeds(125, [&program](std::uint64_t seed, const model::MemoryModel& model) {
    program = syncs::MakeProgram(seed, 14);
    return SpecOf<Machine>(syncs::CodeOfProgram<ModelRuntime>(), model);
  });
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomDivisions, testing::Range(0, 10));

}  // namespace
}  // namespace heddle
