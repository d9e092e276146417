// Does the search find what brute force finds, of programs that lock, wait, start threads, make
// objects and use values of all kinds?
//
// What a mutex or a thread's start is made of, the runtime says, for both; what can then happen,
// and what is wrong with it, brute force finds in every order, judging by the axioms.
#include "tests/support/random_sync.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/brute_force_explorer.h"
#include "tests/support/effort.h"
#include "tests/support/execution_text.h"
#include "tests/support/spinning_runtime.h"

namespace heddle {
namespace {

using model::ErrorKind;
using model::EventId;
using model::ExecutionGraph;
using model::Kind;

struct Found {
  std::set<std::string> executions, without_failed_rounds;
  std::size_t visits = 0;
  std::set<ErrorKind> errors;
};

// Two ends of one object's life, or an access that is not before its end.
ErrorKind LifetimeError(const model::Program& program, const model::MemoryModel& model,
                        const ExecutionGraph& g) {
  if (g.end_count() == 0) return ErrorKind::kNone;
  const model::GraphIndex index(g);
  const model::Relation hb = model.happens_before(g);
  std::set<int> ended;
  for (int e = 0; e < index.size(); ++e) {
    const model::Label& end = index.event(e).label;
    if (end.ends_allocation() && !ended.insert(end.location).second) return ErrorKind::kDoubleFree;
    if (end.kind != Kind::kFree) continue;
    for (int a = 0; a < index.size(); ++a) {
      const model::Label& access = index.event(a).label;
      if (index.id(a).is_init() || !(access.is_read() || access.is_write())) continue;
      if (program.AllocationOf(access.location) == end.location && !hb.Has(a, e))
        return ErrorKind::kUseAfterFree;
    }
  }
  return ErrorKind::kNone;
}

bool ReadsNothing(const model::Program& program, const ExecutionGraph& g) {
  const model::GraphIndex index(g);
  for (int e = 0; e < index.size(); ++e) {
    const model::Event& event = index.event(e);
    if (event.label.is_read() && event.rf.is_init() && !index.id(e).is_init() &&
        program.StartsUninitialised(event.label.location))
      return true;
  }
  return false;
}

Found BruteForce(const model::MemoryModel& model) {
  Machine machine(syncs::CodeOfProgram<ModelRuntime>());
  Found found;
  const auto enter = [&](const ExecutionGraph& g) {
    if (!model::IsConsistent(model, g)) return false;  // and no larger one is
    ErrorKind error = LifetimeError(machine, model, g);
    if (error == ErrorKind::kNone && !model::FindRace(model, g).empty())
      error = ErrorKind::kDataRace;
    if (error == ErrorKind::kNone && ReadsNothing(machine, g)) error = ErrorKind::kUninitialised;
    if (error == ErrorKind::kNone) return true;
    found.errors.insert(error);
    return false;
  };
  const auto complete = [&](const ExecutionGraph& g) {
    ++found.visits;
    found.executions.insert(ExecutionText(g));
    const model::Step end = machine.Finish(g);
    if (end.kind == model::Step::Kind::kError) found.errors.insert(end.error);
  };
  model::EnumerateGraphs(
      machine, {.complete = complete,
                .stuck = [&](const ExecutionGraph&) { found.errors.insert(ErrorKind::kDeadlock); },
                .failed = [&](const ExecutionGraph&,
                              const model::Step& step) { found.errors.insert(step.error); },
                .enter = enter});
  return found;
}

// With loops that may fail `rounds` times instead of awaits, if Rt is a SpinningRuntime.
template <Runtime Rt>
Found Search(const model::MemoryModel& model, int rounds = 0) {
  ModelCode code = syncs::CodeOfProgram<Rt>();
  code.spin_rounds = rounds;
  Machine machine(std::move(code));
  Found found;
  model::ExploreOptions options;
  options.stop_at_first_error = false;
  options.on_violation = [&](const model::Violation& v) { found.errors.insert(v.kind); };
  model::ExploreByRevisits(machine, model, options, [&](const ExecutionGraph& g) {
    const FailedRounds failed(g);
    ++found.visits;
    found.executions.insert(ExecutionText(g));
    found.without_failed_rounds.insert(
        ExecutionText(g, [&](EventId e) { return failed.Contain(e); }));
  });
  return found;
}

std::string Names(const std::set<ErrorKind>& errors) {
  std::string names;
  for (const ErrorKind e : errors) names += std::string(model::Name(e)) + " ";
  return names;
}

// Nobody goes on after such an error, and what else is found depends on what comes before it.
bool EndsEarly(const Found& found) {
  return std::ranges::any_of(found.errors, [](ErrorKind e) {
    return e == ErrorKind::kDataRace || e == ErrorKind::kUninitialised ||
           e == ErrorKind::kOutOfBounds;
  });
}

class RandomSync : public testing::TestWithParam<int> {};

TEST_P(RandomSync, TheSearchIsBruteForce) {
  const int programs = Effort(500);
  std::map<ErrorKind, int> errors;
  int compared = 0;
  // Kinds of errors: in programs with one that ends executions early, of these not found, and not
  // found beside a race alone.
  std::size_t kinds = 0, missed = 0, missed_by_race = 0;
  for (int i = 0; i < programs && !HasFailure(); ++i) {
    const int seed = GetParam() * programs + i;
    SCOPED_TRACE(seed);
    const syncs::Program program = syncs::MakeProgram(static_cast<std::uint64_t>(seed), 13);
    syncs::g_program = &program;
    for (const model::MemoryModel* m : model::AllModels()) {
      SCOPED_TRACE(m->name);
      const Found expected = BruteForce(*m), found = Search<ModelRuntime>(*m);
      for (const ErrorKind e : expected.errors) ++errors[e];
      compared += expected.executions.size() > 1 ? 1 : 0;
      if (EndsEarly(expected)) {
        EXPECT_FALSE(found.errors.empty());
        EXPECT_TRUE(std::ranges::includes(expected.errors, found.errors)) << Names(found.errors);
        kinds += expected.errors.size();
        const std::size_t fewer = expected.errors.size() - found.errors.size();
        missed += fewer;
        if (!expected.errors.contains(ErrorKind::kUninitialised) &&
            !expected.errors.contains(ErrorKind::kOutOfBounds))
          missed_by_race += fewer;
      } else {
        EXPECT_EQ(Names(found.errors), Names(expected.errors));
      }
      EXPECT_EQ(found.visits, found.executions.size()) << "an execution came twice";
      if (expected.errors.empty()) {
        EXPECT_EQ(found.executions, expected.executions);
      }
    }
  }
  if (!IsFullEffort()) return;
  // None may be a test of nothing.
  EXPECT_GT(compared, programs / 2);
  // A few are: what comes after an error is not searched, and brute force goes in every order.
  EXPECT_LE(missed, kinds / 4) << "of " << kinds;
  EXPECT_LE(missed_by_race, Effort(std::size_t{3})) << "one program in 500, under three models";
  for (const ErrorKind e :
       {ErrorKind::kDataRace, ErrorKind::kDeadlock, ErrorKind::kUseAfterFree, ErrorKind::kLeak,
        ErrorKind::kMisuse, ErrorKind::kUninitialised, ErrorKind::kOutOfBounds})
    EXPECT_GT(errors[e], 0) << model::Name(e);
}

// A lock that spins is the lock that waits, after rounds that fail.
TEST_P(RandomSync, WaitingIsSpinning) {
  const int programs = Effort(500);
  int failed_rounds = 0;
  for (int i = 0; i < programs && !HasFailure(); ++i) {
    const int seed = 1'000'000 + GetParam() * programs + i;
    SCOPED_TRACE(seed);
    const syncs::Program program = syncs::MakeProgram(static_cast<std::uint64_t>(seed), 12);
    syncs::g_program = &program;
    for (const model::MemoryModel* m : model::AllModels()) {
      SCOPED_TRACE(m->name);
      const Found waits = Search<ModelRuntime>(*m);
      const Found blocks = Search<SpinningRuntime>(*m), spins = Search<SpinningRuntime>(*m, 1);
      if (EndsEarly(waits)) {
        EXPECT_FALSE(blocks.errors.empty());
        EXPECT_FALSE(spins.errors.empty());
        continue;
      }
      EXPECT_EQ(Names(blocks.errors), Names(waits.errors));
      EXPECT_EQ(Names(spins.errors), Names(waits.errors));
      EXPECT_EQ(spins.visits, spins.executions.size()) << "an execution came twice";
      if (!waits.errors.empty()) continue;
      EXPECT_EQ(spins.without_failed_rounds, blocks.executions);
      failed_rounds += spins.executions.size() > blocks.executions.size() ? 1 : 0;
    }
  }
  if (IsFullEffort()) {
    EXPECT_GT(failed_rounds, programs / 16) << "a test of nothing";
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomSync, testing::Range(0, 10));

}  // namespace
}  // namespace heddle
