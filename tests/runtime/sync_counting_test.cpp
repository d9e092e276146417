// Do semaphore, latch, barrier and once keep their promises?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>

#include "runtime/sync/barrier.h"
#include "runtime/sync/latch.h"
#include "runtime/sync/once.h"
#include "runtime/sync/semaphore.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::AllOf;
using testing::HasSubstr;
using Rt = ModelRuntime;
using enum std::memory_order;

template <int kInitial>
struct Guarded {
  void Thread(int) {
    s.acquire();
    n.store(n.load() + 1);
    s.release();
  }
  sync::Semaphore<Rt> s{kInitial, "s"};
  Rt::Plain<int> n{0, "n"};
};
struct Overflows {
  void Thread(int) { s.release(); }
  sync::Semaphore<Rt> s{1, "s", 1};
};
struct TriesSemaphore {
  void Thread(int) {
    if (!s.try_acquire()) return;
    n.store(n.load() + 1);
    s.release();
  }
  sync::Semaphore<Rt> s{1, "s"};
  Rt::Plain<int> n{0, "n"};
};

TEST(SyncSemaphore, LetsInAsManyAsItCounts) {
  ExpectHolds(CodeOf<Guarded<1>>(3), 6);
  EXPECT_THAT(MessageOf(CodeOf<Guarded<2>>(2), ErrorKind::kDataRace), HasSubstr("'n'"));
  EXPECT_THAT(MessageOf(CodeOf<Guarded<0>>(2), ErrorKind::kDeadlock),
              HasSubstr("thread 0 waits for semaphore 's' (never written by any thread)"));
  EXPECT_THAT(MessageOf(CodeOf<Overflows>(1), ErrorKind::kMisuse),
              HasSubstr("thread 0 releases semaphore 's' beyond its maximum of 1"));
  for (const model::MemoryModel* m : model::AllModels())
    EXPECT_TRUE(ExploreDistinct(CodeOf<TriesSemaphore>(2), *m).holds()) << m->name;
}

template <int kExpected>
struct Latched {
  void Thread(int cpu) {
    if (cpu == 0) {
      latch.wait();
      Rt::check(a.load() + b.load() == 2, "the latch opened too early");
    } else {
      (cpu == 1 ? a : b).store(1);
      latch.count_down();
    }
  }
  sync::Latch<Rt> latch{kExpected, "latch"};
  Rt::Plain<int> a{0, "a"}, b{0, "b"};
};

TEST(SyncLatch, OpensWhenAllHaveCountedDown) {
  ExpectHolds(CodeOf<Latched<2>>(3), 2);  // the two orders of counting down
  EXPECT_THAT(MessageOf(CodeOf<Latched<3>>(3), ErrorKind::kDeadlock),
              HasSubstr("thread 0 waits for latch 'latch' (last written by thread"));
}

struct CountsTooFar {
  void Thread(int) { latch.count_down(2); }
  sync::Latch<Rt> latch{1, "latch"};
};

TEST(SyncLatch, BelowZeroIsMisuse) {
  EXPECT_THAT(MessageOf(CodeOf<CountsTooFar>(1), ErrorKind::kMisuse),
              HasSubstr("thread 0 counts latch 'latch' down below 0"));
}

// In each phase a thread writes its cell and reads its neighbour's of the phase before.
template <int kThreads, int kPhases>
struct Phases {
  void Thread(int cpu) {
    for (int i = 0; i < kPhases; ++i) {
      cells[static_cast<std::size_t>((cpu + 1) % kThreads)]->store(i);
      barrier.arrive_and_wait();
      Rt::check(cells[static_cast<std::size_t>(cpu)]->load() == i, "a thread is a phase behind");
      barrier.arrive_and_wait();
    }
  }
  void Finish() { Rt::check(completions.load(relaxed) == 2 * kPhases, "one completion a phase"); }
  Rt::Plain<int> c0{0, "c0"}, c1{0, "c1"}, c2{0, "c2"};
  std::array<Rt::Plain<int>*, 3> cells{&c0, &c1, &c2};
  Rt::Atomic<int> completions{0, "completions"};
  sync::Barrier<Rt> barrier{kThreads, "barrier", [this] { completions.fetch_add(1, relaxed); }};
};
template <bool kDrops>
struct LeavesEarly {
  void Thread(int cpu) {
    if (cpu == 1) {
      if (kDrops)
        barrier.arrive_and_drop();
      else
        barrier.arrive_and_wait();
      return;
    }
    barrier.arrive_and_wait();
    barrier.arrive_and_wait();
  }
  sync::Barrier<Rt> barrier{2, "barrier"};
};
struct TooMany {
  void Thread(int) { barrier.arrive(); }
  sync::Barrier<Rt> barrier{0, "barrier"};
};

