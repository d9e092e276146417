// Do the two reductions go together: threads that are alike, and loops that block at the first
// round that fails?
//
// Each is compared with the plain search elsewhere (symmetry_test.cpp, random_spins_test.cpp). Here
// some threads of random programs with loops and awaits are alike: for each number of rounds that
// may fail, the search with symmetry is to find one execution of each set that the search without
// it finds, and the same errors.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/check_program.h"
#include "tests/support/effort.h"
#include "tests/support/orbit.h"
#include "tests/support/random_spins.h"

namespace heddle {
namespace {

struct Found {
  std::map<std::string, int> orbits;  // and how often each was visited
  bool race = false, deadlock = false;
};

class RandomAlikeSpins : public testing::TestWithParam<int> {
 protected:
  static Found Search(const model::MemoryModel& model, int rounds, const std::vector<int>& alike,
                      bool reduce) {
    ModelCode code = CodeOf<spins::Runs<ModelRuntime>>(spins::g_program->count);
    code.spin_rounds = rounds;
    code.isolated = spins::g_program->isolated;
    if (reduce) code.alike = alike;
    Machine machine(std::move(code));
    Found found;
    model::ExploreOptions options;
    options.stop_at_first_error = false;
    options.on_violation = [&](const model::Violation& v) {
      found.race |= v.kind == model::ErrorKind::kDataRace;
      found.deadlock |= v.kind == model::ErrorKind::kDeadlock;
    };
    const auto renamings = model::Renamings(alike);
    model::ExploreByRevisits(machine, model, options, [&](const model::ExecutionGraph& g) {
      ++found.orbits[model::Orbit(g, renamings)];
    });
    return found;
  }

  // Returns whether there was something to leave out.
  static bool Compare(const model::MemoryModel& model, int rounds, const std::vector<int>& alike) {
    const Found all = Search(model, rounds, alike, false);
    const Found reduced = Search(model, rounds, alike, true);
    EXPECT_EQ(reduced.race, all.race);
    if (all.race) return false;  // what comes after a race is not searched
    EXPECT_EQ(reduced.deadlock, all.deadlock);
    bool merged = false;
    for (const auto& [text, times] : all.orbits) {
      EXPECT_TRUE(reduced.orbits.contains(text)) << "missed: " << text;
      merged |= times > 1;
    }
    for (const auto& [text, times] : reduced.orbits) {
      EXPECT_TRUE(all.orbits.contains(text)) << "not allowed: " << text;
      EXPECT_EQ(times, 1) << "visited under " << times << " names: " << text;
    }
    return merged;
  }
};

TEST_P(RandomAlikeSpins, OneExecutionOfEachSet) {
  static const std::vector<std::vector<int>> kAlike = {{0, 0}, {0, 0, 0}, {0, 0, 2}, {0, 1, 1}};
  const int programs = Effort(500);
  int merged = 0;
  for (int i = 0; i < programs && !HasFailure(); ++i) {
    const int seed = GetParam() * programs + i;
    SCOPED_TRACE(seed);
    spins::SpinProgram program = spins::MakeProgram(static_cast<std::uint64_t>(seed), i % 4 == 0);
    const std::vector<int>& alike = kAlike[static_cast<std::size_t>(seed) % kAlike.size()];
    program.count = static_cast<int>(alike.size());
    for (std::size_t t = 0; t < alike.size(); ++t) {
      const auto& like = program.threads[static_cast<std::size_t>(alike[t])];
      if (&like != &program.threads[t]) program.threads[t] = like;
    }
    spins::g_program = &program;
    for (const model::MemoryModel* m : model::AllModels()) {
      SCOPED_TRACE(m->name);
      for (const int rounds : {0, 1, 2}) {
        SCOPED_TRACE(rounds);
        merged += Compare(*m, rounds, alike) ? 1 : 0;
      }
    }
  }
  if (IsFullEffort()) {
    EXPECT_GT(merged, programs);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomAlikeSpins, testing::Range(0, 10));

}  // namespace
}  // namespace heddle
