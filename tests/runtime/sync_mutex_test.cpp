// Does a mutex exclude, and does a report say who holds what?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <mutex>
#include <set>
#include <string>

#include "runtime/sync/lock.h"
#include "runtime/sync/mutex.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using sync::Lock;
using testing::AllOf;
using testing::HasSubstr;
using Rt = ModelRuntime;
using Mutex = sync::Mutex<Rt>;
using enum std::memory_order;

// Plain increments: any two that are not ordered by the mutex race.
template <typename Guard, int kRounds = 1>
struct Counting {
  void Thread(int) {
    for (int i = 0; i < kRounds; ++i) {
      const Guard guard(m);
      n.store(n.load() + 1);
    }
  }
  Mutex m{"m"};
  Rt::Plain<int> n{0, "n"};
};
template <typename Guard, int kTotal>
struct CountingTo : Counting<Guard> {
  void Finish() { Rt::check(this->n.load() == kTotal, "an increment was lost"); }
};

TEST(SyncMutex, NThreadsTakeItInEveryOrder) {
  ExpectHolds(CodeOf<CountingTo<Lock<Mutex>, 1>>(1), 1);
  ExpectHolds(CodeOf<CountingTo<Lock<Mutex>, 2>>(2), 2);
  ExpectHolds(CodeOf<CountingTo<Lock<Mutex>, 3>>(3), 6);
  ExpectHolds(CodeOf<CountingTo<Lock<Mutex>, 4>>(4), 24);
  ExpectHolds(CodeOf<CountingTo<Lock<Mutex>, 5>>(5), 120);
}

TEST(SyncMutex, TwoRoundsEach) {
  // Interleavings of critical sections: 4! / (2! 2!), 6! / (2! 2! 2!).
  ExpectHolds(CodeOf<Counting<Lock<Mutex>, 2>>(2), 6);
  ExpectHolds(CodeOf<Counting<Lock<Mutex>, 2>>(3), 90);
}

TEST(SyncMutex, WorksWithTheStandardsGuards) {
  ExpectHolds(CodeOf<CountingTo<std::lock_guard<Mutex>, 3>>(3), 6);
  ExpectHolds(CodeOf<CountingTo<std::unique_lock<Mutex>, 3>>(3), 6);
  ExpectHolds(CodeOf<CountingTo<std::scoped_lock<Mutex>, 3>>(3), 6);
}

struct LocksTwo {
  void Thread(int) {
    const std::scoped_lock both(a, b);
    n.store(n.load() + 1);
  }
  Mutex a{"a"}, b{"b"};
  Rt::Plain<int> n{0, "n"};
};

// While one thread is between its two unlocks, the other one's try_lock fails.
TEST(SyncMutex, ScopedLockOfTwoRetries) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreDistinct(CodeOf<LocksTwo>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << e.message();
    EXPECT_EQ(e.result.executions, 4U) << m->name;
  }
}

struct ForgetsOnce {
  void Thread(int cpu) {
    if (cpu == 0) {
      n.store(1);
    } else {
      const Lock lock(m);
      n.store(2);
    }
  }
  Mutex m{"m"};
  Rt::Plain<int> n{0, "n"};
};

TEST(SyncMutex, ProtectsOnlyWhoeverLocks) {
  EXPECT_THAT(MessageOf(CodeOf<ForgetsOnce>(2), ErrorKind::kDataRace), HasSubstr("'n'"));
}

struct AbBa {
  static constexpr int kFirst = __LINE__ + 3;
  void Thread(int cpu) {
    Mutex &first = cpu == 0 ? a : b, &second = cpu == 0 ? b : a;
    const Lock outer(first);
    const Lock inner(second);
  }
  Mutex a{"a"}, b{"b"};
};

TEST(SyncMutex, OppositeOrdersDeadlockWithBothNamesAndPlaces) {
  const std::string message = MessageOf(CodeOf<AbBa>(2), ErrorKind::kDeadlock);
  const std::string place = "sync_mutex_test.cpp:" + std::to_string(AbBa::kFirst);
  EXPECT_THAT(message, HasSubstr("thread 0 waits for mutex 'b' (last written by thread 1 at "));
  EXPECT_THAT(message, HasSubstr("thread 1 waits for mutex 'a' (last written by thread 0 at "));
  EXPECT_THAT(message, HasSubstr(place));
}

struct LocksTwice {
  void Thread(int) {
    const Lock outer(m);
    const Lock inner(m);
  }
  Mutex m{"m"};
};
struct UnlocksFree {
  void Thread(int) { m.unlock(); }
  Mutex m{"m"};
};
struct UnlocksAnothers {
  void Thread(int cpu) {
    if (cpu == 0) {
      m.lock();
      locked.store(1, release);
    } else {
      locked.await([](int v) { return v == 1; }, acquire, "thread 0");
      m.unlock();
    }
  }
  Mutex m{"m"};
  Rt::Atomic<int> locked{0, "locked"};
};
struct DestroysHeld {
  void Thread(int) {
    Mutex m("m");
    m.lock();
  }
};
struct TriesTwice {
  void Thread(int) {
    if (m.try_lock()) m.try_lock();
  }
  Mutex m{"m"};
};

