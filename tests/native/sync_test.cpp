// Do the mechanisms of runtime/sync/ work on real threads?
#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "runtime/native/native_runtime.h"
#include "runtime/sync/barrier.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/latch.h"
#include "runtime/sync/lock.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/once.h"
#include "runtime/sync/semaphore.h"
#include "runtime/sync/shared_mutex.h"
#include "runtime/sync/thread.h"
#include "runtime/sync/thread_local.h"

namespace heddle {
namespace {

using Rt = NativeRuntime;
using sync::Lock;
constexpr int kRounds = 2000;

class NativeSync : public testing::Test {
 protected:
  void SetUp() override { native::BeginRun(); }
  void TearDown() override {
    native::WaitForDetached();
    native::BeginRun();
  }
  static void InThreads(int n, const std::function<void(int)>& body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < n; ++i) threads.emplace_back(body, i);
    for (std::thread& t : threads) t.join();
  }
  static std::string Failure() {
    const auto first = native::FirstFailure();
    return first ? std::string(first->why) + ": " + first->detail : "";
  }
};

TEST_F(NativeSync, MutexesExclude) {
  sync::Mutex<Rt> m("m");
  sync::RecursiveMutex<Rt> recursive("recursive");
  sync::SharedMutex<Rt> shared("shared");
  sync::Semaphore<Rt> semaphore(1, "semaphore");
  int a = 0, b = 0, c = 0, d = 0;
  InThreads(3, [&](int) {
    for (int i = 0; i < kRounds; ++i) {
      {
        const std::lock_guard guard(m);
        ++a;
      }
      {
        const Lock outer(recursive);
        const Lock inner(recursive);
        ++b;
      }
      {
        const std::unique_lock guard(shared);
        ++c;
      }
      {
        const std::shared_lock guard(shared);
        EXPECT_GE(c, 1);
      }
      semaphore.acquire();
      ++d;
      semaphore.release();
    }
  });
  for (const int n : {a, b, c, d}) EXPECT_EQ(n, 3 * kRounds);
  EXPECT_EQ(Failure(), "");
}

TEST_F(NativeSync, ConditionVariableHandsOver) {
  sync::Mutex<Rt> m("m");
  sync::ConditionVariable<Rt> cv("cv", 3);
  int turn = 0;
  InThreads(2, [&](int me) {
    for (int i = 0; i < kRounds; ++i) {
      Lock lock(m);
      cv.wait(lock, [&] { return turn % 2 == me; });
      ++turn;
      cv.notify_one();
    }
  });
  EXPECT_EQ(turn, 2 * kRounds);
}

TEST_F(NativeSync, BarrierAndLatchWaitForAll) {
  int completions = 0;
  sync::Barrier<Rt> barrier(3, "barrier", [&] { ++completions; });
  sync::Latch<Rt> latch(3, "latch");
  InThreads(3, [&](int) {
    for (int i = 0; i < kRounds; ++i) {
      barrier.arrive_and_wait();
      EXPECT_GE(completions, i + 1);
    }
    latch.arrive_and_wait();
  });
  EXPECT_EQ(completions, kRounds);
  EXPECT_TRUE(latch.try_wait());
}

TEST_F(NativeSync, OnceRunsUntilItDoesNotThrow) {
  sync::OnceFlag<Rt> flag("flag");
  int tries = 0, threw = 0;
  InThreads(3, [&](int) {
    try {
      sync::call_once(flag, [&] {
        if (++tries == 1) throw std::runtime_error("not yet");
      });
    } catch (const std::runtime_error&) {
      ++threw;
    }
  });
  EXPECT_EQ(tries, 2);
  EXPECT_EQ(threw, 1);
}

TEST_F(NativeSync, ThreadsHaveValuesOfTheirOwn) {
  sync::ThreadLocal<Rt, int> mine(7);
  int sum = 0;
  *mine = 1;
  for (int i = 0; i < 100; ++i) {  // more, one after the other, than there are numbers
    sync::Thread<Rt> t([&] {
      sum += *mine;
      *mine = 9;
    });
    t.join();
  }
  EXPECT_EQ(sum, 700);
  EXPECT_EQ(*mine, 1);
  std::atomic<bool> ran{false};
  sync::Thread<Rt>([&] { ran = true; }).detach();
  native::WaitForDetached();
  EXPECT_TRUE(ran);
  EXPECT_EQ(Failure(), "");
}

TEST_F(NativeSync, MisuseIsAFailureOfTheRun) {
  sync::Mutex<Rt>("m").unlock();
  EXPECT_NE(Failure().find("unlocks mutex 'm', which nobody holds"), std::string::npos);
  native::BeginRun();
  {
    sync::Thread<Rt> dropped([] {});
  }
  EXPECT_NE(Failure().find("drops the handle"), std::string::npos);
  native::BeginRun();
  sync::Thread<Rt>([] { throw std::runtime_error("boom"); }).join();
  EXPECT_EQ(Failure(), "an exception left a spawned thread: boom");
}

}  // namespace
}  // namespace heddle
