// Are leaks, indices out of bounds, uninitialised reads and failed allocations found, and are
// addresses the same in every execution?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>

#include "model/replay.h"
#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::EndsWith;
using testing::HasSubstr;
using Rt = ModelRuntime;
using enum std::memory_order;

struct Node {
  explicit Node(int v) : value(v, "node.value") {}
  Rt::Plain<int> value;
};

enum class End { kLost, kDestroyedByOther, kDestroyedInFinish, kLeakOk, kLeakOkInFinish };

// CPU 0 makes a node; CPU 1 may take it.
template <End kEnd>
struct MakesANode {
  static constexpr int kLine = __LINE__ + 3;
  void Thread(int cpu) {
    if (cpu == 0) {
      Node* const p = Rt::make<Node>(1);
      if (kEnd == End::kLeakOk) Rt::leak_ok(p);
      node.store(p, release);
    } else if (kEnd == End::kDestroyedByOther) {
      Rt::destroy(node.exchange(nullptr, acquire));
    }
  }
  void Finish() {
    Node* const left = node.load(relaxed);
    if (kEnd == End::kDestroyedInFinish || kEnd == End::kDestroyedByOther) Rt::destroy(left);
    if (kEnd == End::kLeakOkInFinish) Rt::leak_ok(left);
  }
  Rt::Atomic<Node*> node{nullptr, "node"};
};
template <End kEnd>
struct MayLeak : MakesANode<kEnd> {
  static constexpr bool kLeaksAllowed = true;
};

Explored ExploreIsolated(ModelCode code) {
  code.isolated = true;
  return Explore(std::move(code));
}

TEST(Leaks, AreFoundAtTheEndOfAnExecution) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<MakesANode<End::kLost>>(2), *m);
    ASSERT_EQ(e.error(), ErrorKind::kLeak) << m->name;
    EXPECT_THAT(e.message(), HasSubstr("'node.value'"));
    EXPECT_THAT(e.message(), HasSubstr("thread 0"));
    EXPECT_THAT(e.result.violation->file, EndsWith("memory_test.cpp"));
    EXPECT_EQ(e.result.violation->line, MakesANode<End::kLost>::kLine);
    for (const Explored& fine : {Explore(CodeOf<MakesANode<End::kDestroyedByOther>>(2), *m),
                                 Explore(CodeOf<MakesANode<End::kDestroyedInFinish>>(2), *m),
                                 Explore(CodeOf<MakesANode<End::kLeakOk>>(2), *m),
                                 Explore(CodeOf<MakesANode<End::kLeakOkInFinish>>(2), *m),
                                 Explore(CodeOf<MayLeak<End::kLost>>(2), *m)})
      EXPECT_TRUE(fine.holds()) << m->name << ": " << fine.message();
  }
}

TEST(Leaks, AreFoundWhenThreadsAreRestartedOneByOne) {
  EXPECT_EQ(ExploreIsolated(CodeOf<MakesANode<End::kLost>>(2)).error(), ErrorKind::kLeak);
  for (const Explored& fine : {ExploreIsolated(CodeOf<MakesANode<End::kDestroyedByOther>>(2)),
                               ExploreIsolated(CodeOf<MakesANode<End::kDestroyedInFinish>>(2)),
                               ExploreIsolated(CodeOf<MakesANode<End::kLeakOk>>(2))})
    EXPECT_TRUE(fine.holds()) << fine.message();
}

// The object is lost only if CPU 1 looks before it is there.
struct LostIfTooEarly {
  void Thread(int cpu) {
    if (cpu == 0)
      node.store(Rt::make<Node>(1), release);
    else
      Rt::destroy(node.exchange(nullptr, acquire));
  }
  Rt::Atomic<Node*> node{nullptr, "node"};
};

TEST(Leaks, OfSomeExecutionsAreFound) {
  for (const model::MemoryModel* m : model::AllModels())
    EXPECT_EQ(Explore(CodeOf<LostIfTooEarly>(2), *m).error(), ErrorKind::kLeak) << m->name;
}

template <bool kTwice>
struct DestroysInFinish {
  void Thread(int) { node.store(Rt::make<Node>(1), release); }
  void Finish() {
    Node* const p = node.load(relaxed);
    Rt::destroy(p);
    if (kTwice)
      Rt::destroy(p);
    else
      (void)p->value.load();
  }
  Rt::Atomic<Node*> node{nullptr, "node"};
};

TEST(Finish, MayNotUseWhatItHasFreed) {
  EXPECT_EQ(Explore(CodeOf<DestroysInFinish<true>>(1)).error(), ErrorKind::kDoubleFree);
  EXPECT_EQ(Explore(CodeOf<DestroysInFinish<false>>(1)).error(), ErrorKind::kUseAfterFree);
}