TEST(SyncBarrier, PhasesComeOneAfterTheOther) {
  // Orders of arrival, in each phase anew.
  ExpectHolds(CodeOf<Phases<2, 1>>(2), 4);
  ExpectHolds(CodeOf<Phases<2, 2>>(2), 16);
  ExpectHolds(CodeOf<Phases<3, 1>>(3), 36);
}

TEST(SyncBarrier, WhoLeavesMustDrop) {
  ExpectHolds(CodeOf<LeavesEarly<true>>(2), 2);
  EXPECT_THAT(MessageOf(CodeOf<LeavesEarly<false>>(2), ErrorKind::kDeadlock),
              HasSubstr("thread 0 waits for barrier 'barrier' (last written by thread"));
  EXPECT_THAT(MessageOf(CodeOf<TooMany>(1), ErrorKind::kMisuse),
              HasSubstr("thread 0 arrives at barrier 'barrier', which expects nobody"));
}

struct Initialises {
  void Thread(int) {
    sync::call_once(flag, [this] { n.store(n.load() + 1); });
    Rt::check(n.load() == 1, "not initialised, or twice");
  }
  sync::OnceFlag<Rt> flag{"flag"};
  Rt::Plain<int> n{0, "n"};
};
// The first try throws, in whatever thread it is.
struct ThrowsOnce {
  void Thread(int cpu) {
    try {
      sync::call_once(flag, [this] {
        n.store(n.load() + 1);
        if (n.load() == 1) throw std::runtime_error("not yet");
      });
      Rt::check(n.load() == 2, "the second try initialises");
    } catch (const std::runtime_error& e) {
      Rt::check(std::string(e.what()) == "not yet", "another thread's exception");
      Rt::observe(failed[static_cast<std::size_t>(cpu)], 1);
    }
  }
  std::array<Observation, 2> Observed() const { return failed; }
  std::array<Observation, 2> failed{{{"first failed"}, {"second failed"}}};
  sync::OnceFlag<Rt> flag{"flag"};
  Rt::Plain<int> n{0, "n"};
};
struct Recurses {
  void Thread(int) {
    flag.call([this] { flag.call([] {}); });
  }
  sync::OnceFlag<Rt> flag{"flag"};
};

TEST(SyncOnce, RunsOnceAndEverybodySeesIt) {
  ExpectHolds(CodeOf<Initialises>(2), 2);  // whoever comes first
  ExpectHolds(CodeOf<Initialises>(3), 3);
}

TEST(SyncOnce, AThrowingInitialiserLetsAnotherThreadTry) {
  using Outcomes = std::set<std::vector<std::int64_t>>;
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreDistinct(CodeOf<ThrowsOnce>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << e.message();
    EXPECT_EQ(e.outcomes, (Outcomes{{0, 1}, {1, 0}})) << m->name;
    EXPECT_EQ(e.result.executions, 2U) << m->name;
    EXPECT_EQ(e.result.blocked, 0U) << m->name;
  }
}

TEST(SyncOnce, RecursionIsADeadlock) {
  EXPECT_THAT(MessageOf(CodeOf<Recurses>(1), ErrorKind::kDeadlock),
              HasSubstr("thread 0 waits for once flag 'flag' (last written by thread 0 at "));
}

}  // namespace
}  // namespace heddle
