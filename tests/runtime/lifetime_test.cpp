// Does the model runtime find uses after free, double frees and unsafe publication?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::HasSubstr;
using Rt = ModelRuntime;
using enum std::memory_order;

struct Node {
  explicit Node(int v) : value(v, "node.value") {}
  Rt::Plain<int> value;
};

enum class Join { kNone, kRelaxed, kAcquire };

// CPU 0 publishes a node, waits for CPU 1 to be done (if it waits), and destroys it.
template <std::memory_order kPublish, Join kJoin>
struct PublishAndDestroy {
  void Thread(int cpu) {
    if (cpu == 0) {
      Node* const p = Rt::make<Node>(42);
      node.store(p, kPublish);
      if constexpr (kJoin != Join::kNone) {
        Rt::spin_until([this] { return done.load(kJoin == Join::kAcquire ? acquire : relaxed); },
                       "the reader");
      }
      Rt::destroy(p);
      return;
    }
    if (Node* const p = node.load(acquire)) Rt::check(p->value.load() == 42, "constructed");
    done.store(true, release);
  }
  Rt::Atomic<Node*> node{nullptr, "node"};
  Rt::Atomic<bool> done{false, "done"};
};

TEST(Lifetime, UseByAConcurrentReaderIsFound) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<PublishAndDestroy<release, Join::kNone>>(2), *m);
    EXPECT_EQ(e.error(), ErrorKind::kUseAfterFree) << m->name;
    EXPECT_THAT(e.message(), HasSubstr("'node.value'"));
  }
}

TEST(Lifetime, FreeAfterAnAcquireFromTheReaderIsFine) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<PublishAndDestroy<release, Join::kAcquire>>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
    // The reader sees the node or not; either way the writer's wait ends, or sees `done` too early.
    EXPECT_EQ(e.result.executions, 2U);
    EXPECT_EQ(e.result.blocked, 2U);
  }
}

TEST(Lifetime, RelaxedJoinDoesNotOrderTheFree) {
  EXPECT_EQ(Explore(CodeOf<PublishAndDestroy<release, Join::kRelaxed>>(2)).error(),
            ErrorKind::kUseAfterFree);
  // Under sc every atomic read synchronises.
  EXPECT_TRUE(Explore(CodeOf<PublishAndDestroy<release, Join::kRelaxed>>(2), model::Sc()).holds());
}

TEST(Lifetime, ConstructorOfAnUnsafelyPublishedObjectRaces) {
  const Explored e = Explore(CodeOf<PublishAndDestroy<relaxed, Join::kAcquire>>(2));
  EXPECT_EQ(e.error(), ErrorKind::kDataRace);
  EXPECT_THAT(e.message(), HasSubstr("'node.value'"));
}

struct UsesOwnAfterFree {
  void Thread(int) {
    Node* const p = Rt::make<Node>(1);
    Rt::destroy(p);
    (void)p->value.load();
  }
};
struct DestroysTwice {
  void Thread(int) {
    Node* const p = Rt::make<Node>(1);
    Rt::destroy(p);
    Rt::destroy(p);
  }
};
struct BothDestroy {
  void Thread(int cpu) {
    if (cpu == 0) node.store(Rt::make<Node>(1), release);
    if (Node* const p = node.load(acquire)) Rt::destroy(p);
  }
  Rt::Atomic<Node*> node{nullptr, "node"};
};
struct DestroysForeign {
  void Thread(int) {
    static int foreign = 0;
    Rt::destroy(&foreign);
  }
};
struct DestroysNull {
  void Thread(int) { Rt::destroy(static_cast<Node*>(nullptr)); }
};

TEST(Lifetime, ErrorsOfOneThread) {
  EXPECT_EQ(Explore(CodeOf<UsesOwnAfterFree>(1)).error(), ErrorKind::kUseAfterFree);
  EXPECT_EQ(Explore(CodeOf<DestroysTwice>(1)).error(), ErrorKind::kDoubleFree);
  const Explored foreign = Explore(CodeOf<DestroysForeign>(1));
  EXPECT_EQ(foreign.error(), ErrorKind::kDoubleFree);
  EXPECT_THAT(foreign.message(), HasSubstr("make() did not return"));
  EXPECT_TRUE(Explore(CodeOf<DestroysNull>(1)).holds());
}

TEST(Lifetime, FreesByTwoThreadsAreADoubleFree) {
  EXPECT_TRUE(Explore(CodeOf<BothDestroy>(1)).holds());
  EXPECT_EQ(Explore(CodeOf<BothDestroy>(2)).error(), ErrorKind::kDoubleFree);
}

// Objects of a thread are told apart, and so are those that two threads make.
struct MakesSeveral {
  void Thread(int cpu) {
    Node* const first = Rt::make<Node>(cpu);
    Node* const second = Rt::make<Node>(cpu + 10);
    Rt::destroy(first);
    Rt::check(second->value.load() == cpu + 10, "the other object lives on");
    Rt::destroy(second);
  }
};

TEST(Lifetime, ObjectsAreIndependent) {
  const Explored e = Explore(CodeOf<MakesSeveral>(3));
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.result.executions, 1U);  // the threads share nothing
}

}  // namespace
}  // namespace heddle
