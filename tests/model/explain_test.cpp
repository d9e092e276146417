// Does an explanation say what was missing?  Each report was read by a person, who agreed with it.
#include "model/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <regex>
#include <string>
#include <vector>

#include "model/graph_export.h"
#include "model/trace.h"
#include "tests/support/check_program.h"
#include "tests/support/golden.h"
#include "tests/support/litmus_program.h"

namespace heddle::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using Threads = std::vector<std::vector<Instruction>>;
using enum Order;

constexpr Location kX = 0, kY = 1;  // named x and y in reports

EventId Id(int t, int i) { return {static_cast<std::int16_t>(t), static_cast<std::int16_t>(i)}; }

struct Explained {
  Trace trace;
  Explanation explanation;
  std::string report;  // message, trace and explanation
};

Explained Report(const Program& program, const MemoryModel& model, const Violation& v,
                 const std::vector<EventId>& focus) {
  Explained e;
  e.trace = ShortestTrace(v.graph, focus);
  e.explanation = Explain(program, model, v, e.trace);
  e.report =
      v.message + "\n" + FormatTrace(program, v.graph, e.trace, v.events) + e.explanation.Text();
  return e;
}

// The report of the first race that the search finds.
Explained Race(const Threads& threads, const MemoryModel& model) {
  LitmusProgram program(threads);
  const ExploreResult found = ExploreByRevisits(program, model, {}, {});
  if (!found.violation || found.violation->kind != ErrorKind::kDataRace) {
    ADD_FAILURE() << "no race under " << model.name;
    return {};
  }
  return Report(program, model, *found.violation, found.violation->events);
}

using Values = std::vector<std::vector<Value>>;

// The report of the only execution whose reads and fetches see `values`, by thread, as a violation
// of kind `kind` about `events`.
Explained Execution(const Threads& threads, const MemoryModel& model, const Values& values,
                    ErrorKind kind = ErrorKind::kForbiddenOutcome,
                    const std::vector<EventId>& events = {}) {
  LitmusProgram program(threads);
  Violation v;
  v.kind = kind;
  v.message = Name(kind);
  v.events = events;
  int found = 0;
  const Visitor visit = [&](const ExecutionGraph& g) {
    Values seen(values.size());
    for (int t = 0; t < g.thread_count(); ++t)
      for (const Event& e : g.thread(t))
        if (e.label.is_read()) seen[static_cast<std::size_t>(t)].push_back(e.value);
    if (seen != values) return;
    ++found;
    v.graph = g;
  };
  // The search would stop at a race.
  if (kind == ErrorKind::kDataRace)
    (void)ExploreByBruteForce(program, model, visit);
  else
    (void)ExploreByRevisits(program, model, {}, visit);
  EXPECT_EQ(found, 1) << "executions with these values under " << model.name;
  if (found == 0) return {};
  return Report(program, model, v, events);
}

Threads MessagePassing(Order data, Order store, Order load) {
  return {{Store(kX, Constant(42), data), Store(kY, Constant(1), store)},
          {Load(0, kY, load), SkipUnless(0, Constant(1), 1), Load(1, kX, data)}};
}

TEST(Explain, RaceNamesTheEdgeThatDoesNotSynchronise) {
  const auto e = Race(MessagePassing(kPlain, kRelaxed, kAcquire), Rc11());
  EXPECT_THAT(e.explanation.missing, ElementsAre(Pair(Id(0, 0), Id(1, 1))));
  EXPECT_THAT(e.explanation.weak, ElementsAre(Pair(Id(0, 1), Id(1, 0))));
  ExpectGolden("race_relaxed_flag.txt", e.report);
}

TEST(Explain, RaceNamesTheSideThatIsTooWeak) {
  EXPECT_THAT(Race(MessagePassing(kPlain, kRelease, kRelaxed), Rc11()).report,
              HasSubstr("synchronise with it: e3 is not an acquire."));
  EXPECT_THAT(Race(MessagePassing(kPlain, kRelaxed, kRelaxed), Rc11()).report,
              HasSubstr("synchronise with it: e2 is not a release and e3 is not an acquire."));
}