struct StoresInFinish {
  void Thread(int cpu) { x.fetch_add(cpu + 1, relaxed); }
  void Finish() {
    Rt::check(x.load(relaxed) == 3, "every execution starts from 0");
    x.store(7, relaxed);
    Rt::check(x.fetch_add(1, relaxed) == 7 && x.load(relaxed) == 8, "Finish reads what it wrote");
  }
  Rt::Atomic<int> x{0, "x"};
};

TEST(Finish, LeavesTheNextExecutionAlone) {
  EXPECT_TRUE(Explore(CodeOf<StoresInFinish>(2)).holds());
  EXPECT_TRUE(ExploreIsolated(CodeOf<StoresInFinish>(2)).holds());
}

template <int kIndex>
struct Indexes {
  static constexpr int kLine = __LINE__ + 2;
  void Thread(int cpu) {
    if (cpu == 1) slots[kIndex].store(1, relaxed);
  }
  void Finish() {
    for (std::size_t i = 0; i < slots.size(); ++i)
      Rt::check(slots[i].load(relaxed) == (static_cast<int>(i) == kIndex ? 1 : 0),
                "one was stored to");
  }
  Rt::Array<Rt::Atomic<int>, 3> slots{0, "slots"};
};
struct Unordered {
  void Thread(int cpu) { slots[1].store(cpu); }
  Rt::Array<Rt::Plain<int>, 2> slots{uninitialised, "slots"};
};

TEST(Arrays, CheckTheirIndices) {
  EXPECT_TRUE(Explore(CodeOf<Indexes<0>>(2)).holds());
  EXPECT_TRUE(Explore(CodeOf<Indexes<2>>(2)).holds());
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<Indexes<3>>(2), *m);
    EXPECT_EQ(e.error(), ErrorKind::kOutOfBounds);
    EXPECT_THAT(e.message(), HasSubstr("'slots' has 3 elements and none with index 3"));
    EXPECT_EQ(e.result.violation->line, Indexes<3>::kLine);
  }
  EXPECT_THAT(Explore(CodeOf<Indexes<-1>>(2)).message(), HasSubstr("none with index -1"));
}

TEST(Arrays, ElementsHaveNames) {
  EXPECT_THAT(Explore(CodeOf<Unordered>(2)).message(), HasSubstr("data race on 'slots[1]'"));
}

// CPU 0 fills the buffer and says so; CPU 1 reads it, and does not look if `kLooks` is false.
template <bool kLooks>
struct ReadsABuffer {
  void Thread(int cpu) {
    if (cpu == 0) {
      buffer.store(42);
      full.store(true, release);
    } else if (full.load(acquire) || !kLooks) {
      Rt::check(buffer.load() == 42, "what was stored");
    }
  }
  Rt::Atomic<bool> full{false, "full"};
  Rt::Plain<int> buffer{uninitialised, "buffer"};
};
struct ReadsItsOwn {
  struct Box {
    Rt::Plain<int> value{uninitialised, "box.value"};
  };
  void Thread(int cpu) {
    Box* const b = Rt::make<Box>();
    if (cpu == 0) b->value.store(1);
    Rt::check(b->value.load() == 1, "stored");
    Rt::destroy(b);
  }
};
template <bool kSetUp>
struct ReadsAtTheEnd {
  ReadsAtTheEnd() {
    if (kSetUp) x.store(1);
  }
  void Thread(int cpu) {
    if (cpu == 1) x.store(1);
  }
  void Finish() { Rt::check(x.load() == 1, "stored"); }
  Rt::Plain<int> x{uninitialised, "x"};
};

TEST(Uninitialised, ReadsAreErrors) {
  for (const model::MemoryModel* m : model::AllModels()) {
    EXPECT_TRUE(Explore(CodeOf<ReadsABuffer<true>>(2), *m).holds()) << m->name;
    EXPECT_TRUE(Explore(CodeOf<ReadsItsOwn>(1), *m).holds()) << m->name;
    const Explored own = Explore(CodeOf<ReadsItsOwn>(2), *m);
    EXPECT_EQ(own.error(), ErrorKind::kUninitialised);
    EXPECT_THAT(own.message(), HasSubstr("thread 1 reads 'box.value'"));
    // If CPU 1 comes first, it reads nothing; if not, nothing orders the two.
    const ErrorKind unlooked = Explore(CodeOf<ReadsABuffer<false>>(2), *m).error();
    EXPECT_TRUE(unlooked == ErrorKind::kUninitialised || unlooked == ErrorKind::kDataRace);
  }
}

TEST(Uninitialised, SetUpMayWriteAndFinishMayNotReadWhatNobodyWrote) {
  EXPECT_TRUE(Explore(CodeOf<ReadsAtTheEnd<true>>(1)).holds());
  EXPECT_TRUE(Explore(CodeOf<ReadsAtTheEnd<false>>(2)).holds());
  EXPECT_EQ(Explore(CodeOf<ReadsAtTheEnd<false>>(1)).error(), ErrorKind::kUninitialised);
}

