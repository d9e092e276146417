// Is symmetry harmless for alike threads that lock, wait and notify each other?
//
// Such threads are not quite alike: a lock's word holds its owner's number, and what is notified
// are bits of threads (Rt::names_threads).  The search with symmetry is to find one execution of
// each set that the search without it finds, and the same errors.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/effort.h"
#include "tests/support/orbit.h"
#include "tests/support/random_sync.h"

namespace heddle {
namespace {

using model::ErrorKind;

// A random program can have millions of executions; the others say enough.
constexpr std::uint64_t kMostExecutions = 4'000;

struct Found {
  std::map<std::string, int> orbits;  // and how often each was visited
  std::set<ErrorKind> errors;
  bool too_large = false;
};

Found Search(const model::MemoryModel& model, const std::vector<int>& alike, bool reduce) {
  ModelCode code = syncs::CodeOfProgram<ModelRuntime>();
  if (reduce) code.alike = alike;
  Machine machine(std::move(code));
  Found found;
  model::ExploreOptions options;
  options.stop_at_first_error = false;
  options.max_executions = kMostExecutions;
  options.on_violation = [&](const model::Violation& v) { found.errors.insert(v.kind); };
  const auto renamings = model::Renamings(alike);
  const model::ExploreResult r =
      model::ExploreByRevisits(machine, model, options, [&](const model::ExecutionGraph& g) {
        ++found.orbits[model::Orbit(g, renamings, &machine)];
      });
  found.too_large = r.executions + r.blocked >= kMostExecutions;
  return found;
}

class RandomAlikeSync : public testing::TestWithParam<int> {};

TEST_P(RandomAlikeSync, OneExecutionOfEachSet) {
  static const std::vector<std::vector<int>> kAlike = {{0, 0}, {0, 0, 0}, {0, 0, 2}, {0, 1, 1}};
  const int programs = Effort(500);
  int merged = 0, too_large = 0;
  std::set<ErrorKind> errors;
  for (int i = 0; i < programs && !HasFailure(); ++i) {
    const int seed = GetParam() * programs + i;
    SCOPED_TRACE(seed);
    const std::vector<int>& alike = kAlike[static_cast<std::size_t>(i) % kAlike.size()];
    const syncs::Program program =
        syncs::MakeAlikeProgram(static_cast<std::uint64_t>(seed), 12, alike);
    syncs::g_program = &program;
    for (const model::MemoryModel* m : model::AllModels()) {
      SCOPED_TRACE(m->name);
      const Found all = Search(*m, alike, false);
      if (all.too_large) {
        ++too_large;
        continue;
      }
      const Found reduced = Search(*m, alike, true);
      errors.insert(all.errors.begin(), all.errors.end());
      EXPECT_EQ(reduced.errors.empty(), all.errors.empty());
      if (!all.errors.empty()) continue;  // what comes after an error is not searched
      bool any_merged = false;
      for (const auto& [text, times] : all.orbits) {
        EXPECT_TRUE(reduced.orbits.contains(text)) << "missed: " << text;
        any_merged |= times > 1;
      }
      for (const auto& [text, times] : reduced.orbits) {
        EXPECT_TRUE(all.orbits.contains(text)) << "not allowed: " << text;
        EXPECT_EQ(times, 1) << "visited under " << times << " names: " << text;
      }
      merged += any_merged ? 1 : 0;
    }
  }
  if (!IsFullEffort()) return;
  EXPECT_GT(merged, programs / 2) << "a test of nothing";
  EXPECT_LT(too_large, programs / 50);
  EXPECT_TRUE(errors.contains(ErrorKind::kDeadlock));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomAlikeSync, testing::Range(0, 10));

}  // namespace
}  // namespace heddle
