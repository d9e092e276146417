// Does a search that is cut short and resumed, or split into tasks, visit what the whole one
// visits?
#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "model/explorer.h"
#include "tests/support/effort.h"
#include "tests/support/litmus_program.h"

namespace heddle::model {
namespace {

struct Visited {
  std::multiset<std::uint64_t> graphs;
  std::uint64_t blocked = 0;
  bool violation = false;
};

// Of no more than `most` executions; `rest`, if any, is left without a path if that is all of them.
Visited Explore(LitmusProgram& program, const MemoryModel& model, const SearchTask& task = {},
                std::optional<std::uint64_t> most = {}, SearchTask* rest = nullptr) {
  ExploreOptions options;
  options.stop_at_first_error = false;
  options.task = task;
  options.max_executions = most;
  Visited v;
  const ExploreResult result = ExploreByRevisits(
      program, model, options, [&](const ExecutionGraph& g) { v.graphs.insert(g.Fingerprint()); });
  v.blocked = result.blocked;
  v.violation = result.violation.has_value();
  if (rest != nullptr) *rest = result.complete ? SearchTask{} : result.rest;
  return v;
}

void Add(Visited& all, const Visited& part) {
  all.graphs.insert(part.graphs.begin(), part.graphs.end());
  all.blocked += part.blocked;
  all.violation = all.violation || part.violation;
}

class RandomSearchTasks : public testing::TestWithParam<int> {
 protected:
  // Every third of them has alike threads and is searched with symmetry.
  template <typename F>
  void ForEachProgram(F f) {
    const int programs = Effort(30);
    for (int i = 0; i < programs && !HasFailure(); ++i) {
      const auto seed = static_cast<std::uint64_t>(GetParam() * programs + i);
      LitmusProgram program = Draw(seed);
      program.set_isolated(i % 2 == 0);
      SCOPED_TRACE(testing::PrintToString(program));
      for (const MemoryModel* model : AllModels()) {
        SCOPED_TRACE(model->name);
        f(program, *model, seed);
      }
    }
  }

 private:
  static LitmusProgram Draw(std::uint64_t seed) {
    const RandomOptions options = AnyFeatures(seed, 9);
    if (seed % 3 != 0) return RandomLitmus(5'000'000 + seed, options);
    std::vector<ThreadId> alike;
    LitmusProgram program = RandomAlikeLitmus(5'000'000 + seed, options, alike);
    program.set_alike(alike);
    return program;
  }
};

void ExpectSame(const Visited& pieces, const Visited& whole) {
  EXPECT_EQ(pieces.graphs, whole.graphs);
  EXPECT_EQ(pieces.blocked, whole.blocked);
  EXPECT_EQ(pieces.violation, whole.violation);
}

TEST_P(RandomSearchTasks, ResumedIsWhole) {
  ForEachProgram([](LitmusProgram& program, const MemoryModel& model, std::uint64_t seed) {
    Visited pieces;
    SearchTask task;
    do {
      Add(pieces, Explore(program, model, task, 1 + seed % 5, &task));
    } while (!task.path.empty());
    ExpectSame(pieces, Explore(program, model));
  });
}

TEST_P(RandomSearchTasks, SplitIsWhole) {
  ForEachProgram([](LitmusProgram& program, const MemoryModel& model, std::uint64_t) {
    const Visited whole = Explore(program, model);
    for (const std::size_t parts : {2U, 7U, 1000U}) {
      SCOPED_TRACE(parts);
      Visited pieces;
      for (const SearchTask& task : SplitSearch(program, model, parts))
        Add(pieces, Explore(program, model, task));
      ExpectSame(pieces, whole);
    }
  });
}

// What --workers does: another search takes over what is left to do at the shallowest open event.
TEST_P(RandomSearchTasks, GivenAwayIsWhole) {
  ForEachProgram([](LitmusProgram& program, const MemoryModel& model, std::uint64_t) {
    Visited pieces;
    std::vector<SearchTask> tasks = {SearchTask{}};
    while (!tasks.empty()) {
      const SearchTask task = tasks.back();
      tasks.pop_back();
      SearchTask rest;
      Add(pieces, Explore(program, model, task, 2, &rest));
      if (rest.path.empty()) continue;
      for (SearchTask& t : Halve(rest)) tasks.push_back(std::move(t));
    }
    ExpectSame(pieces, Explore(program, model));
  });
}

// The same, whether or not anybody has begun what is divided.
TEST_P(RandomSearchTasks, HalvedBlindlyIsWhole) {
  ForEachProgram([](LitmusProgram& program, const MemoryModel& model, std::uint64_t) {
    const Visited whole = Explore(program, model);
    for (const std::size_t parts : {1U, 5U}) {
      Visited pieces;
      std::vector<SearchTask> tasks = SplitSearch(program, model, parts);
      for (std::size_t step = 0; !tasks.empty(); ++step) {
        const SearchTask task = tasks.back();
        tasks.pop_back();
        if (step % 3 != 0 && step < 100) {
          for (SearchTask& t : Halve(task)) tasks.push_back(std::move(t));
          continue;
        }
        SearchTask rest;
        Add(pieces, Explore(program, model, task, 3, &rest));
        if (!rest.path.empty()) tasks.push_back(rest);
      }
      ExpectSame(pieces, whole);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomSearchTasks, testing::Range(0, 10));

TEST(SearchTask, ThatNobodyHasBegunIsHalvedInTwo) {
  const std::vector<SearchTask> all = Halve({});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].path, (SearchPath{1, 0}));
  EXPECT_EQ(all[1].path, (SearchPath{2, 0}));
  const std::vector<SearchTask> later = Halve(all[1]);
  ASSERT_EQ(later.size(), 2U);
  EXPECT_EQ(later[0].path, (SearchPath{2, 0}));
  EXPECT_EQ(later[0].floor, 1U);
  EXPECT_EQ(later[1].path, (SearchPath{3, 0}));
}

TEST(SearchTask, OfAnotherProgramIsRefused) {
  LitmusProgram program({{Load(0, 0, Order::kRelaxed)}, {Load(0, 0, Order::kRelaxed)}});
  ExploreOptions options;
  options.task = {{1, 5, 2}, 0};
  EXPECT_THROW(ExploreByRevisits(program, Sc(), options, {}), std::invalid_argument);
}

}  // namespace
}  // namespace heddle::model