TEST(SyncMutex, MisuseIsReportedByNameAndPlace) {
  EXPECT_THAT(MessageOf(CodeOf<LocksTwice>(1), ErrorKind::kDeadlock),
              AllOf(HasSubstr("thread 0 waits for mutex 'm', which it holds itself"),
                    HasSubstr("sync_mutex_test.cpp")));
  EXPECT_THAT(MessageOf(CodeOf<UnlocksFree>(1), ErrorKind::kMisuse),
              AllOf(HasSubstr("thread 0 unlocks mutex 'm', which nobody holds"),
                    HasSubstr("sync_mutex_test.cpp")));
  EXPECT_THAT(MessageOf(CodeOf<UnlocksAnothers>(2), ErrorKind::kMisuse),
              AllOf(HasSubstr("thread 1 unlocks mutex 'm', which thread 0 holds"),
                    HasSubstr("sync_mutex_test.cpp")));
  EXPECT_THAT(MessageOf(CodeOf<DestroysHeld>(1), ErrorKind::kMisuse),
              AllOf(HasSubstr("thread 0 destroys mutex 'm' while thread 0 holds it"),
                    HasSubstr("sync_mutex_test.cpp")));
  EXPECT_THAT(MessageOf(CodeOf<TriesTwice>(1), ErrorKind::kMisuse),
              HasSubstr("thread 0 tries to lock mutex 'm', which it holds already"));
}

struct LocalMutex {
  void Thread(int) {
    Mutex m("m");
    const Lock lock(m);
  }
};

TEST(SyncMutex, MayBeALocal) { ExpectHolds(CodeOf<LocalMutex>(2), 1); }

template <int kSpurious>
struct Tries {
  void Thread(int cpu) {
    if (!m.try_lock()) return;
    Rt::observe(seen[static_cast<std::size_t>(cpu)], 1);
    n.store(n.load() + 1);
    m.unlock();
  }
  std::array<Observation, 2> Observed() const { return seen; }
  std::array<Observation, 2> seen{{{"first"}, {"second"}}};
  Mutex m{"m", kSpurious};
  Rt::Plain<int> n{0, "n"};
};

TEST(SyncMutex, TryLockFailsIfItIsHeldAndSpuriouslyOnDemand) {
  using Outcomes = std::set<std::vector<std::int64_t>>;
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreDistinct(CodeOf<Tries<0>>(2), *m);
    EXPECT_TRUE(e.holds()) << e.message();
    EXPECT_EQ(e.outcomes, (Outcomes{{1, 1}, {1, 0}, {0, 1}})) << m->name;
    EXPECT_EQ(e.result.executions, 4U);  // each first, and the other one meanwhile or after it
    EXPECT_EQ(ExploreDistinct(CodeOf<Tries<1>>(2), *m).outcomes,
              (Outcomes{{1, 1}, {1, 0}, {0, 1}, {0, 0}}));
  }
}

struct Recursion {
  void Thread(int) { Enter(3); }
  void Enter(int depth) {
    if (depth == 0) return;
    const Lock lock(m);
    n.store(n.load() + 1);
    Enter(depth - 1);
    n.store(n.load() + 1);
  }
  sync::RecursiveMutex<Rt> m{"m"};
  Rt::Plain<int> n{0, "n"};
};
struct UnlocksTooOften {
  void Thread(int) {
    m.lock();
    m.lock();
    for (int i = 0; i < 3; ++i) m.unlock();
  }
  sync::RecursiveMutex<Rt> m{"m"};
};

TEST(SyncMutex, RecursiveOneIsHeldUntilTheLastUnlock) {
  ExpectHolds(CodeOf<Recursion>(1), 1);
  ExpectHolds(CodeOf<Recursion>(2), 2);
  ExpectHolds(CodeOf<Recursion>(3), 6);
  EXPECT_THAT(MessageOf(CodeOf<UnlocksTooOften>(1), ErrorKind::kMisuse),
              HasSubstr("thread 0 unlocks recursive mutex 'm', which nobody holds"));
}

// A thread is given up in the middle of critical sections; the guards' destructors are noexcept.
struct WaitsUnderALock {
  void Thread(int) {
    const std::lock_guard guard(m);
    const std::unique_lock lock(other);
    flag.await([](int v) { return v == 1; }, acquire, "the flag");
  }
  Mutex m{"m"}, other{"other"};
  Rt::Atomic<int> flag{0, "flag"};
};

TEST(SyncMutex, GuardsUnlockAThreadThatIsGivenUp) {
  EXPECT_THAT(MessageOf(CodeOf<WaitsUnderALock>(2), ErrorKind::kDeadlock),
              HasSubstr("waits for the flag ('flag' never written by any thread)"));
}

}  // namespace
}  // namespace heddle
