// Is a barrier of all threads, asked for by one, a full barrier in each of the others?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <set>
#include <vector>

#include "runtime/kernel.h"
#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::Contains;
using testing::Not;
using Rt = ModelRuntime;
using Outcome = std::vector<std::int64_t>;
using enum std::memory_order;

// Store buffering: CPU 0 has the heavy side, CPU 1 the light one.
template <bool kBarrier>
struct Asymmetric {
  void Thread(int cpu) {
    if (cpu == 0) {
      x.store(1, relaxed);
      if constexpr (kBarrier) barrier_all();
      Rt::observe(seen[0], y.load(relaxed));
    } else {
      y.store(1, relaxed);
      kernel::barrier();
      Rt::observe(seen[1], x.load(relaxed));
    }
  }
  std::array<Observation, 2> Observed() const { return seen; }
  Rt::BarrierAll barrier_all;
  Rt::Atomic<int> x{0, "x"}, y{0, "y"};
  std::array<Observation, 2> seen{{{"y"}, {"x"}}};
};

TEST(BarrierAll, IsTheOtherSidesBarrierToo) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<Asymmetric<true>>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
    EXPECT_EQ(e.outcomes, (std::set<Outcome>{{0, 1}, {1, 0}, {1, 1}})) << m->name;
  }
}

TEST(BarrierAll, OnlyIfItIsCalled) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<Asymmetric<false>>(2), *m);
    if (m->name == "sc") {
      EXPECT_THAT(e.outcomes, Not(Contains(Outcome{0, 0})));
    } else {
      EXPECT_THAT(e.outcomes, Contains(Outcome{0, 0})) << m->name;
    }
  }
}

// Two light sides have no barrier between them, whatever a third thread does.
struct TwoLightSides {
  void Thread(int cpu) {
    if (cpu == 2) return barrier_all();
    auto& mine = cpu == 0 ? x : y;
    mine.store(1, relaxed);
    kernel::barrier();
    Rt::observe(seen[static_cast<std::size_t>(cpu)], (cpu == 0 ? y : x).load(relaxed));
  }
  std::array<Observation, 2> Observed() const { return seen; }
  Rt::BarrierAll barrier_all;
  Rt::Atomic<int> x{0, "x"}, y{0, "y"};
  std::array<Observation, 2> seen{{{"y"}, {"x"}}};
};

TEST(BarrierAll, IsNoneOfTwoLightSides) {
  EXPECT_THAT(Explore(CodeOf<TwoLightSides>(3)).outcomes, Contains(Outcome{0, 0}));
}

// ... unless it is known to come between the accesses of both: each sees what was written before
// the call for the first time, then what was written after it.
struct BetweenBoth {
  void Thread(int cpu) {
    if (cpu == 2) {
      begun.store(1, relaxed);
      barrier_all();
      ended.store(1, relaxed);
      return;
    }
    auto& mine = cpu == 0 ? x : y;
    mine.store(1, relaxed);
    const bool before = begun.load(relaxed) == 0;
    const bool after = ended.load(relaxed) == 1;
    const int other = (cpu == 0 ? y : x).load(relaxed);
    Rt::observe(seen[static_cast<std::size_t>(cpu)], before && after ? other : 9);
  }
  std::array<Observation, 2> Observed() const { return seen; }
  Rt::BarrierAll barrier_all;
  Rt::Atomic<int> x{0, "x"}, y{0, "y"}, begun{0, "begun"}, ended{0, "ended"};
  std::array<Observation, 2> seen{{{"y"}, {"x"}}};
};

TEST(BarrierAll, IsAFullBarrierInEachThreadAndNotOnlyAHandshake) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<BetweenBoth>(3), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
    EXPECT_THAT(e.outcomes, Contains(Outcome{1, 1})) << m->name;
    EXPECT_THAT(e.outcomes, Not(Contains(Outcome{0, 0}))) << m->name;
  }
}

// What a thread reads after the barrier reached it is not over when the call returns.
struct NoGracePeriod {
  void Thread(int cpu) {
    if (cpu == 0) {
      barrier_all();
      data.store(1);
    } else {
      data.load();
    }
  }
  Rt::BarrierAll barrier_all;
  Rt::Plain<int> data{0, "data"};
};

TEST(BarrierAll, IsNoGracePeriod) {
  for (const model::MemoryModel* m : model::AllModels())
    EXPECT_EQ(Explore(CodeOf<NoGracePeriod>(2), *m).error(), ErrorKind::kDataRace) << m->name;
}

// Two callers at once wait for one another: each takes the other's while it waits.  It takes more
// than one if both have called before it begins.
struct TwoCallers {
  void Thread(int cpu) {
    if (cpu < 2) barrier_all();
  }
  Rt::BarrierAll barrier_all;
};

TEST(BarrierAll, MayBeCalledByTwoAtOnce) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<TwoCallers>(3), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
  }
}

// A thread that starts late has several to take before its first operation.
struct StartsLate {
  void Thread(int cpu) {
    if (cpu == 0) {
      barrier_all();
      barrier_all();
      done.store(1, relaxed);
    } else {
      Rt::observe(seen[0], done.load(relaxed));
    }
  }
  std::array<Observation, 1> Observed() const { return seen; }
  Rt::BarrierAll barrier_all;
  Rt::Atomic<int> done{0, "done"};
  std::array<Observation, 1> seen{{{"done"}}};
};

TEST(BarrierAll, ReachesAnIdleThreadAsOftenAsItIsCalled) {
  for (const model::MemoryModel* m : model::AllModels())
    EXPECT_EQ(Explore(CodeOf<StartsLate>(2), *m).outcomes, (std::set<Outcome>{{0}, {1}}))
        << m->name;
}

// Whoever waits for the caller takes the barrier meanwhile.
struct WaitsForTheCaller {
  void Thread(int cpu) {
    if (cpu == 0) {
      data.store(1);
      barrier_all();
      done.store(1, release);
    } else {
      done.await([](int d) { return d == 1; }, acquire, "the caller");
      Rt::check(data.load() == 1, "what was stored before the call");
    }
  }
  Rt::BarrierAll barrier_all;
  Rt::Plain<int> data{0, "data"};
  Rt::Atomic<int> done{0, "done"};
};

TEST(BarrierAll, ReachesWhoWaits) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<WaitsForTheCaller>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
    EXPECT_GT(e.result.executions, 0U);
  }
}

// Threads that are run again alone, as isolated ones are, take what they took the first time.
TEST(BarrierAll, IsTheSameForIsolatedThreads) {
  for (const model::MemoryModel* m : model::AllModels()) {
    ModelCode isolated = CodeOf<BetweenBoth>(3);
    isolated.isolated = true;
    const Explored e = Explore(isolated, *m), plain = Explore(CodeOf<BetweenBoth>(3), *m);
    EXPECT_EQ(e.result.executions, plain.result.executions) << m->name;
    EXPECT_EQ(e.result.blocked, plain.result.blocked) << m->name;
    EXPECT_EQ(e.outcomes, plain.outcomes) << m->name;
  }
}

}  // namespace
}  // namespace heddle
