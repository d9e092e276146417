// Does the model runtime run threads, waiting, choices and allocations as its concept says?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <vector>

#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::EndsWith;
using testing::HasSubstr;
using Rt = ModelRuntime;
using Outcomes = std::set<std::vector<std::int64_t>>;
using enum std::memory_order;

struct FailsInThread {
  static constexpr int kLine = __LINE__ + 1;
  void Thread(int) { Rt::check(false, "this never holds"); }
};
struct FailsAtTheEnd {
  void Thread(int cpu) { x.store(cpu, relaxed); }
  void Finish() { Rt::check(x.load(relaxed) != 1, "thread 1 stored last"); }
  Rt::Atomic<int> x{0, "x"};
};

TEST(Checks, FailureTellsWhyAndWhere) {
  const Explored e = Explore(CodeOf<FailsInThread>(1));
  ASSERT_EQ(e.error(), ErrorKind::kCheckFailed);
  EXPECT_EQ(e.message(), "this never holds");
  EXPECT_THAT(e.result.violation->file, EndsWith("machine_test.cpp"));
  EXPECT_EQ(e.result.violation->line, FailsInThread::kLine);
  EXPECT_FALSE(e.result.complete);
}

TEST(Checks, FinishSeesTheFinalValues) {
  EXPECT_TRUE(Explore(CodeOf<FailsAtTheEnd>(1)).holds());  // no thread 1, so 0 stays
  EXPECT_EQ(Explore(CodeOf<FailsAtTheEnd>(2)).message(), "thread 1 stored last");
}

struct Waits {
  void Thread(int cpu) {
    if (cpu == 0)
      flag.store(1, release);
    else
      Rt::spin_until([this] { return flag.load(acquire) == 1; }, "the flag");
  }
  Rt::Atomic<int> flag{0, "flag"};
};

TEST(SpinUntil, IsReleasedByAStore) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<Waits>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << e.message();
    EXPECT_EQ(e.result.executions, 1U);  // the flag is read as 1
    EXPECT_EQ(e.result.blocked, 0U);     // read as 0, it would be read again: not worth a visit
  }
}

// One cell is read stale, the other is up to date, and a later write releases the thread.
struct WaitsForEither {
  void Thread(int cpu) {
    if (cpu == 0) a.store(1, relaxed);
    if (cpu == 2) b.store(1, relaxed);
    if (cpu != 1) return;
    bool first = false;
    Rt::spin_until([&] { return (first = a.load(relaxed) == 1) || b.load(relaxed) == 1; },
                   "a or b");
    Rt::check(first, "a was set before b");
  }
  Rt::Atomic<int> a{0, "a"}, b{0, "b"};
};

TEST(SpinUntil, AStaleReadBeforeAnUpToDateOneIsNotInVain) {
  for (const model::MemoryModel* m : model::AllModels())
    EXPECT_EQ(Explore(CodeOf<WaitsForEither>(3), *m).error(), ErrorKind::kCheckFailed) << m->name;
}

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

TEST(SpinUntil, DeadlockNamesEveryAwaitedCondition) {
  const Explored e = Explore(CodeOf<WaitForEachOther>(2));
  ASSERT_EQ(e.error(), ErrorKind::kDeadlock);
  EXPECT_THAT(e.message(), HasSubstr("thread 0 waits for b to be set"));
  EXPECT_THAT(e.message(), HasSubstr("thread 1 waits for a to be set"));
}

struct Chooses {
  void Thread(int cpu) {
    Rt::observe(seen[static_cast<std::size_t>(cpu)], Rt::choose(cpu == 0 ? 3 : 2));
  }
  std::array<Observation, 2> Observed() const { return seen; }
  std::array<Observation, 2> seen{{{"of three"}, {"of two"}}};
};
struct ChoosesFromNothing {
  void Thread(int) { (void)Rt::choose(0); }
};

TEST(Choose, TakesEveryAlternative) {
  const Explored e = Explore(CodeOf<Chooses>(2));
  EXPECT_TRUE(e.holds());
  EXPECT_EQ(e.outcomes, (Outcomes{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}}));
  EXPECT_EQ(e.result.executions, 6U);  // 3 * 2 independent alternatives, no memory
  EXPECT_EQ(Explore(CodeOf<ChoosesFromNothing>(1)).error(), ErrorKind::kCheckFailed);
}

struct ObservesTwice {
  void Thread(int) {
    Rt::observe(seen[0], 1);
    Rt::observe(seen[0], 2);
  }
  std::array<Observation, 1> Observed() const { return seen; }
  std::array<Observation, 1> seen{{{"seen", 9}}};
};

TEST(Observe, OutcomeHasTheLastValueAndTheListHasAll) {
  Machine machine(CodeOf<ObservesTwice>(1));
  machine.Restart();
  EXPECT_EQ(machine.Names().at(0).value, 9);
  std::vector<std::int64_t> each;
  machine.set_judge([&](const Machine& m) {
    for (const Observation& o : m.each_observation()) each.push_back(o.value);
    return std::string();
  });
  EXPECT_TRUE(model::ExploreByRevisits(machine, model::Sc(), {}, {}).complete);
  EXPECT_EQ(machine.outcome().at(0).value, 2);
  EXPECT_EQ(each, (std::vector<std::int64_t>{1, 2}));
}

