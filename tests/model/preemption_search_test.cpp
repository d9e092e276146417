// Does the search bounded by preemptions visit each execution that so many preemptions lead to,
// once?
#include "model/preemption_search.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/effort.h"
#include "tests/support/litmus_program.h"

namespace heddle::model {
namespace {

using Graphs = std::set<std::uint64_t>;
constexpr int kMany = 100;  // more than any of these programs has events

struct Found {
  Graphs graphs;
  std::uint64_t visits = 0, blocked = 0;
  bool limited = false;
  std::optional<Violation> violation;
};

Found Bounded(LitmusProgram& program, const MemoryModel& model, int preemptions,
              bool stop_at_first_error = false) {
  Found found;
  PreemptionSearch search(program, model, preemptions);
  ExploreOptions options;
  options.stop_at_first_error = stop_at_first_error;
  ExploreResult r = search.GoOn(options, [&](const ExecutionGraph& g) {
    ++found.visits;
    found.graphs.insert(g.Fingerprint());
  });
  EXPECT_EQ(r.executions, found.visits);
  EXPECT_EQ(r.complete, !r.violation || !stop_at_first_error);
  found.limited = search.is_limited();
  found.blocked = r.blocked;
  found.violation = std::move(r.violation);
  return found;
}

Found Exhaustive(LitmusProgram& program, const MemoryModel& model,
                 bool stop_at_first_error = false) {
  Found found;
  ExploreOptions options;
  options.stop_at_first_error = stop_at_first_error;
  ExploreResult r = ExploreByRevisits(program, model, options, [&](const ExecutionGraph& g) {
    found.graphs.insert(g.Fingerprint());
  });
  found.violation = std::move(r.violation);
  return found;
}

bool Includes(const Graphs& all, const Graphs& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

// The definition, for sc: every schedule, one after the other, and its preemptions counted.  Knows
// of nothing that the search does to make fewer of them: each operation is a point to switch at.
class Interleavings {
 public:
  Interleavings(LitmusProgram& program, int preemptions)
      : program_(program), preemptions_(preemptions) {
    Visit(ExecutionGraph(program.thread_count()), -1, 0);
  }
  const Graphs& graphs() const { return graphs_; }
  bool violation() const { return violation_; }

 private:
  void Visit(const ExecutionGraph& g, ThreadId running, int used) {
    if (!FindRace(Sc(), g).empty()) {
      violation_ = true;
      return;
    }
    program_.Restart();
    for (ThreadId t = 0; t < g.thread_count(); ++t)
      for (const Event& e : g.thread(t)) {
        if (e.label.is_write() && e.label.rmw) continue;  // its read issued it
        program_.Next(t);
        program_.Reply(t, e.value);
      }
    std::vector<std::optional<Label>> next;
    bool finished = true;
    for (ThreadId t = 0; t < g.thread_count(); ++t) {
      const Step& step = program_.Next(t);
      const bool operation = step.kind == Step::Kind::kOperation;
      finished = finished && !operation;
      const bool can = operation && (!step.label.await ||
                                     step.label.await.Holds(Newest(g, step.label.location)));
      next.push_back(can ? std::optional(step.label) : std::nullopt);
    }
    if (finished) graphs_.insert(g.Fingerprint());
    bool any = false;
    for (ThreadId t = 0; t < g.thread_count(); ++t) {
      const auto& label = next[static_cast<std::size_t>(t)];
      if (!label) continue;
      any = true;
      const bool preempts =
          running >= 0 && t != running && next[static_cast<std::size_t>(running)].has_value();
      if (used + preempts > preemptions_) continue;
      const int choices = label->kind == Kind::kChoice ? static_cast<int>(label->value) : 1;
      for (int c = 0; c < choices; ++c) Visit(After(g, t, *label, c), t, used + preempts);
    }
    violation_ = violation_ || (!any && !finished);  // a deadlock
  }

  ExecutionGraph After(ExecutionGraph g, ThreadId t, const Label& label, int chosen) const {
    const EventId e = g.Append(t, label);
    if (label.kind == Kind::kChoice) g.at(e).value = static_cast<Value>(chosen);
    if (label.is_write()) g.InsertMo(e, static_cast<int>(g.mo(label.location).size()) + 1);
    if (!label.is_read()) return g;
    const EventId w = g.NewestWrite(label.location);
    g.SetRf(e, w, Newest(g, label.location));
    if (!g.at(e).is_exclusive_read()) return g;
    const EventId half = g.Append(t, WriteHalf(label, g.at(e).value));
    g.InsertMo(half, g.mo_position(w) + 1);
    return g;
  }

  Value Newest(const ExecutionGraph& g, Location l) const {
    const EventId w = g.NewestWrite(l);
    return w.is_init() ? program_.InitialValue(l) : g.at(w).value;
  }

  LitmusProgram& program_;
  const int preemptions_;
  Graphs graphs_;
  bool violation_ = false;
};

constexpr int kShards = 10, kPerShard = 60;  // of each kind

class RandomProgramsBounded : public testing::TestWithParam<int> {
 protected:
  template <typename F>
  void ForEachProgram(std::uint64_t first_seed, const RandomOptions& options, F f) {
    const int programs = Effort(kPerShard);
    for (int i = 0; i < programs && !HasFailure(); ++i) {
      LitmusProgram program =
          RandomLitmus(first_seed + static_cast<std::uint64_t>(GetParam() * programs + i), options);
      program.set_isolated(i % 2 == 0);
      SCOPED_TRACE(testing::PrintToString(program));
      f(program);
    }
  }
};

// Up to the bound at which nobody is denied a preemption: then it is every execution.
void ComparesWithExhaustive(LitmusProgram& program) {
  for (const MemoryModel* model : AllModels()) {
    SCOPED_TRACE(model->name);
    const Found all = Exhaustive(program, *model);
    if (all.violation && all.violation->kind == ErrorKind::kDataRace) {
      // Races end executions, each search's elsewhere.
      EXPECT_TRUE(Bounded(program, *model, kMany, true).violation);
      continue;
    }
    Graphs fewer;
    for (int k = 0;; ++k) {
      const Found bounded = Bounded(program, *model, k);
      EXPECT_EQ(bounded.visits, bounded.graphs.size()) << "visited a graph twice";
      EXPECT_TRUE(Includes(bounded.graphs, fewer)) << "lost a graph at " << k;
      EXPECT_TRUE(Includes(all.graphs, bounded.graphs)) << "not allowed";
      if (bounded.violation) {
        EXPECT_EQ(bounded.violation->kind, ErrorKind::kDeadlock) << bounded.violation->message;
      }
      fewer = bounded.graphs;
      if (bounded.limited) continue;
      EXPECT_EQ(bounded.graphs, all.graphs) << "missed some";
      EXPECT_EQ(bounded.violation.has_value(), all.violation.has_value());
      EXPECT_EQ(Bounded(program, *model, kMany).graphs, bounded.graphs);
      break;
    }
  }
}

TEST_P(RandomProgramsBounded, WithManyIsExhaustive) {
  ForEachProgram(20'000'000, {.max_events = 9}, ComparesWithExhaustive);
  ForEachProgram(21'000'000, {.max_events = 9, .fetch = true}, ComparesWithExhaustive);
  ForEachProgram(22'000'000, {.max_events = 9, .plain = true, .await = true},
                 ComparesWithExhaustive);
  ForEachProgram(23'000'000, {.max_events = 9, .await = true, .all_rmws = true, .sizes = true},
                 ComparesWithExhaustive);
}

void ComparesWithInterleavings(LitmusProgram& program) {
  for (int k = 0; k <= 3; ++k) {
    SCOPED_TRACE(k);
    const Interleavings expected(program, k);
    const Found bounded = Bounded(program, Sc(), k, true);
    EXPECT_EQ(bounded.violation.has_value(), expected.violation());
    if (!bounded.violation) {
      EXPECT_EQ(bounded.graphs, expected.graphs());
    }
  }
}

TEST_P(RandomProgramsBounded, MeansPreemptionsOfInterleavings) {
  ForEachProgram(24'000'000, {.max_events = 8}, ComparesWithInterleavings);
  ForEachProgram(26'000'000, {.max_events = 8, .plain = true}, ComparesWithInterleavings);
  ForEachProgram(25'000'000, {.max_events = 8, .plain = true, .await = true, .all_rmws = true},
                 ComparesWithInterleavings);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomProgramsBounded, testing::Range(0, kShards));

}  // namespace
}  // namespace heddle::model
