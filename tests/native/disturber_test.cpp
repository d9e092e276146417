// Are threads frozen and moved, and left as they were?
#include "runtime/native/disturber.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <chrono>
#include <thread>
#include <vector>

#include "runtime/native/run_state.h"
#include "runtime/native/waited.h"
#include "stress/affinity.h"

namespace heddle::native {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// The one CPU that the calling thread may use; -1: several.
int OnlyCpu() {
  const std::vector<int> cpus = stress::AvailableCpus();
  return cpus.size() == 1 ? cpus.front() : -1;
}

// Calls `look` on a thread that is disturbed, until it is true or 20 s have passed.
template <typename F>
void Disturbed(Disturber& disturber, int home, F look) {
  BeginRun();
  std::thread([&] {
    const ThreadContext context(0, home, RunMode::kTorture, 1);
    {
      const Disturber::Target target(disturber, home);
      const auto end = Clock::now() + 20s;
      while (!look() && Clock::now() < end) {
      }
    }
    EXPECT_EQ(OnlyCpu(), home) << "it is brought back";
  }).join();
}

TEST(Disturber, StallsFreezesAndMovesThreads) {
#if defined(HEDDLE_EMULATED)
  GTEST_SKIP() << "an emulator has signals of its own";
#endif
  const std::vector<int> cpus = stress::AvailableCpus();
  if (cpus.size() < 2) GTEST_SKIP() << "needs two CPUs";
  Disturber disturber(1, {cpus[0], cpus[1]});
  int gaps = 0, moved = 0;
  Clock::time_point last = Clock::now();
  Disturbed(disturber, cpus[0], [&] {
    const auto now = Clock::now();
    gaps += now - last >= 1ms;
    last = now;
    moved += OnlyCpu() == cpus[1];
    // Two freezes can follow on each other within one gap.
    return disturber.stalls() >= 50 && disturber.freezes() >= 5 && gaps >= 5 &&
           disturber.migrations() >= 4 && moved > 0;
  });
  EXPECT_GE(disturber.stalls(), 50U);
  EXPECT_GE(disturber.freezes(), 5U);
  EXPECT_GE(disturber.migrations(), 4U);
  EXPECT_GE(gaps, 5);
  EXPECT_GT(moved, 0) << "it was on the other CPU";
}

TEST(Disturber, MovesNobodyWhereThereIsOneCpu) {
  const int cpu = stress::AvailableCpus().front();
  Disturber disturber(1, {cpu});
  const auto end = Clock::now() + 200ms;
  Disturbed(disturber, cpu, [&] { return Clock::now() > end; });
  EXPECT_EQ(disturber.migrations(), 0U);
}

TEST(Disturber, LeavesARunAloneThatIsOver) {
  BeginRun();
  Disturber disturber(1, stress::AvailableCpus());
  Stop(StopCause::kTimeUp);
  std::thread([&] {
    const Disturber::Target target(disturber, stress::AvailableCpus().front());
    std::this_thread::sleep_for(100ms);
  }).join();
  EXPECT_EQ(disturber.freezes() + disturber.stalls(), 0U);
}

TEST(Waited, AJumpOfTheClockIsNoWaiting) {
  Waited waited;
  auto now = Clock::time_point{} + 1h;
  EXPECT_FALSE(waited.LongerThan(5s, now));
  EXPECT_FALSE(waited.LongerThan(5s, now += 1h));
  for (int i = 0; i < 40; ++i) EXPECT_FALSE(waited.LongerThan(5s, now += 100ms));
  EXPECT_TRUE(waited.LongerThan(5s, now += 100ms));
}

}  // namespace
}  // namespace heddle::native
