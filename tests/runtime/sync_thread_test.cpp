// Do threads that the code starts itself run, join, fail and keep their own values?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <string>

#include "runtime/sync/thread.h"
#include "runtime/sync/thread_local.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::AllOf;
using testing::HasSubstr;
using Rt = ModelRuntime;
using Started = sync::Thread<Rt>;

using enum std::memory_order;

template <bool kJoins>
struct StartsOne {
  void Thread(int) {
    n.store(1);
    Started t([this] { n.store(n.load() + 1); });
    if (kJoins) t.join();
    Rt::check(n.load() == 2 || !kJoins, "the thread has not run");
    if (!kJoins) t.join();
  }
  Rt::Plain<int> n{0, "n"};
};

TEST(SyncThread, StartAndJoinOrderPlainAccesses) {
  ExpectHolds(SpawningCode<StartsOne<true>>(1, 1), 1);
  ExpectHolds(SpawningCode<StartsOne<true>>(1, 3), 1);  // more than are started
  EXPECT_THAT(MessageOf(SpawningCode<StartsOne<false>>(1, 1), ErrorKind::kDataRace),
              HasSubstr("'n'"));
}

// Two threads start one each, which start one each.
struct Tree {
  void Thread(int) {
    Started child([this] {
      Started grandchild([this] { n.fetch_add(1, relaxed); });
      grandchild.join();
      n.fetch_add(1, relaxed);
    });
    child.join();
  }
  void Finish() { Rt::check(n.load(relaxed) == 4, "all four have run"); }
  Rt::Atomic<int> n{0, "n"};
};
template <bool kStarts>
struct MayStart {
  void Thread(int) {
    if (Rt::choose(2) == 0) return;
    Started([this] { Rt::observe(ran[0], 1); }).detach();
  }
  std::array<Observation, 1> Observed() const { return ran; }
  std::array<Observation, 1> ran{{{"ran"}}};
};

TEST(SyncThread, ThreadsStartThreads) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreDistinct(SpawningCode<Tree>(2, 4), *m);
    EXPECT_TRUE(e.holds()) << m->name << e.message();
    EXPECT_EQ(e.result.blocked, 0U) << m->name;
  }
}

TEST(SyncThread, WhoIsNotStartedIsNoDeadlockAndDetachedThreadsAreAwaited) {
  const Explored e = ExploreDistinct(SpawningCode<MayStart<true>>(1, 1), model::Rc11());
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.result.executions, 2U);
  EXPECT_EQ(e.outcomes, (std::set<std::vector<std::int64_t>>{{0}, {1}}));
}

// The starters take different numbers, so they compete for them.
struct TwoStart {
  void Thread(int) {
    Started t([this] { n.fetch_add(1, relaxed); });
    t.join();
  }
  Rt::Atomic<int> n{0, "n"};
};
struct JoinsTwice {
  void Thread(int) {
    Started t([] {});
    t.join();
    t.join();
  }
};
struct JoinsDetached {
  void Thread(int) {
    Started t([] {});
    t.detach();
    t.join();
  }
};
struct JoinsNothing {
  void Thread(int) { Started().join(); }
};
struct Drops {
  void Thread(int) {
    Started t([] {});
  }
};
struct JoinsItself {
  void Thread(int) {
    Started t;
    t = Started([&] { t.join(); });
    wait.await([](int v) { return v == 1; }, acquire, "the thread");
    t.join();
  }
  Rt::Atomic<int> wait{0, "wait"};
};

TEST(SyncThread, MisuseIsReportedWithThePlace) {
  const auto here = HasSubstr("sync_thread_test.cpp");
  EXPECT_THAT(MessageOf(SpawningCode<JoinsTwice>(1, 1), ErrorKind::kMisuse),
              AllOf(HasSubstr("thread 0 joins a thread that was joined already"), here));
  EXPECT_THAT(MessageOf(SpawningCode<JoinsDetached>(1, 1), ErrorKind::kMisuse),
              AllOf(HasSubstr("thread 0 joins a thread that was detached already"), here));
  EXPECT_THAT(MessageOf(SpawningCode<JoinsNothing>(1, 1), ErrorKind::kMisuse),
              AllOf(HasSubstr("thread 0 joins a handle without a thread"), here));
  EXPECT_THAT(
      MessageOf(SpawningCode<Drops>(1, 1), ErrorKind::kMisuse),
      AllOf(HasSubstr("thread 0 drops the handle of a thread that is neither joined"), here));
  EXPECT_THAT(MessageOf(SpawningCode<TwoStart>(2, 1), ErrorKind::kMisuse),
              AllOf(HasSubstr("more threads are started than the scenario's kSpawned = 1"), here));
  EXPECT_THAT(MessageOf(SpawningCode<StartsOne<true>>(1, 0), ErrorKind::kMisuse),
              AllOf(HasSubstr("the scenario declares no kSpawned"), here));
  EXPECT_THAT(MessageOf(SpawningCode<JoinsItself>(1, 1), ErrorKind::kDeadlock),
              HasSubstr("thread 1 waits for thread 1's end ('thread 1's end' never written"));
}

struct OneStartsTwo {
  void Thread(int) {
    Started a([this] { n.fetch_add(1, relaxed); }), b([this] { n.fetch_add(1, relaxed); });
    a.join();
    b.join();
  }
  Rt::Atomic<int> n{0, "n"};
};