template <bool kLooks>
struct TriesToMake {
  void Thread(int) {
    Node* const p = Rt::try_make<Node>(5);
    Rt::observe(made[0], p != nullptr);
    if (kLooks && p == nullptr) return;
    Rt::check(p != nullptr, "there is a node");
    Rt::check(p->value.load() == 5, "constructed");
    Rt::destroy(p);
  }
  std::array<Observation, 1> Observed() const { return made; }
  std::array<Observation, 1> made{{{"made"}}};
};

TEST(TryMake, FailsInOneBranch) {
  const Explored e = Explore(CodeOf<TriesToMake<true>>(1));
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.outcomes, (std::set<std::vector<std::int64_t>>{{0}, {1}}));
  EXPECT_EQ(Explore(CodeOf<TriesToMake<false>>(1)).message(), "there is a node");
}

// The search's violation and the one of its replay, in a machine of its own.
template <typename P>
void ExpectSameWhenReplayed(int threads) {
  const Explored e = Explore(CodeOf<P>(threads));
  ASSERT_TRUE(e.result.violation);
  Machine machine(CodeOf<P>(threads));
  const model::ExploreResult again = model::ReplayExecution(
      machine, model::Rc11(), model::EncodeExecution(e.result.violation->graph), {});
  ASSERT_TRUE(again.violation) << e.message();
  EXPECT_EQ(again.violation->kind, e.error());
  EXPECT_EQ(again.violation->message, e.message());
  EXPECT_EQ(again.violation->line, e.result.violation->line);
}

TEST(Violations, AreReplayed) {
  ExpectSameWhenReplayed<LostIfTooEarly>(2);
  ExpectSameWhenReplayed<DestroysInFinish<true>>(1);
  ExpectSameWhenReplayed<Indexes<3>>(2);
  ExpectSameWhenReplayed<ReadsABuffer<false>>(2);
  ExpectSameWhenReplayed<ReadsItsOwn>(2);
  ExpectSameWhenReplayed<TriesToMake<false>>(1);
}

// Every thread makes two objects and stores both addresses; CPU 0 reads what it gets.
struct StoresAddresses {
  void Thread(int cpu) {
    Node* const a = Rt::make<Node>(cpu);
    Node* const b = Rt::make<Node>(cpu);
    published.store(cpu == 2 ? a : b, release);
    program.store(this, relaxed);
    (void)published.load(acquire);
    Rt::leak_ok(a);
    Rt::leak_ok(b);
  }
  Rt::Atomic<Node*> published{nullptr, "published"};
  Rt::Atomic<StoresAddresses*> program{nullptr, "program"};
};

// The values that each event may have, in all executions.
std::map<model::EventId, std::set<model::Value>> StoredValues(bool isolated) {
  std::map<model::EventId, std::set<model::Value>> values;
  ModelCode code = CodeOf<StoresAddresses>(3);
  code.isolated = isolated;
  const Explored e = Explore(std::move(code), model::Rc11(), [&](const model::ExecutionGraph& g) {
    for (std::int16_t t = 0; t < g.thread_count(); ++t)
      for (std::int16_t i = 0; i < g.size(t); ++i)
        if (g.at({t, i}).label.is_write()) values[{t, i}].insert(g.at({t, i}).value);
  });
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_GT(e.result.executions, 1U);
  return values;
}

TEST(Addresses, AreTheSameInEveryExecutionAndMachine) {
  const auto values = StoredValues(false);
  for (const auto& [event, seen] : values)
    EXPECT_EQ(seen.size(), 1U) << "event " << event.index << " of thread " << event.thread;
  EXPECT_EQ(StoredValues(true), values) << "threads restarted one by one";
  EXPECT_EQ(StoredValues(false), values) << "another machine";
}

struct MakesTooMany {
  void Thread(int) {
    for (;;) Rt::destroy(Rt::make<int>(1));
  }
};
struct MakesTooLarge {
  void Thread(int) { Rt::destroy(Rt::make<std::array<char, 1025>>()); }
};
struct TooLarge {
  void Thread(int) {}
  std::array<char, 5'000'000> bytes;
};

TEST(Arenas, HaveBounds) {
  EXPECT_EQ(Explore(CodeOf<MakesTooMany>(1)).error(), ErrorKind::kTooLarge);
  EXPECT_EQ(Explore(CodeOf<MakesTooLarge>(1)).error(), ErrorKind::kTooLarge);
  EXPECT_THROW((void)Explore(CodeOf<TooLarge>(1)), std::invalid_argument);
}

}  // namespace
}  // namespace heddle
