// Is the trace of a report a possible order of the events, as short as can be?
#include "model/trace_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "model/explain/missing_order.h"
#include "model/explorer.h"
#include "tests/support/effort.h"
#include "tests/support/litmus_program.h"

namespace heddle::model {
namespace {

using testing::ElementsAre;
using enum Order;

EventId Id(int t, int i) { return {static_cast<std::int16_t>(t), static_cast<std::int16_t>(i)}; }

std::vector<EventId> AllEvents(const ExecutionGraph& g) {
  std::vector<EventId> events;
  for (int t = 0; t < g.thread_count(); ++t)
    for (int i = 0; i < g.size(t); ++i) events.push_back(Id(t, i));
  return events;
}

int Switches(const std::vector<EventId>& order) {
  int n = 0;
  for (std::size_t i = 1; i < order.size(); ++i) n += order[i].thread != order[i - 1].thread;
  return n;
}

// Whether every write is at its place in mo and every data read reads the write before it; a fetch
// may read an older one.
bool IsInterleaving(const ExecutionGraph& g, const std::vector<EventId>& order) {
  std::map<Location, int> position;
  for (const EventId e : order) {
    const Label& l = g.at(e).label;
    if (l.is_write() && g.mo_position(e) != ++position[l.location]) return false;
    if (l.kind == Kind::kRead && g.mo_position(g.at(e).rf) != position[l.location]) return false;
  }
  return true;
}

bool RespectsSbAndRf(const ExecutionGraph& g, const std::vector<EventId>& order) {
  std::vector<int> done(static_cast<std::size_t>(g.thread_count()), 0);
  for (const EventId e : order) {
    if (done[static_cast<std::size_t>(e.thread)]++ != e.index) return false;
    const EventId rf = g.at(e).rf;
    if (g.at(e).label.is_read() && !rf.is_init() &&
        rf.index >= done[static_cast<std::size_t>(rf.thread)])
      return false;
  }
  return true;
}

// What an order respects beside sb and rf: nothing; mo; also "a read comes before what overwrites
// its source".
enum class Respected { kNothingElse, kMo, kReads };

// Whether `e` may come once `done` have, of each thread.
bool MayCome(const ExecutionGraph& g, const std::vector<int>& done, EventId e,
             Respected respected) {
  const auto is_done = [&](EventId other) {
    return other.is_init() || other.index < done[static_cast<std::size_t>(other.thread)];
  };
  const Label& label = g.at(e).label;
  if (label.is_read() && !is_done(g.at(e).rf)) return false;
  if (!label.is_write() || respected == Respected::kNothingElse) return true;
  return std::ranges::all_of(AllEvents(g), [&](EventId other) {
    const Label& l = g.at(other).label;
    if (is_done(other) || l.location != label.location) return true;
    if (l.is_write()) return g.mo_position(other) >= g.mo_position(e);
    return respected != Respected::kReads || !l.is_read() ||
           g.mo_position(g.at(other).rf) >= g.mo_position(e);
  });
}

// Fewest switches over all orders that respect this, by trying them all; none if there is none.
std::optional<int> FewestByTrying(const ExecutionGraph& g, std::vector<int>& done, int running,
                                  Respected respected) {
  std::optional<int> best;
  bool at_end = true;
  for (int t = 0; t < g.thread_count(); ++t) {
    int& next = done[static_cast<std::size_t>(t)];
    if (next == g.size(t)) continue;
    at_end = false;
    if (!MayCome(g, done, Id(t, next), respected)) continue;
    ++next;
    auto n = FewestByTrying(g, done, t, respected);
    --next;
    if (n && running >= 0 && running != t) ++*n;
    if (n && (!best || *n < *best)) best = n;
  }
  return at_end ? 0 : best;
}

// Those of the best order that there is.
int FewestSwitches(const ExecutionGraph& g) {
  for (const Respected respected : {Respected::kReads, Respected::kMo, Respected::kNothingElse}) {
    std::vector<int> done(static_cast<std::size_t>(g.thread_count()), 0);
    if (const auto fewest = FewestByTrying(g, done, -1, respected)) return *fewest;
  }
  return -1;
}

class RandomTraces : public testing::TestWithParam<int> {};

TEST_P(RandomTraces, HaveFewestSwitchesAndAreInterleavingsIfThereIsOne) {
  const int programs = Effort(20);
  for (int i = 0; i < programs; ++i) {
    LitmusProgram program = RandomLitmus(static_cast<std::uint64_t>(GetParam() * programs + i));
    for (const MemoryModel* m : AllModels()) {
      (void)ExploreByRevisits(program, *m, {}, [&](const ExecutionGraph& g) {
        const Trace trace = ShortestTrace(g, {});
        ASSERT_TRUE(std::ranges::is_permutation(trace.events, AllEvents(g)));
        ASSERT_TRUE(RespectsSbAndRf(g, trace.events)) << program;
        ASSERT_EQ(trace.left_out, 0);
        const bool sc = IsConsistent(Sc(), g);
        ASSERT_EQ(IsInterleaving(g, trace.events), sc) << program;
        ASSERT_EQ(Switches(trace.events), FewestSwitches(g)) << program;
      });
    }
  }
}

// Fetches may be stale, so only sb and rf are asked of these.
TEST_P(RandomTraces, OfFetchesRespectSbAndRf) {
  RandomOptions options;
  options.fetch = true;
  const int programs = Effort(20);
  for (int i = 0; i < programs; ++i) {
    LitmusProgram program =
        RandomLitmus(static_cast<std::uint64_t>(GetParam() * programs + i), options);
    (void)ExploreByRevisits(program, Rc11(), {}, [&](const ExecutionGraph& g) {
      ASSERT_TRUE(RespectsSbAndRf(g, ShortestTrace(g, {}).events)) << program;
    });
  }
}

// Of every two events without happens-before: mending what is said to be missing gives it, and
// nothing that is said can be left out.
TEST_P(RandomTraces, MissingOrdersAreMendedByWhatTheyName) {
  const auto mend = [](Order o, Need need, Order synchronising) {
    if (need == Need::kNothing) return o;
    if (need == Need::kAtomic) return kRelaxed;
    return o == kPlain || o == kRelaxed ? synchronising : kAcqRel;
  };
  const int programs = Effort(10);
  for (int i = 0; i < programs; ++i) {
    LitmusProgram program = RandomLitmus(static_cast<std::uint64_t>(GetParam() * programs + i));
    (void)ExploreByRevisits(program, Rc11(), {}, [&](const ExecutionGraph& g) {
      const GraphIndex index(g);
      const Relation hb = Rc11().happens_before(g);
      for (const EventId a : AllEvents(g)) {
        for (const EventId b : AllEvents(g)) {
          if (a == b || hb.Has(index.number(a), index.number(b))) continue;
          const MissingOrder missing = FindMissingOrder(Rc11(), g, a, b);
          ASSERT_EQ(missing.communicates, !missing.weak.empty());
          if (!missing.communicates) continue;
          for (std::size_t left_out = 0; left_out <= 2 * missing.weak.size(); ++left_out) {
            ExecutionGraph mended = g;
            bool all = true;
            for (std::size_t k = 0; k < missing.weak.size(); ++k) {
              const WeakEdge& edge = missing.weak[k];
              const bool skip_write = left_out == 2 * k && edge.of_write != Need::kNothing;
              const bool skip_read = left_out == 2 * k + 1 && edge.of_read != Need::kNothing;
              all = all && !skip_write && !skip_read;
              Label& write = mended.at(edge.write).label;
              Label& read = mended.at(edge.read).label;
              if (!skip_write) write.order = mend(write.order, edge.of_write, kRelease);
              if (skip_read) continue;
              read.order = mend(read.order, edge.of_read, kAcquire);
              read.failure = mend(read.failure, edge.of_read, kAcquire);
            }
            const Relation now = Rc11().happens_before(mended);
            ASSERT_EQ(now.Has(index.number(a), index.number(b)), all) << program;
          }
        }
      }
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomTraces, testing::Range(0, 20));

TEST(ShortestTrace, LeavesOutWhatTheFocusDoesNotDependOn) {
  LitmusProgram program({{Store(0, Constant(1), kRelaxed), Store(1, Constant(1), kRelaxed)},
                         {Load(0, 0, kRelaxed), Load(1, 1, kRelaxed)},
                         {Load(0, 1, kRelaxed)}});
  int found = 0;
  (void)ExploreByRevisits(program, Sc(), {}, [&](const ExecutionGraph& g) {
    if (g.at(Id(1, 0)).value != 1 || g.at(Id(1, 1)).value != 1 || g.at(Id(2, 0)).value != 1) return;
    ++found;
    const Trace trace = ShortestTrace(g, {Id(1, 0)});
    EXPECT_THAT(trace.events, ElementsAre(Id(0, 0), Id(1, 0)));
    EXPECT_EQ(trace.left_out, 3);
    EXPECT_EQ(trace.NumberOf(Id(1, 0)), 2);
    EXPECT_EQ(trace.NumberOf(Id(2, 0)), 0);
  });
  EXPECT_EQ(found, 1);
}

TEST(ShortestTrace, ShowsReadModifyWritesWhole) {
  LitmusProgram program({{FetchAdd(0, 0, Constant(1), kRelaxed)}, {Load(0, 0, kRelaxed)}});
  (void)ExploreByRevisits(program, Sc(), {}, [](const ExecutionGraph& g) {
    EXPECT_EQ(ShortestTrace(g, {Id(0, 0)}).events.size(), 2U);
  });
}

// Arm: thread 1 has serialised and still fetches what was overwritten before, for want of an
// invalidation.  No order has the serialising event before that write; the data have one all the
// same, in which thread 1 reads z before thread 0 writes it.
TEST(ShortestTrace, DataComeInOrderWhereFetchesCannot) {
  enum : Location { kText, kFlag, kZ };
  ExecutionGraph g(2);
  const auto write = [&](Location l) {
    g.InsertMo(g.Append(0, {.kind = Kind::kWrite, .order = kRelaxed, .location = l, .value = 1}),
               1);
  };
  const auto read = [&](Kind kind, Location l, EventId from, Value value) {
    g.SetRf(g.Append(1, {.kind = kind, .order = kRelaxed, .location = l}), from, value);
  };
  for (const Location l : {kText, kFlag, kZ}) write(l);
  read(Kind::kRead, kFlag, Id(0, 1), 1);
  g.Append(1, {.kind = Kind::kSerialize});
  read(Kind::kFetch, kText, InitOf(kText), 0);
  read(Kind::kRead, kZ, InitOf(kZ), 0);
  const Trace trace = ShortestTrace(g, {});
  EXPECT_TRUE(RespectsSbAndRf(g, trace.events));
  EXPECT_TRUE(IsInterleaving(g, trace.events));
}

// 8 threads of 40 events each that take turns: too many states for the exact search.
TEST(ShortestTrace, CopesWithManyLongThreads) {
  ExecutionGraph g(8);
  Label write{.kind = Kind::kWrite, .order = kRelaxed};
  for (int i = 0; i < 40; ++i) {
    for (int t = 0; t < 8; ++t) {
      write.location = t;
      g.InsertMo(g.Append(t, write), i + 1);
    }
  }
  const Trace trace = ShortestTrace(g, {});
  EXPECT_EQ(trace.events.size(), 320U);
  EXPECT_EQ(Switches(trace.events), 7);
  EXPECT_TRUE(RespectsSbAndRf(g, trace.events));
}

}  // namespace
}  // namespace heddle::model
