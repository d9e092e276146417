// Do readers run in parallel, and writers alone?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <shared_mutex>

#include "runtime/sync/shared_mutex.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::HasSubstr;
using Rt = ModelRuntime;
using SharedMutex = sync::SharedMutex<Rt>;
using enum std::memory_order;

template <int kWriters>
struct ReadersAndWriters {
  void Thread(int cpu) {
    if (cpu < kWriters) {
      const std::unique_lock lock(m);
      a.store(a.load() + 1);
      b.store(b.load() + 1);
    } else {
      const std::shared_lock lock(m);
      Rt::check(a.load() == b.load(), "a reader saw half of a write");
    }
  }
  SharedMutex m{"m"};
  Rt::Plain<int> a{0, "a"}, b{0, "b"};
};

TEST(SyncSharedMutex, WritersExcludeEverybody) {
  ExpectHolds(CodeOf<ReadersAndWriters<1>>(2), 2);
  ExpectHolds(CodeOf<ReadersAndWriters<2>>(2), 2);
  ExpectHolds(CodeOf<ReadersAndWriters<3>>(3), 6);
  // Two readers: 4! / (2! 2!) orders of their four steps on the mutex.  With a writer: its place
  // before both, after both, or between the one and the other (two ways).
  ExpectHolds(CodeOf<ReadersAndWriters<0>>(2), 6);
  ExpectHolds(CodeOf<ReadersAndWriters<1>>(3), 6 + 6 + 2);
}

// Each reader waits, inside, for the other one: possible only if both are in.
struct Meet {
  void Thread(int cpu) {
    const std::shared_lock lock(m);
    (cpu == 0 ? x : y).store(1, release);
    (cpu == 0 ? y : x).await([](int v) { return v == 1; }, acquire, "the other reader");
  }
  SharedMutex m{"m"};
  Rt::Atomic<int> x{0, "x"}, y{0, "y"};
};
struct WritesAsReader {
  void Thread(int) {
    const std::shared_lock lock(m);
    n.store(n.load() + 1);
  }
  SharedMutex m{"m"};
  Rt::Plain<int> n{0, "n"};
};
struct MeetAsWriters : Meet {
  void Thread(int cpu) {
    const std::unique_lock lock(m);
    (cpu == 0 ? x : y).store(1, release);
    (cpu == 0 ? y : x).await([](int v) { return v == 1; }, acquire, "the other writer");
  }
};

TEST(SyncSharedMutex, ReadersAreInTogether) {
  EXPECT_EQ(Explore(CodeOf<WritesAsReader>(2)).error(), ErrorKind::kDataRace);
  EXPECT_EQ(Explore(CodeOf<MeetAsWriters>(2)).error(), ErrorKind::kDeadlock);
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreDistinct(CodeOf<Meet>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << e.message();
    EXPECT_EQ(e.result.executions, 4U) << m->name;  // both enter, then both leave
  }
}

struct UnlocksShared {
  void Thread(int) { m.unlock_shared(); }
  SharedMutex m{"m"};
};
struct UnlocksWrongly {
  void Thread(int) {
    m.lock_shared();
    m.unlock();
  }
  SharedMutex m{"m"};
};
struct Upgrades {
  void Thread(int) {
    m.lock_shared();
    m.lock();
  }
  SharedMutex m{"m"};
};

TEST(SyncSharedMutex, MisuseIsReported) {
  EXPECT_THAT(MessageOf(CodeOf<UnlocksShared>(1), ErrorKind::kMisuse),
              HasSubstr("thread 0 unlocks shared mutex 'm', which it does not hold shared"));
  EXPECT_THAT(MessageOf(CodeOf<UnlocksWrongly>(1), ErrorKind::kMisuse),
              HasSubstr("thread 0 unlocks shared mutex 'm', which it does not hold exclusively"));
  EXPECT_THAT(MessageOf(CodeOf<Upgrades>(1), ErrorKind::kDeadlock),
              HasSubstr("thread 0 waits for shared mutex 'm', which it holds itself"));
}

}  // namespace
}  // namespace heddle