TEST(Explain, RaceCountsFencesAsOrder) {
  const Threads threads = {
      {Store(kX, Constant(1), kPlain), Fence(kRelease), Store(kY, Constant(1), kRelaxed)},
      {Load(0, kY, kRelaxed), SkipUnless(0, Constant(1), 1), Load(1, kX, kPlain)}};
  const auto e = Race(threads, Rc11());
  EXPECT_THAT(e.report, HasSubstr("synchronise with it: e4 is not an acquire."));
}

TEST(Explain, FetchesNeedAFenceToAcquire) {
  const Threads threads = {{Store(kX, Constant(1), kPlain), Store(kY, Constant(1), kRelease)},
                           {Fetch(0, kY), SkipUnless(0, Constant(1), 1), Load(1, kX, kPlain)}};
  EXPECT_THAT(
      Race(threads, Rc11()).explanation.sentences,
      testing::AllOf(testing::Contains(HasSubstr("no acquire fence follows fetch e3.")),
                     testing::Contains("An acquire fence after e3 would order e1 and e4.")));
}

TEST(Explain, RaceBehindTwoWeakEdges) {
  const Location flag = 2;
  const Threads threads = {
      {Store(kX, Constant(1), kPlain), Store(kY, Constant(1), kRelaxed)},
      {Load(0, kY, kAcquire), SkipUnless(0, Constant(1), 1), Store(flag, Constant(1), kRelease)},
      {Load(0, flag, kRelaxed), SkipUnless(0, Constant(1), 1), Load(1, kX, kPlain)}};
  const auto e = Race(threads, Rc11());
  EXPECT_THAT(e.explanation.weak, ElementsAre(Pair(Id(0, 1), Id(1, 0)), Pair(Id(1, 1), Id(2, 0))));
  ExpectGolden("race_two_weak_edges.txt", e.report);
}

TEST(Explain, RaceAfterTheLastSynchronisation) {
  const Threads threads = {
      {Store(kY, Constant(1), kRelease), Store(kX, Constant(1), kPlain)},
      {Load(0, kY, kAcquire), SkipUnless(0, Constant(1), 1), Load(1, kX, kPlain)}};
  const auto e = Race(threads, Sc());
  EXPECT_THAT(e.explanation.weak, IsEmpty());
  ExpectGolden("race_unsynchronised.txt", e.report);
}

TEST(Explain, MixedRaceAsksForAnAtomic) {
  const Threads threads = {{Store(kX, Constant(1), kRelaxed)}, {Load(0, kX, kPlain)}};
  const auto e = Execution(threads, Sc(), {{}, {1}}, ErrorKind::kDataRace, {Id(0, 0), Id(1, 0)});
  EXPECT_THAT(e.report, HasSubstr("synchronise with it: e2 is not atomic."));
}

TEST(Explain, StaleReadUnderRc11) {
  const auto e = Execution(MessagePassing(kRelaxed, kRelaxed, kAcquire), Rc11(), {{}, {1, 0}},
                           ErrorKind::kCheckFailed, {Id(1, 1)});
  EXPECT_THAT(e.explanation.missing, ElementsAre(Pair(Id(0, 0), Id(1, 1))));
  ExpectGolden("stale_read_rc11.txt", e.report);
}

const Threads kStoreBuffering = {{Store(kX, Constant(1), kRelaxed), Load(0, kY, kRelaxed)},
                                 {Store(kY, Constant(1), kRelaxed), Load(0, kX, kRelaxed)}};

TEST(Explain, StoreBufferUnderTso) {
  const auto e = Execution(kStoreBuffering, Tso(), {{0}, {0}});
  // Each store must be drained, so both are named.
  EXPECT_THAT(e.explanation.missing,
              testing::UnorderedElementsAre(Pair(Id(0, 0), Id(0, 1)), Pair(Id(1, 0), Id(1, 1))));
  ExpectGolden("store_buffer_tso.txt", e.report);
}

