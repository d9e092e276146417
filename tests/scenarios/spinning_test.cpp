// Do the classic scenarios find the same if their awaits are loops, and if rounds of loops may
// fail?
//
// Each scenario and mutant of scenarios/classic/ and scenarios/sync/ is searched as it is, and with
// loops instead of awaits (SpinningRuntime), of which 0, 1 and, but for mutants, 2 rounds may fail:
// the same outcomes and errors, and the same executions once the failed rounds are erased.
#include <gtest/gtest.h>

#include <cctype>
#include <functional>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "runtime/check/subject.h"
#include "scenarios/catalog.h"
#include "tests/support/check_program.h"
#include "tests/support/effort.h"
#include "tests/support/execution_text.h"
#include "tests/support/spinning_runtime.h"

namespace heddle {
namespace {

/// A plain search that has seen so many executions is cut: then all that it has found must be among
/// what the reduced one has found.
std::uint64_t Enough() { return Effort(std::uint64_t{32'000}); }

struct Found {
  std::unordered_set<std::string> executions;  // without failed rounds
  std::set<std::vector<std::int64_t>> outcomes;
  std::set<std::string> errors;
  std::size_t failed_rounds = 0;
  bool complete = false;

  // What comes after an error is not searched, and what that is depends on the order of the search.
  bool knows_all_executions() const {
    return complete && (errors.empty() || errors == std::set<std::string>{"deadlock"});
  }
};

Found Search(ModelCode code, const model::MemoryModel& model, std::uint64_t enough = Enough()) {
  const int rounds = code.spin_rounds;
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
  if (rounds > 0) options.max_executions = enough;
  options.on_violation = [&](const model::Violation& v) {
    found.errors.insert(model::Name(v.kind));
  };
  const auto visit = [&](const model::ExecutionGraph& g) {
    const FailedRounds failed(g);
    EXPECT_FALSE(failed.AnyWrites());
    found.failed_rounds += failed.count();
    found.executions.insert(ExecutionText(g, [&](model::EventId e) { return failed.Contain(e); }));
  };
  found.complete = model::ExploreByRevisits(machine, model, options, visit).complete;
  return found;
}

template <typename Set>
bool IsWithin(const Set& part, const Set& whole) {
  for (const auto& x : part)
    if (!whole.contains(x)) return false;
  return true;
}

struct Case {
  const Subject* subject;
  std::function<std::unique_ptr<ModelInstance>()> make_spinning;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.subject->name(); }

ModelCode CodeOf(const Case& c, bool spinning, int rounds) {
  const Subject& s = *c.subject;
  ModelCode code{s.name(), s.threads, TrapDelivery::kKernel, spinning ? c.make_spinning : s.make};
  code.leaks_allowed = s.leaks_allowed;
  code.spawned = s.spawned;
  code.spin_rounds = rounds;
  return code;
}

template <typename Described>
void AddCase(std::vector<Case>& cases, const std::string& name) {
  using Program = typename Described::template Program<SpinningRuntime>;
  for (const Subject& s : AllSubjects()) {
    if (s.name() == name)
      cases.push_back({&s, [] { return std::make_unique<TestInstance<Program>>(); }});
  }
}

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  Concat<ClassicLocks, LockfreeCatalog, SyncCatalog>::ForEach([&]<typename Scenario>() {
    const std::string name(Scenario::kName);
    AddCase<Scenario>(cases, name);
    Scenario::Mutants::ForEach([&]<typename Mutant>() {
      AddCase<Mutant>(cases, name + "/" + std::string(Mutant::kName));
    });
  });
  return cases;
}

std::string CaseName(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.subject->name();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

class Spinning : public testing::TestWithParam<Case> {};

TEST_P(Spinning, FindsTheSame) {
  const bool mutant = !GetParam().subject->mutant.empty();
  for (const model::MemoryModel* m : model::AllModels()) {
    if (mutant && m->name != "rc11") continue;  // where most of them fail
    SCOPED_TRACE(m->name);
    const Found awaits = Search(CodeOf(GetParam(), false, 0), *m);
    const Found reduced = Search(CodeOf(GetParam(), true, 0), *m);
    EXPECT_EQ(reduced.failed_rounds, 0U);
    EXPECT_EQ(reduced.errors, awaits.errors);
    if (reduced.knows_all_executions()) {
      EXPECT_EQ(reduced.outcomes, awaits.outcomes);
    }
    for (int rounds = 1; rounds <= (mutant ? 1 : 2); ++rounds) {
      SCOPED_TRACE(rounds);
      const Found plain = Search(CodeOf(GetParam(), true, rounds), *m);
      EXPECT_TRUE(IsWithin(plain.errors, reduced.errors));
      if (plain.complete) {
        EXPECT_EQ(plain.errors, reduced.errors);
      }
      if (!reduced.knows_all_executions()) continue;
      EXPECT_TRUE(IsWithin(plain.outcomes, reduced.outcomes));
      EXPECT_TRUE(IsWithin(plain.executions, reduced.executions));
      if (!plain.complete) continue;
      EXPECT_EQ(plain.outcomes, reduced.outcomes);
      EXPECT_EQ(plain.executions.size(), reduced.executions.size());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Spinning, testing::ValuesIn(AllCases()), CaseName);

// The catalog's qspinlock is cut above.
template <Runtime Rt>
using ShortQspinlock = MutualExclusionProgram<Rt, Qspinlock<Rt, QspinSteps{}>, 1, 1, 1>;

constexpr auto kAll = ~std::uint64_t{0};

TEST(SpinningQspinlock, WithOneEntryEachFindsTheSame) {
  for (const model::MemoryModel* m : model::AllModels()) {
    SCOPED_TRACE(m->name);
    ModelCode code = heddle::CodeOf<ShortQspinlock<SpinningRuntime>>(3);
    const Found reduced = Search(code, *m);
    EXPECT_EQ(reduced.outcomes,
              Search(heddle::CodeOf<ShortQspinlock<ModelRuntime>>(3), *m).outcomes);
    code.spin_rounds = 1;
    const Found plain = Search(code, *m, kAll);
    ASSERT_TRUE(plain.complete);
    EXPECT_GT(plain.failed_rounds, 0U);
    EXPECT_EQ(plain.errors, reduced.errors);
    EXPECT_EQ(plain.outcomes, reduced.outcomes);
    EXPECT_TRUE(plain.executions == reduced.executions);
  }
}

}  // namespace
}  // namespace heddle
