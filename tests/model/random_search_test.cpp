// Do random searches visit executions, all of them in the end, and the same ones for the same seed?
#include "model/random_search.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "model/replay.h"
#include "model/scheduler.h"
#include "tests/support/effort.h"
#include "tests/support/litmus_program.h"

namespace heddle::model {
namespace {

using Graphs = std::set<std::uint64_t>;
using Counts = std::map<std::uint64_t, int>;

ExploreResult Visit(LitmusProgram& program, const MemoryModel& model, const RandomSearch& search,
                    Counts& counts, ExploreOptions options = {}) {
  return ExploreAtRandom(program, model, search, options,
                         [&](const ExecutionGraph& g) { ++counts[g.Fingerprint()]; });
}

Graphs AllGraphs(LitmusProgram& program, const MemoryModel& model) {
  Graphs graphs;
  ExploreByBruteForce(program, model,
                      [&](const ExecutionGraph& g) { graphs.insert(g.Fingerprint()); });
  return graphs;
}

class RandomProgramsAtRandom : public testing::TestWithParam<int> {
 protected:
  template <typename F>
  void ForEachProgram(int programs, std::uint64_t first_seed, const RandomOptions& options, F f) {
    programs = Effort(programs);
    for (int i = 0; i < programs && !HasFailure(); ++i) {
      LitmusProgram program =
          RandomLitmus(first_seed + static_cast<std::uint64_t>(GetParam() * programs + i), options);
      program.set_isolated(i % 2 == 0);
      for (const MemoryModel* model : AllModels()) {
        SCOPED_TRACE(std::string(model->name) + ": " + testing::PrintToString(program));
        f(program, *model);
      }
    }
  }
};

void VisitsExecutions(LitmusProgram& program, const MemoryModel& model) {
  const Graphs all = AllGraphs(program, model);
  const ExploreResult exhaustive = ExploreByRevisits(program, model, {}, {});
  for (const int depth : {0, 1, 2, 4}) {
    SCOPED_TRACE(depth);
    Counts counts;
    const ExploreResult r = Visit(program, model, {60, 5, depth}, counts);
    EXPECT_EQ(r.complete, !r.violation);
    for (const auto& [graph, count] : counts) EXPECT_TRUE(all.contains(graph)) << "not allowed";
    if (!r.violation) {
      EXPECT_EQ(r.executions, 60U);
      continue;
    }
    EXPECT_TRUE(exhaustive.violation) << r.violation->message;
    const ExploreResult replayed =
        ReplayExecution(program, model, EncodeExecution(r.violation->graph), {});
    ASSERT_TRUE(replayed.violation) << r.violation->message;
    EXPECT_EQ(replayed.violation->kind, r.violation->kind);
  }
}

TEST_P(RandomProgramsAtRandom, VisitExecutionsOnly) {
  ForEachProgram(25, 30'000'000, {.max_events = 9}, VisitsExecutions);
  ForEachProgram(25, 31'000'000, {.max_events = 8, .plain = true, .fetch = true}, VisitsExecutions);
  ForEachProgram(25, 32'000'000, {.max_events = 8, .plain = true, .await = true}, VisitsExecutions);
  ForEachProgram(25, 33'000'000, {.max_events = 8, .await = true, .all_rmws = true, .sizes = true},
                 VisitsExecutions);
}

void VisitsAll(LitmusProgram& program, const MemoryModel& model) {
  const ExploreResult exhaustive = ExploreByRevisits(program, model, {}, {});
  ExploreOptions options;
  if (exhaustive.violation) {
    Counts counts;
    EXPECT_TRUE(Visit(program, model, {10'000, 5}, counts).violation);
    // After a race, nothing is defined; after a deadlock, the others still are.
    if (exhaustive.violation->kind == ErrorKind::kDataRace) return;
    options.stop_at_first_error = false;
  }
  const Graphs all = AllGraphs(program, model);
  Counts counts;
  for (std::uint64_t seed = 0; seed < 200 && counts.size() != all.size(); ++seed) {
    const ExploreResult r = Visit(program, model, {200, seed}, counts, options);
    EXPECT_EQ(r.executions + r.blocked, 200U);
  }
  Graphs visited;
  for (const auto& [graph, count] : counts) visited.insert(graph);
  EXPECT_EQ(visited, all);
}

TEST_P(RandomProgramsAtRandom, VisitEachExecutionInTheEnd) {
  ForEachProgram(12, 34'000'000, {.max_events = 6}, VisitsAll);
  ForEachProgram(12, 35'000'000, {.max_events = 6, .plain = true, .fetch = true}, VisitsAll);
  ForEachProgram(12, 36'000'000, {.max_events = 6, .await = true, .all_rmws = true}, VisitsAll);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomProgramsAtRandom, testing::Range(0, 10));

// In which order does a scheduler move 3 threads of 3 steps each?
class Recorder {
 public:
  explicit Recorder(std::unique_ptr<Scheduler> scheduler) : scheduler_(std::move(scheduler)) {}

  std::vector<ThreadId> Order(std::uint64_t seed) {
    std::vector<int> left(3, 3);
    std::vector<ThreadId> order, movable;
    for (scheduler_->Begin(seed, 3);; --left[static_cast<std::size_t>(order.back())]) {
      movable.clear();
      for (ThreadId t = 0; t < 3; ++t)
        if (left[static_cast<std::size_t>(t)] > 0) movable.push_back(t);
      if (movable.empty()) return order;
      order.push_back(scheduler_->PickThread(movable));
    }
  }
  static int Preemptions(const std::vector<ThreadId>& order) {
    int preemptions = 0;
    std::vector<int> left(3, 3);
    for (std::size_t i = 0; i + 1 < order.size(); ++i)
      preemptions +=
          --left[static_cast<std::size_t>(order[i])] > 0 && order[i + 1] != order[i] ? 1 : 0;
    return preemptions;
  }

 private:
  std::unique_ptr<Scheduler> scheduler_;
};

TEST(Pct, OfDepthDHasLessThanDPreemptions) {
  for (const int depth : {1, 2, 3, 4}) {
    Recorder pct(MakePctScheduler(depth, 9));
    std::set<std::vector<ThreadId>> orders;
    int most = 0;
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
      orders.insert(pct.Order(seed));
      most = std::max(most, Recorder::Preemptions(pct.Order(seed)));
    }
    EXPECT_EQ(most, depth - 1);
    if (depth == 1) {
      EXPECT_EQ(orders.size(), 6U) << "the priorities are permutations";
    }
  }
}

// n = 3 threads, k = 9 steps, d = 2: an order that one preemption tells from those without any.
TEST(Pct, KeepsItsPromise) {
  Recorder pct(MakePctScheduler(2, 9));
  constexpr int kRuns = 20'000;
  std::map<std::vector<ThreadId>, int> counts;
  for (std::uint64_t seed = 0; seed < kRuns; ++seed) ++counts[pct.Order(seed)];
  // "Thread b's first step comes before thread a's i-th, and a's (i-1)-th before that."
  for (ThreadId a = 0; a < 3; ++a) {
    for (ThreadId b = 0; b < 3; ++b) {
      if (a == b) continue;
      for (int i = 2; i <= 3; ++i) {
        int hits = 0;
        for (const auto& [order, count] : counts) {
          int of_a = 0;
          bool hit = false, seen = false;
          for (const ThreadId t : order) {
            of_a += t == a ? 1 : 0;
            if (t == b && !seen) hit = of_a == i - 1;
            seen = seen || t == b;
          }
          hits += hit ? count : 0;
        }
        EXPECT_GT(hits, kRuns / (3 * 9)) << a << ' ' << b << ' ' << i;
      }
    }
  }
}

// Store buffering under tso needs an old value, which PCT takes at change points only.
TEST(Pct, TakesOldWritesAtChangePointsOnly) {
  const auto thread = [](Location mine, Location other) {
    return std::vector<Instruction>{Store(mine, Constant(1), Order::kRelaxed),
                                    Load(0, other, Order::kRelaxed)};
  };
  LitmusProgram program({thread(0, 1), thread(1, 0)});
  const auto both_zero = [&](int depth) {
    int count = 0;
    ExploreAtRandom(program, Tso(), {2000, 1, depth}, {}, [&](const ExecutionGraph& g) {
      const bool zeros = g.at({0, 1}).value == 0 && g.at({1, 1}).value == 0;
      count += zeros ? 1 : 0;
    });
    return count;
  };
  EXPECT_EQ(both_zero(1), 0);
  EXPECT_GT(both_zero(2), 2000 / (2 * 4) / 2);
}

TEST(RandomSearch, TheSeedDecides) {
  LitmusProgram program = RandomLitmus(3, {.max_events = 12});
  const auto list = [&](std::uint64_t seed, int depth) {
    std::vector<std::uint64_t> graphs;
    ExploreAtRandom(program, Rc11(), {500, seed, depth}, {},
                    [&](const ExecutionGraph& g) { graphs.push_back(g.Fingerprint()); });
    return graphs;
  };
  for (const int depth : {0, 3}) {
    EXPECT_EQ(list(1, depth), list(1, depth));
    EXPECT_NE(list(1, depth), list(2, depth));
  }
}

TEST(RandomSearch, TasksTogetherAreTheWhole) {
  LitmusProgram program = RandomLitmus(3, {.max_events = 12});
  for (const std::uint64_t executions : {1U, 63U, 64U, 65U, 4097U}) {
    const RandomSearch search{executions, 7};
    Counts whole, pieces;
    EXPECT_EQ(Visit(program, Rc11(), search, whole).executions, executions);
    for (const std::size_t parts : {1U, 2U, 100U, 5000U}) {
      pieces.clear();
      const auto tasks = SplitRandomSearch(search, parts);
      EXPECT_GE(tasks.size(), std::min<std::size_t>(parts, executions));
      for (const SearchTask& task : tasks) Visit(program, Rc11(), search, pieces, {.task = task});
      EXPECT_EQ(pieces, whole) << executions << ' ' << parts;
    }
    // Interrupted after some executions, and divided then.
    pieces.clear();
    std::vector<SearchTask> tasks = {SearchTask{}};
    while (!tasks.empty()) {
      ExploreOptions options;
      options.task = tasks.back();
      options.max_executions = 1 + executions / 7;
      tasks.pop_back();
      const ExploreResult r = Visit(program, Rc11(), search, pieces, options);
      if (r.complete) continue;
      for (SearchTask& t : Halve(r.rest)) tasks.push_back(std::move(t));
    }
    EXPECT_EQ(pieces, whole) << executions;
  }
}

}  // namespace
}  // namespace heddle::model