TEST(Explain, StoreBufferThatAFenceDrainsIsNotNamed) {
  Threads threads = kStoreBuffering;
  threads[0].insert(threads[0].begin() + 1, Fence(kSeqCst));
  const auto e = Execution(threads, Tso(), {{0}, {0}});
  EXPECT_THAT(e.explanation.missing, ElementsAre(Pair(Id(1, 0), Id(1, 1))));
  EXPECT_THAT(e.report, Not(HasSubstr("CPU0's store buffer")));
}

TEST(Explain, CycleThatOnlySeqCstForbids) {
  ExpectGolden("store_buffering_rc11.txt", Execution(kStoreBuffering, Rc11(), {{0}, {0}}).report);
}

TEST(Explain, OrderOfWritesThatNoInterleavingHas) {
  const Threads threads = {{Store(kX, Constant(1), kRelaxed), Store(kY, Constant(2), kRelaxed)},
                           {Store(kY, Constant(1), kRelaxed), Store(kX, Constant(2), kRelaxed)}};
  LitmusProgram program(threads);
  Violation v;
  (void)ExploreByRevisits(program, Rc11(), {}, [&](const ExecutionGraph& g) {
    if (program.FinalValue(g, kX) == 1 && program.FinalValue(g, kY) == 1) v.graph = g;
  });
  v.kind = ErrorKind::kForbiddenOutcome;
  EXPECT_THAT(Report(program, Rc11(), v, {}).explanation.sentences,
              ElementsAre(HasSubstr("would forbid it if e1, e2, e3 and e4 were seq_cst")));
}

TEST(Explain, UnderScTheReadCameFirst) {
  const auto e = Execution(kStoreBuffering, Sc(), {{0}, {1}});
  EXPECT_THAT(e.explanation.sentences,
              ElementsAre("e2 (CPU0: R rlx y = 0 from init, line 2) comes before e3 (CPU1: W rlx y "
                          "= 1, line 1), which overwrites what it read."));
}

// y says that x, which is code, has changed; CPU1 serialises `before` or after it has seen that.
Threads FetchAfterFlag(bool before) {
  std::vector<Instruction> fetcher = {Load(0, kY, kAcquire), Fetch(1, kX)};
  if (before) fetcher.insert(fetcher.begin(), Serialize());
  return {{Store(kX, Constant(0xCC), kRelaxed), Store(kY, Constant(1), kRelease)}, fetcher};
}

TEST(Explain, StaleFetchWithoutASerialisingEvent) {
  for (const MemoryModel* m : AllModels()) {
    const auto e =
        Execution(FetchAfterFlag(false), *m, {{}, {1, 0}}, ErrorKind::kCheckFailed, {Id(1, 1)});
    EXPECT_THAT(e.explanation.sentences,
                ElementsAre(HasSubstr("CPU1 has no serialising event before it.")));
  }
}

TEST(Explain, StaleFetchAfterAnEarlySerialisingEvent) {
  const auto e =
      Execution(FetchAfterFlag(true), Rc11(), {{}, {1, 0}}, ErrorKind::kCheckFailed, {Id(1, 2)});
  EXPECT_THAT(e.explanation.missing, ElementsAre(Pair(Id(0, 0), Id(1, 0))));
  ExpectGolden("stale_fetch.txt", e.report);
}

TEST(Explain, TornInstruction) {
  const Threads threads = {
      {Store(kX, Constant(0xCC), kRelaxed), Store(kY, Constant(0x06), kRelaxed)},
      {Fetch(0, kX), Fetch(1, kY)}};
  ExpectGolden("torn_fetch.txt", Execution(threads, Tso(), {{}, {0, 0x06}},
                                           ErrorKind::kTornInstruction, {Id(1, 0), Id(1, 1)})
                                     .report);
}

