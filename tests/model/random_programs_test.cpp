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
#include "tests/support/litmus_program.h"

namespace heddle::model {
namespace {

constexpr int kShards = 20;
constexpr int kSeedsPerShard = 250;

struct Definition {
  std::map<std::uint64_t, std::string> graphs;  // fingerprint -> printed
  bool racy = false;
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

// For all models at once: enumerating costs more than judging.
std::map<std::string_view, Definition> Define(LitmusProgram& program) {
  std::map<std::string_view, Definition> result;
  EnumerateGraphs(program, [&](const ExecutionGraph& g) {
    for (const MemoryModel* model : AllModels()) {
      if (!IsConsistent(*model, g)) continue;
      Definition& definition = result[model->name];
      definition.graphs[g.Fingerprint()] = Print(g);
      definition.racy = definition.racy || !FindRace(*model, g).empty();
    }
  });
  return result;
}

void CompareWithDefinition(LitmusProgram program) {
  auto definitions = Define(program);
  for (const MemoryModel* model : AllModels()) {
    SCOPED_TRACE(std::string(model->name) + ": " + testing::PrintToString(program));
    const Definition& expected = definitions[model->name];
    std::uint64_t visits = 0;
    std::map<std::uint64_t, std::string> actual;
    const ExploreResult result =
        ExploreByRevisits(program, *model, {}, [&](const ExecutionGraph& g) {
          ++visits;
          actual[g.Fingerprint()] = Print(g);
        });
    if (expected.racy) {
      ASSERT_TRUE(result.violation) << "missed the data race";
      EXPECT_EQ(result.violation->kind, ErrorKind::kDataRace) << result.violation->message;
      continue;
    }
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
  void Run(RandomOptions options, std::uint64_t first_seed) {
    for (int i = 0; i < kSeedsPerShard; ++i) {
      CompareWithDefinition(RandomLitmus(
          first_seed + static_cast<std::uint64_t>(GetParam() * kSeedsPerShard + i), options));
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

INSTANTIATE_TEST_SUITE_P(Seeds, RandomPrograms, testing::Range(0, kShards));

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
