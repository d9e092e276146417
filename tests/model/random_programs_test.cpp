// Does the fast search visit exactly the executions that the definition allows, each once?
//
// The definition is brute force over all graphs, filtered by the axioms; so these tests compare the
// search, and the incremental checkers it uses, with the relational models on random programs.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "model/brute_force_explorer.h"
#include "model/explorer.h"
#include "tests/support/effort.h"
#include "tests/support/litmus_program.h"

namespace heddle::model {
namespace {

constexpr int kShards = 20;

// 10,000 programs over all tests, and 2,000 for Arm's models; `./x nightly` tries ten times as
// many.
int SeedsPerShard() { return Effort(50); }

struct Definition {
  std::map<std::uint64_t, std::string> graphs;  // fingerprint -> printed
  bool racy = false, deadlock = false;
};

std::string Print(const ExecutionGraph& g) {
  const auto name = [](EventId e) {
    return e.is_init() ? "init" : std::to_string(e.thread) + "." + std::to_string(e.index);
  };
  std::string text;
  for (std::int16_t t = 0; t < g.thread_count(); ++t) {
    for (std::int16_t i = 0; i < g.size(t); ++i) {
      const Event& e = g.at({t, i});
      text += " " + name({t, i}) + "=" + std::to_string(e.value);
      if (e.label.is_read()) text += "<-" + name(e.rf);
      if (e.label.is_write()) text += "@" + std::to_string(e.mo_position);
    }
    text += " |";
  }
  return text;
}

using Models = std::vector<const MemoryModel*>;

// For all models at once: enumerating costs more than judging.
std::map<std::string_view, Definition> Define(LitmusProgram& program, const Models& models) {
  std::map<std::string_view, Definition> result;
  const auto visit = [&](const ExecutionGraph& g) {
    for (const MemoryModel* model : models) {
      if (!IsConsistent(*model, g)) continue;
      Definition& definition = result[model->name];
      definition.graphs[g.Fingerprint()] = Print(g);
      definition.racy = definition.racy || !FindRace(*model, g).empty();
    }
  };
  const auto stuck = [&](const ExecutionGraph& g) {
    for (const MemoryModel* model : models) {
      if (!IsConsistent(*model, g)) continue;
      Definition& definition = result[model->name];
      definition.deadlock = true;
      definition.racy = definition.racy || !FindRace(*model, g).empty();
    }
  };
  EnumerateGraphs(program, {.complete = visit, .stuck = stuck});
  return result;
}

void CompareWithDefinition(LitmusProgram program, const Models& models, bool awaits_last) {
  auto definitions = Define(program, models);
  for (const MemoryModel* model : models) {
    SCOPED_TRACE(std::string(model->name) + ": " + testing::PrintToString(program));
    const Definition& expected = definitions[model->name];
    std::uint64_t visits = 0;
    std::map<std::uint64_t, std::string> actual;
    ExploreOptions options;
    options.stop_at_first_error = expected.racy;
    options.awaits_last = awaits_last;
    const ExploreResult result =
        ExploreByRevisits(program, *model, options, [&](const ExecutionGraph& g) {
          ++visits;
          actual[g.Fingerprint()] = Print(g);
        });
    if (expected.racy) {
      ASSERT_TRUE(result.violation) << "missed the data race";
      if (expected.deadlock) continue;  // either may be found first
      EXPECT_EQ(result.violation->kind, ErrorKind::kDataRace) << result.violation->message;
      continue;
    }
    if (expected.deadlock) {
      ASSERT_TRUE(result.violation) << "missed the deadlock";
      EXPECT_EQ(result.violation->kind, ErrorKind::kDeadlock) << result.violation->message;
    } else
      ASSERT_FALSE(result.violation) << "wrongly reported: " << result.violation->message << '\n'
                                     << Print(result.violation->graph);
    EXPECT_TRUE(result.complete);
    EXPECT_EQ(result.executions, visits);
    for (const auto& [fingerprint, text] : expected.graphs)
      EXPECT_TRUE(actual.contains(fingerprint)) << "missed:" << text;
    for (const auto& [fingerprint, text] : actual)
      EXPECT_TRUE(expected.graphs.contains(fingerprint)) << "not allowed:" << text;
    EXPECT_EQ(visits, actual.size()) << "visited a graph twice";
  }
}

class RandomPrograms : public testing::TestWithParam<int> {
 protected:
  void Run(RandomOptions options, std::uint64_t first_seed, const Models& models = AllModels(),
           int fewer = 1) {
    const int seeds = SeedsPerShard() / fewer;
    for (int i = 0; i < seeds; ++i) {
      LitmusProgram program =
          RandomLitmus(first_seed + static_cast<std::uint64_t>(GetParam() * seeds + i), options);
      program.set_isolated(i % 2 == 0);
      CompareWithDefinition(std::move(program), models, i % 3 == 0);
      if (HasFailure()) return;  // one program says enough
    }
  }
};

TEST_P(RandomPrograms, AtomicAccesses) { Run({.max_events = 8}, 0); }

TEST_P(RandomPrograms, InstructionFetches) { Run({.max_events = 9, .fetch = true}, 1'000'000); }

TEST_P(RandomPrograms, PlainAccesses) { Run({.max_events = 8, .plain = true}, 2'000'000); }

TEST_P(RandomPrograms, PlainAccessesAndInstructionFetches) {
  Run({.max_events = 8, .plain = true, .fetch = true}, 3'000'000);
}

TEST_P(RandomPrograms, AwaitingReads) { Run({.max_events = 8, .await = true}, 4'000'000); }

TEST_P(RandomPrograms, AwaitingReadsAndPlainAccesses) {
  Run({.max_events = 8, .plain = true, .await = true}, 5'000'000);
}

TEST_P(RandomPrograms, LocationsWrittenOnce) {
  Run({.max_events = 9, .once = true}, 7'000'000);
  Run({.max_events = 9, .await = true, .once = true}, 8'000'000);
}

TEST_P(RandomPrograms, AllOperationsAndSizes) {
  Run({.max_events = 8, .await = true, .all_rmws = true, .sizes = true}, 6'000'000);
}

TEST_P(RandomPrograms, AnyMixOfFeatures) {
  const int seeds = SeedsPerShard();
  for (int i = 0; i < seeds && !HasFailure(); ++i) {
    const auto seed = 13'000'000 + static_cast<std::uint64_t>(GetParam() * seeds + i);
    LitmusProgram program = RandomLitmus(seed, AnyFeatures(seed, 8));
    program.set_isolated(i % 2 == 0);
    CompareWithDefinition(std::move(program), AllModels(), i % 3 == 0);
  }
}

// Arm's models cost more to judge.
TEST_P(RandomPrograms, Arm64CacheMaintenance) {
  Run({.max_events = 10, .fetch = true, .arm64 = true}, 7'000'000, Arm64Models());
}

TEST_P(RandomPrograms, Arm64CacheMaintenancePlainAndAwaiting) {
  Run({.max_events = 9, .plain = true, .fetch = true, .await = true, .arm64 = true}, 8'000'000,
      Arm64Models(), 2);
}

TEST_P(RandomPrograms, Arm64AllOperations) {
  Run({.max_events = 8, .await = true, .all_rmws = true, .arm64 = true}, 9'000'000, Arm64Models(),
      2);
}

TEST_P(RandomPrograms, Arm64EventsMeanNothingElsewhere) {
  Run({.max_events = 8, .fetch = true, .arm64 = true}, 10'000'000, AllModels(), 4);
}

// Compiled C++ does on Arm what C++ allows.
TEST_P(RandomPrograms, Arm64IsWithinRc11) {
  const int seeds = SeedsPerShard() / 2;
  for (int i = 0; i < seeds && !HasFailure(); ++i) {
    LitmusProgram program = RandomLitmus(
        11'000'000 + static_cast<std::uint64_t>(GetParam() * seeds + i), {.max_events = 8});
    EnumerateGraphs(program, {.complete = [&](const ExecutionGraph& g) {
                      const bool arm64 = IsConsistent(Arm64(), g);
                      EXPECT_TRUE(!arm64 || IsConsistent(Rc11(), g)) << program << Print(g);
                      EXPECT_EQ(arm64, IsConsistent(Arm64IdcDic(), g))
                          << "there is no fetch in " << program;
                    }});
  }
}

TEST_P(RandomPrograms, Arm64CachesThatNeedLessAllowLess) {
  const int seeds = SeedsPerShard() / 4;
  for (int i = 0; i < seeds && !HasFailure(); ++i) {
    LitmusProgram program =
        RandomLitmus(12'000'000 + static_cast<std::uint64_t>(GetParam() * seeds + i),
                     {.max_events = 8, .fetch = true, .arm64 = true});
    EnumerateGraphs(program, {.complete = [&](const ExecutionGraph& g) {
                      const bool idc = IsConsistent(Arm64Idc(), g);
                      EXPECT_TRUE(!idc || IsConsistent(Arm64(), g)) << program << Print(g);
                      EXPECT_TRUE(!IsConsistent(Arm64IdcDic(), g) || idc) << program << Print(g);
                    }});
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPrograms, testing::Range(0, kShards));

// What each operation leaves in locations of each size, written down by hand: the search and the
// definition compute it with the same function.
TEST(Operations, AreThoseOfTheSize) {
  struct Case {
    RmwOp op;
    int bytes;
    Value before, operand, after;
  };
  for (const Case& c : {Case{RmwOp::kAdd, 1, 0xff, 2, 0x01},
                        {RmwOp::kAdd, 2, 0xff, 2, 0x101},
                        {RmwOp::kAdd, 2, 1, 0xffff, 0},
                        {RmwOp::kAdd, 4, 0xffffffff, 1, 0},
                        {RmwOp::kAdd, 8, 0xffffffff, 1, 0x100000000},
                        {RmwOp::kAnd, 1, 12, 10, 8},
                        {RmwOp::kOr, 1, 12, 10, 14},
                        {RmwOp::kXor, 1, 12, 10, 6},
                        {RmwOp::kXor, 1, 1, ~Value{0}, 0xfe},
                        {RmwOp::kXor, 8, 1, ~Value{0}, ~Value{1}}}) {
    for (const MemoryModel* model : AllModels()) {
      LitmusProgram program({{FetchOp(0, 0, c.op, Constant(c.operand), Order::kRelaxed)}}, "",
                            {c.before});
      program.set_bytes({c.bytes});
      const ExploreResult result =
          ExploreByRevisits(program, *model, {}, [&](const ExecutionGraph& g) {
            EXPECT_EQ(program.FinalValue(g, 0), c.after) << program;
            EXPECT_EQ(program.FinalRegisters(g)[0][0], c.before);
          });
      EXPECT_EQ(result.executions, 1U);
    }
  }
}

// Each order of the increments is one execution, since each increment reads the one before it.
TEST(Increments, AreOrderedInEveryWayOnce) {
  std::uint64_t factorial = 1;
  for (int n = 1; n <= 6; ++n) {
    factorial *= static_cast<std::uint64_t>(n);
    for (const MemoryModel* model : AllModels()) {
      LitmusProgram program(std::vector<std::vector<Instruction>>(
          static_cast<std::size_t>(n), {FetchAdd(0, 0, Constant(1), Order::kRelaxed)}));
      std::set<std::uint64_t> graphs;
      const ExploreResult result =
          ExploreByRevisits(program, *model, {}, [&](const ExecutionGraph& g) {
            graphs.insert(g.Fingerprint());
            EXPECT_EQ(program.FinalValue(g, 0), static_cast<Value>(n));
          });
      EXPECT_EQ(result.executions, factorial) << n << " threads under " << model->name;
      EXPECT_EQ(graphs.size(), factorial) << n << " threads under " << model->name;
    }
  }
}

}  // namespace
}  // namespace heddle::model