TEST(Explain, NothingIsSaidOfExecutionsTooLargeForTheAxioms) {
  Threads threads(1);
  for (int i = 0; i < 1001; ++i) threads[0].push_back(Store(kX, Constant(1), kRelaxed));
  EXPECT_THAT(Execution(threads, Sc(), {{}}).explanation.sentences, IsEmpty());
}

// The other programs run on the model runtime, whose events have source lines.
using Rt = ModelRuntime;
using enum std::memory_order;

struct WaitForEachOther {
  void Thread(int cpu) {
    auto& mine = cpu == 0 ? a : b;
    auto& other = cpu == 0 ? b : a;
    Rt::spin_until([&] { return other.load(acquire) == 1; },
                   cpu == 0 ? "b to be set" : "a to be set");
    mine.store(1, release);
  }
  Rt::Atomic<int> a{0, "a"}, b{0, "b"};
};

TEST(Explain, Deadlock) {
  Machine machine(CodeOf<WaitForEachOther>(2));
  const auto found = ExploreByRevisits(machine, Sc(), {}, {});
  ASSERT_TRUE(found.violation);
  // Without line numbers, which would change with every test that is added above.
  ExpectGolden("deadlock.txt",
               std::regex_replace(Report(machine, Sc(), *found.violation, {}).report,
                                  std::regex("_test.cpp:[0-9]+"), "_test.cpp"));
}

struct Node {
  explicit Node(int v) : value(v, "node.value") {}
  Rt::Plain<int> value;
};

// The owner waits until the reader is done, but with a relaxed load.
struct DestroyAfterRelaxedWait {
  void Thread(int cpu) {
    if (cpu == 0) {
      Node* const p = Rt::make<Node>(42);
      node.store(p, release);
      Rt::spin_until([this] { return done.load(relaxed); }, "the reader");
      return Rt::destroy(p);
    }
    if (Node* const p = node.load(acquire)) (void)p->value.load();
    done.store(true, release);
  }
  Rt::Atomic<Node*> node{nullptr, "node"};
  Rt::Atomic<bool> done{false, "done"};
};

TEST(Explain, UseAfterFreeMissesTheOrderFromUseToFree) {
  Machine machine(CodeOf<DestroyAfterRelaxedWait>(2));
  const auto found = ExploreByRevisits(machine, Rc11(), {}, {});
  ASSERT_TRUE(found.violation);
  ASSERT_EQ(found.violation->kind, ErrorKind::kUseAfterFree);
  const Explained e = Report(machine, Rc11(), *found.violation, found.violation->events);
  EXPECT_THAT(e.explanation.sentences,
              testing::Contains(HasSubstr("does not synchronise with it: e6 is not an acquire")))
      << e.report;
}

TEST(GraphExport, DrawsTheRaceOfMessagePassing) {
  const Threads threads = MessagePassing(kPlain, kRelaxed, kAcquire);
  LitmusProgram program(threads);
  const auto found = ExploreByRevisits(program, Rc11(), {}, {});
  ASSERT_TRUE(found.violation);
  const Violation& v = *found.violation;
  const Explained e = Report(program, Rc11(), v, v.events);
  ExpectGolden("race_relaxed_flag.dot", ToDot(program, v.graph, e.trace, v.events, e.explanation,
                                              "a \"quoted\" title\nof two lines"));
}

TEST(GraphExport, DrawsInitialWritesAndReadsBefore) {
  LitmusProgram program(kStoreBuffering);
  Violation v;
  (void)ExploreByRevisits(program, Tso(), {}, [&](const ExecutionGraph& g) {
    if (g.at(Id(0, 1)).rf.is_init() && g.at(Id(1, 1)).rf.is_init()) v.graph = g;
  });
  const Explained e = Report(program, Tso(), v, {});
  ExpectGolden("store_buffer_tso.dot",
               ToDot(program, v.graph, e.trace, v.events, e.explanation, "SB"));
}

}  // namespace
}  // namespace heddle::model
