// Does a search visit and report the same however it is divided: among processes, into shards, and
// over several runs?
#include "runtime/check/search.h"

#include <gtest/gtest.h>

#include <csignal>

#include "runtime/check/process_crew.h"
#include "tests/support/divided_search.h"
#include "tests/support/effort.h"
#include "tests/support/litmus_program.h"

namespace heddle {
namespace {

using model::LitmusProgram;

class DividedSearch : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { program_.set_isolated(GetParam() % 3 != 0); }
  std::uint64_t seed() const { return static_cast<std::uint64_t>(7'000'000 + GetParam()); }
  LitmusProgram program_ =
      model::RandomLitmus(seed(), {.max_events = 11, .fetch = GetParam() % 4 == 2});
  testing::ScopedTrace trace_{__FILE__, __LINE__, testing::PrintToString(program_)};
};

TEST_P(DividedSearch, ByWorkersIsWhole) {
  for (const model::MemoryModel* model : model::AllModels()) {
    const SearchSpec spec = SpecOf<LitmusProgram>(program_, *model);
    const Found whole = RunSearch(spec, {});
    for (const int workers : {2, 5}) {
      SearchOptions options;
      options.workers = workers;
      ExpectSame(RunSearch(spec, options), whole);
    }
  }
}

TEST_P(DividedSearch, ByShardsIsWhole) {
  const SearchSpec spec = SpecOf<LitmusProgram>(program_, model::Rc11());
  const Found whole = RunSearch(spec, {});
  for (const std::uint32_t of : {2U, 3U, 7U}) ExpectSame(RunShards(spec, of, true), whole);
}

TEST_P(DividedSearch, OverSeveralRunsIsWhole) {
  const SearchSpec spec = SpecOf<LitmusProgram>(program_, model::Rc11());
  const Found whole = RunSearch(spec, {});
  ExpectSame(RunInSteps(spec, 1 + seed() % 5, 1), whole);
  ExpectSame(RunInSteps(spec, 1 + seed() % 5 + whole.executions.size() / 16, 3), whole);
}

// Whenever a checkpoint is made, what was found before and what is found from there on is all.
TEST_P(DividedSearch, FromAnyCheckpointIsWhole) {
  const SearchSpec spec = SpecOf<LitmusProgram>(program_, model::Rc11());
  const Found whole = RunSearch(spec, {});
  for (const int workers : {1, 2}) {
    std::vector<SearchState> states;
    SearchOptions options;
    options.workers = workers;
    options.checkpoint_every = std::chrono::milliseconds(0);
    options.checkpoint = [&](const SearchState& state) { states.push_back(state); };
    ExpectSame(RunSearch(spec, options), whole);
    ASSERT_FALSE(states.empty());
    for (std::size_t i = 0; i < states.size(); i += 1 + states.size() / 8) {
      SearchOptions rest;
      rest.from = states[i];
      Found found = RunSearch(spec, rest);
      EXPECT_EQ(found.executions.size() + states[i].tally.executions, whole.executions.size());
      found.executions = whole.executions;
      ExpectSame(found, whole);
    }
  }
}

// Random executions depend on their numbers only.
TEST_P(DividedSearch, AtRandomIsWhole) {
  SearchSpec spec = SpecOf<LitmusProgram>(program_, model::Rc11());
  spec.strategy.kind = Strategy::Kind::kRandom;
  spec.strategy.random = {300, seed(), GetParam() % 3};
  const Found whole = RunSearch(spec, {});
  EXPECT_EQ(whole.executions.size(), 300U);
  ExpectSame(RunSearch(spec, {}), whole);
  SearchOptions divided;
  divided.workers = 3;
  ExpectSame(RunSearch(spec, divided), whole);
  Found pieces;
  SearchOptions piece;
  piece.max_executions = 0;
  while (!piece.from.done()) {
    *piece.max_executions += 70;
    const Found part = RunSearch(spec, piece);
    pieces.executions.insert(part.executions.begin(), part.executions.end());
    piece.from = pieces.result.state = part.state();
  }
  ExpectSame(pieces, whole);
}

// However often it is interrupted, and by which budget.
TEST_P(DividedSearch, WithBoundedPreemptionsGoesOn) {
  SearchSpec spec = SpecOf<LitmusProgram>(program_, model::Rc11());
  spec.strategy.kind = Strategy::Kind::kPreemptions;
  spec.strategy.preemptions = GetParam() % 5;
  const Found whole = RunSearch(spec, {});
  SearchOptions interrupted;
  interrupted.progress = [](const SearchProgress&) {};
  interrupted.progress_every = std::chrono::milliseconds(0);
  const Found found = RunSearch(spec, interrupted);
  ExpectSame(found, whole);
  EXPECT_EQ(found.state().tally.limited, whole.state().tally.limited);
  SearchOptions exact;
  exact.max_executions = whole.executions.size();
  ExpectSame(RunSearch(spec, exact), whole);
  --*exact.max_executions;
  const Found cut = RunSearch(spec, exact);
  EXPECT_FALSE(cut.state().done());
  EXPECT_EQ(cut.result.ended_by, Budget::kExecutions);
  EXPECT_EQ(cut.state().tally.ended(), *exact.max_executions);
}

TEST_P(DividedSearch, ReportsTheSameViolation) {
  program_ = model::RandomLitmus(seed(), {.max_events = 11, .plain = true});
  SearchSpec spec = SpecOf<LitmusProgram>(program_, model::Rc11());
  spec.strategy.random = {1000, seed(), 0};
  for (const auto kind : {Strategy::Kind::kExhaustive, Strategy::Kind::kRandom}) {
    spec.strategy.kind = kind;
    const Found whole = RunSearch(spec, {});
    for (const int workers : {2, 3}) {
      SearchOptions options;
      options.workers = workers;
      ExpectSameViolation(RunSearch(spec, options), whole);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, DividedSearch, testing::Range(0, EffortUpTo(40)));

TEST(Search, IsCompleteExactlyAtItsBudget) {
  const LitmusProgram program = model::RandomLitmus(7'000'001, {.max_events = 11});
  const SearchSpec spec = SpecOf<LitmusProgram>(program, model::Rc11());
  const std::uint64_t all = RunSearch(spec, {}).state().tally.ended();
  ASSERT_GT(all, 10U);
  for (const int workers : {1, 3}) {
    SearchOptions options;
    options.workers = workers;
    options.max_executions = all;
    EXPECT_TRUE(RunSearch(spec, options).state().done());
    options.max_executions = all - 1;
    const Found cut = RunSearch(spec, options);
    EXPECT_FALSE(cut.state().done());
    EXPECT_EQ(cut.state().tally.ended(), all - 1);
    EXPECT_EQ(cut.result.ended_by, Budget::kExecutions);
  }
}

TEST(Search, SaysWhichBudgetEndedIt) {
  std::vector<std::vector<model::Instruction>> threads;
  for (int t = 0; t < 9; ++t)  // 9! executions
    threads.push_back({FetchAdd(0, 0, model::Constant(1), model::Order::kRelaxed)});
  const LitmusProgram program(threads);
  SearchSpec spec = SpecOf<LitmusProgram>(program, model::Sc());
  spec.list = false;
  for (const int workers : {1, 2}) {
    SearchOptions memory;
    memory.workers = workers;
    memory.memory_limit = 1000;
    EXPECT_EQ(Search(spec, memory).ended_by, Budget::kMemory);
    SearchOptions time;
    time.workers = workers;
    time.time_limit = std::chrono::milliseconds(20);
    const SearchResult cut = Search(spec, time);
    EXPECT_EQ(cut.ended_by, Budget::kTime);
    EXPECT_LT(cut.state.tally.executions, 362'880U);
    EXPECT_FALSE(cut.state.tasks.empty());
  }
}

TEST(Search, WithBoundedPreemptionsIsNotDivided) {
  const LitmusProgram program({{Load(0, 0, model::Order::kRelaxed)}});
  SearchSpec spec = SpecOf<LitmusProgram>(program, model::Sc());
  spec.strategy.kind = Strategy::Kind::kPreemptions;
  SearchOptions workers, shard;
  workers.workers = 2;
  shard.shard = {1, 2};
  EXPECT_THROW(Search(spec, workers), std::invalid_argument);
  EXPECT_THROW(Search(spec, shard), std::invalid_argument);
}

TEST(Search, AStateOfAnotherProgramIsRefused) {
  const LitmusProgram program({{Load(0, 0, model::Order::kRelaxed)}});
  for (const int workers : {1, 2}) {
    SearchOptions options;
    options.workers = workers;
    options.from.begun = true;
    options.from.tasks = {{{1, 5, 2}, 0}};
    EXPECT_THROW(Search(SpecOf<LitmusProgram>(program, model::Sc()), options),
                 std::invalid_argument);
  }
}

// Code under test that crashes in the middle of its search.
class Crashing final : public Searched {
 public:
  explicit Crashing(const LitmusProgram& program) : program_(program) {}
  model::Program& program() override { return program_; }
  std::string LastOutcome() override {
    if (++executions_ == 10) std::raise(SIGKILL);  // SIGSEGV is the sanitizers'
    return {};
  }

 private:
  LitmusProgram program_;
  int executions_ = 0;
};

TEST(Search, AWorkersDeathIsAnErrorThatNamesItsTask) {
  const LitmusProgram program = model::RandomLitmus(7'000'001, {.max_events = 11});
  SearchSpec spec = SpecOf<LitmusProgram>(program, model::Rc11());
  spec.make = [&] { return std::make_unique<Crashing>(program); };
  SearchOptions options;
  options.workers = 2;
  options.list = [](const std::string&) {};
  try {
    Search(spec, options);
    FAIL() << "no worker died";
  } catch (const WorkerDied& e) {
    const std::string what = e.what();
    EXPECT_NE(what.find("signal 9"), std::string::npos) << what;
    EXPECT_NE(what.find("test from task 1"), std::string::npos) << what;
  }
}

}  // namespace
}  // namespace heddle