// Thread 1's read has two sources, so thread 0's store is replayed once, with another value.
struct DependsOnAnEarlierRun {
  static inline int runs = 0;
  static constexpr int kLine = __LINE__ + 3;
  void Thread(int cpu) {
    if (cpu == 0)
      x.store(++runs, relaxed);
    else
      (void)x.load(relaxed);
  }
  Rt::Atomic<int> x{0, "x"};
};

TEST(Machines, NondeterministicTestIsReported) {
  const Explored e = Explore(CodeOf<DependsOnAnEarlierRun>(2));
  ASSERT_EQ(e.error(), ErrorKind::kNondeterminism);
  EXPECT_THAT(e.message(), HasSubstr("thread 0"));
  EXPECT_EQ(e.result.violation->line, DependsOnAnEarlierRun::kLine);
}

struct Idle {
  void Thread(int) {}
};

TEST(Machines, RunUpTo32Threads) {
  const Explored e = Explore(CodeOf<Idle>(model::kMaxThreads));
  EXPECT_TRUE(e.holds());
  EXPECT_EQ(e.result.executions, 1U);  // nobody does anything
  EXPECT_THROW(Explore(CodeOf<Idle>(model::kMaxThreads + 1)), std::invalid_argument);
  EXPECT_THROW(Explore(CodeOf<Idle>(0)), std::invalid_argument);
}

struct Guard {
  static inline int constructed = 0, destroyed = 0;
  Guard() { ++constructed; }
  ~Guard() { ++destroyed; }
};
struct WaitsUnderAGuard : Waits {
  void Thread(int cpu) {
    const Guard guard;
    Waits::Thread(cpu);
  }
};
struct NeverReleased {
  void Thread(int) {
    const Guard guard;
    Rt::spin_until([] { return false; }, "what never comes");
  }
};

TEST(Machines, AbandonedThreadsUnwind) {
  Guard::constructed = Guard::destroyed = 0;
  EXPECT_TRUE(Explore(CodeOf<WaitsUnderAGuard>(2)).holds());
  // Two executions (see Waits), and each thread of each has run at least up to its guard.
  EXPECT_GE(Guard::constructed, 4);
  EXPECT_EQ(Guard::destroyed, Guard::constructed);
  EXPECT_EQ(Explore(CodeOf<NeverReleased>(2)).error(), ErrorKind::kDeadlock);
  EXPECT_EQ(Guard::destroyed, Guard::constructed);
}

// A guard as in real code: its destructor operates on a cell.
struct UnlocksWhileUnwinding {
  struct Unlock {
    Rt::Atomic<int>& lock;
    ~Unlock() { lock.store(0, release); }
  };
  void Thread(int) {
    const Unlock unlock{lock};
    Rt::spin_until([] { return false; }, "what never comes");
  }
  Rt::Atomic<int> lock{1, "lock"};
};

TEST(Machines, DestructorsMayOperateWhileUnwinding) {
  EXPECT_EQ(Explore(CodeOf<UnlocksWhileUnwinding>(1)).error(), ErrorKind::kDeadlock);
}

struct WritesAtTheEnd {
  void Thread(int) { x.store(1, relaxed); }
  void Finish() {
    Rt::check(x.load(relaxed) == 1, "what the thread left");
    x.store(2, relaxed);
    Rt::check(x.fetch_add(1, relaxed) == 2, "what Finish wrote");
    Rt::check(x.load(relaxed) == 3, "what Finish added");
  }
  Rt::Atomic<int> x{0, "x"};
};

TEST(Machines, FinishMayWrite) {
  const Explored e = Explore(CodeOf<WritesAtTheEnd>(1));
  EXPECT_TRUE(e.holds()) << e.message();
}

struct Spins {
  void Thread(int cpu) {
    if (cpu == 0) {
      x.store(1, relaxed);
    } else {
      while (x.load(relaxed) == 0) {
      }
    }
  }
  Rt::Atomic<int> x{0, "x"};
};

TEST(Machines, AnEndlessLoopOfOperationsIsReported) {
  const Explored e = Explore(CodeOf<Spins>(2));
  EXPECT_EQ(e.error(), ErrorKind::kTooLarge);
  EXPECT_THAT(e.message(), testing::HasSubstr("thread 1 issued more than 2000 events"));
}

struct FailsInSetUp {
  FailsInSetUp() { Rt::check(false, "set-up fails"); }
  void Thread(int) {}
};

TEST(Machines, FailureInSetUpIsReported) {
  EXPECT_THROW((void)Explore(CodeOf<FailsInSetUp>(1)), std::invalid_argument);
}

}  // namespace
}  // namespace heddle