TEST(SyncThread, Counts) {
  ExpectHolds(SpawningCode<OneStartsTwo>(1, 2), 2);  // the order of the increments
  ExpectHolds(SpawningCode<TwoStart>(2, 2), 4);      // the same, and who starts first
}

// Nobody can tell in which order these run, so one run of the program is all there is to see.
struct StartsFive {
  void Thread(int) {
    std::array<Started, 5> threads;
    for (std::size_t i = 0; i < 5; ++i) threads[i] = Started([this, i] { n[i].store(1, relaxed); });
    for (Started& t : threads) t.join();
  }
  Rt::Array<Rt::Atomic<int>, 5> n{0, "n"};
};

TEST(SyncThread, StartedThreadsCostNoRunsOfTheirOwn) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreDistinct(SpawningCode<StartsFive>(1, 5), *m);
    EXPECT_TRUE(e.holds()) << e.message();
    EXPECT_EQ(e.result.executions, 1U);
    EXPECT_EQ(e.result.runs, 1U);
  }
}

struct Locals {
  void Thread(int cpu) {
    Rt::check(*mine == 7, "the initial value");
    *mine = cpu;
    Started t([this] {
      Rt::check(*mine == 7, "a thread begins with the initial value");
      *mine = 9;
      x.fetch_add(1, relaxed);
      Rt::check(*mine == 9, "another thread's value");
    });
    x.fetch_add(1, relaxed);
    Rt::check(*mine == cpu, "another thread's value");
    t.join();
  }
  static inline sync::ThreadLocal<Rt, int> mine{7};
  Rt::Atomic<int> x{0, "x"};
};

TEST(SyncThreadLocal, IsOnePerThreadAndExecution) {
  for (const bool isolated : {false, true}) {
    ModelCode code = SpawningCode<Locals>(2, 2);
    code.isolated = isolated;
    const Explored e = ExploreDistinct(code, model::Rc11());
    EXPECT_TRUE(e.holds()) << e.message();
  }
}

struct Throws {
  void Thread(int cpu) {
    if (cpu == 1) throw std::runtime_error("boom");
  }
};
struct ThrowsAnInt {
  void Thread(int) { throw 7; }
};
struct ThrowsInSpawned {
  void Thread(int) {
    Started t([] { throw std::runtime_error("boom"); });
    t.join();
  }
};

TEST(SyncExceptions, LeavingAThreadIsAnError) {
  EXPECT_EQ(MessageOf(CodeOf<Throws>(2), ErrorKind::kCheckFailed),
            "an exception left thread 1: boom");
  EXPECT_EQ(MessageOf(CodeOf<ThrowsAnInt>(1), ErrorKind::kCheckFailed),
            "an exception left thread 0: one that is no std::exception");
  EXPECT_EQ(MessageOf(SpawningCode<ThrowsInSpawned>(1, 1), ErrorKind::kCheckFailed),
            "an exception left thread 1: boom");
}

// Every thread operates while it handles an exception, and while one unwinds its stack.
struct Handles {
  struct Operates {
    Handles& program;
    ~Operates() {
      const Rt::MustReturn must_return;
      program.x.fetch_add(1, relaxed);
    }
  };
  void Thread(int cpu) {
    const std::string mine = "of thread " + std::to_string(cpu);
    for (int i = 0; i < 2; ++i) {
      try {
        const Operates operates{*this};
        throw std::runtime_error(mine);
      } catch (const std::runtime_error& e) {
        x.fetch_add(1, relaxed);
        Rt::check(e.what() == mine, "another thread's exception");
        try {
          throw;
        } catch (const std::runtime_error& again) {
          x.load(relaxed);
          Rt::check(again.what() == mine, "another thread's exception, rethrown");
        }
      }
    }
    Rt::check(std::uncaught_exceptions() == 0, "another thread's exception is in flight");
  }
  Rt::Atomic<int> x{0, "x"};
};
// Two threads wait for each other in a handler: both switches happen inside.
struct MeetInHandlers {
  void Thread(int cpu) {
    try {
      throw cpu;
    } catch (int mine) {
      (cpu == 0 ? x : y).store(1, release);
      (cpu == 0 ? y : x).await([](int v) { return v == 1; }, acquire, "the other handler");
      Rt::check(mine == cpu, "another thread's exception");
      try {
        throw;
      } catch (int again) {
        Rt::check(again == cpu, "another thread's exception, rethrown");
      }
    }
  }
  Rt::Atomic<int> x{0, "x"}, y{0, "y"};
};
// An execution is given up while a thread handles an exception of its own.
struct GivenUpInHandler {
  void Thread(int) {
    try {
      throw std::runtime_error("mine");
    } catch (const std::exception&) {
      never.await([](int v) { return v == 1; }, acquire, "what never comes");
    } catch (...) {
      never.store(2, relaxed);
      throw;
    }
  }
  Rt::Atomic<int> never{0, "never"};
};

TEST(SyncExceptions, StayWithTheirThreads) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreDistinct(CodeOf<Handles>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << e.message();
  }
  ExpectHolds(CodeOf<MeetInHandlers>(2), 1);
  EXPECT_EQ(Explore(CodeOf<GivenUpInHandler>(2)).error(), ErrorKind::kDeadlock);
}

}  // namespace
}  // namespace heddle
