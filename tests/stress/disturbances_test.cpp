// Is a torture disturbed, on purpose or by somebody else, and judged right all the same?
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "scenarios/message_passing.h"
#include "scenarios/torture/tight.h"
#include "stress/affinity.h"
#include "stress/child_stops.h"
#include "stress/cpu_time.h"
#include "stress/isolated_run.h"

namespace heddle::stress {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

// ThreadSanitizer knows no fences, by which SRCU orders all.
#if !defined(__SANITIZE_THREAD__) && !defined(HEDDLE_EMULATED)
TEST(Disturbances, ATortureHasOneOfEachAndPasses) {
  if (AvailableCpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  Disturbances sum;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const auto run = RunIsolated(MakePlan<torture::TightSrcu>(),
                                 {.duration = 1s, .seed = static_cast<std::uint64_t>(attempt)});
    EXPECT_EQ(run.failure, "");
    EXPECT_GT(run.result.samples, 0u);
    sum.Add(run.result.disturbances);
    if (sum.stalls > 0 && sum.freezes > 0 && sum.stops > 0 && sum.migrations > 0) break;
  }
  EXPECT_GT(sum.stalls, 0u);
  EXPECT_GT(sum.freezes, 0u);
  EXPECT_GT(sum.stops, 0u);
  EXPECT_GT(sum.migrations, 0u);
}

TEST(Disturbances, WhatIsWrongIsFoundAmongThem) {
  if (AvailableCpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  IsolatedResult run;
  for (int attempt = 0; attempt < 5 && run.failure.empty(); ++attempt)
    run = RunIsolated(MakePlan<torture::TightSrcu, torture::TightSrcu::NoSecondScan>(),
                      {.duration = 2s, .seed = static_cast<std::uint64_t>(attempt)});
  EXPECT_THAT(run.failure, HasSubstr("poisoned"));
}
#endif

TEST(Disturbances, ASampleHasNone) {
  const auto run = RunIsolated(MakePlan<MessagePassing>(), {.duration = 500ms});
  EXPECT_EQ(run.failure, "");
  EXPECT_FALSE(run.result.disturbances.any());
}

// A torture of one thread, which stops its process again and again.
template <int kStops, bool kWakes>
struct Stopped {
  static constexpr std::string_view kName = "stopped";
  static constexpr int kThreads = 1;
  static constexpr Shape kShape = Shape::kTorture;
  static std::vector<Expect> Expected() { return {}; }
  template <Runtime Rt>
  struct Program {
    void Thread(int) {
      static int left = kStops;
      while (left != 0) {
        --left;
        if (const pid_t self = getpid(); kWakes && fork() == 0) {
          usleep(1'500'000);
          kill(self, SIGCONT);
          _exit(0);
        }
        raise(SIGSTOP);
      }
      Rt::observe(seen_[0], 1);
    }
    std::array<Observation, 1> Observed() const { return seen_; }
    std::array<Observation, 1> seen_{{{"went on"}}};
  };
};

template <int kStops, bool kWakes>
IsolatedResult RunStopped(std::chrono::milliseconds longest_end) {
  auto plan = MakePlan<Stopped<kStops, kWakes>>();
  Expect row;
  row.outcome = {0, 1};
  row.sc = row.tso = row.rc11 = Grade::kAllowed;
  plan.expected = {row};
  return RunIsolated(plan, {.duration = 200ms, .disturb = false}, longest_end);
}

TEST(StoppedFromOutside, AndLetGoOnIsNeitherAHangNorLost) {
  const auto run = RunStopped<1, true>(20s);
  EXPECT_EQ(run.failure, "");
  EXPECT_EQ(run.result.samples, 1u);
  EXPECT_EQ(run.result.held_up, 0u);
}

TEST(StoppedFromOutside, ForEverIsMadeToGoOnAndTold) {
  const auto run = RunStopped<1, false>(3s);
  EXPECT_EQ(run.failure, "");
  EXPECT_EQ(run.result.samples, 1u) << "what it found is kept";
  EXPECT_EQ(run.result.held_up, 1u);
  EXPECT_EQ(run.result.verdict, StressVerdict::kPassed);
  EXPECT_THAT(run.result.notes, Contains(HasSubstr("stopped from outside")));
}

TEST(StoppedFromOutside, AgainAndAgainIsNoFailureOfTheScenario) {
  EXPECT_THAT(([] { RunStopped<-1, false>(2s); }),
              testing::ThrowsMessage<std::runtime_error>(HasSubstr("stands still again")));
}

// Sends it to a process and its children, but not to this one.
void SendToFamily(pid_t parent, int signal, bool parent_first) {
  const std::string path =
      "/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children";
  std::vector<pid_t> family;
  std::ifstream file(path);
  for (pid_t child = 0; file >> child;)
    if (child != getpid()) family.push_back(child);
  family.insert(parent_first ? family.begin() : family.end(), parent);
  for (const pid_t process : family) {
    kill(process, signal);
    usleep(20'000);
  }
}

// As a container is paused.  The child goes on first, and is not stopped any more when the parent
// looks, whose time is up.
TEST(StoppedFromOutside, WithWhoWaitsForItIsNoHang) {
  const pid_t self = getpid();
  const pid_t outside = fork();
  if (outside == 0) {
    usleep(500'000);
    SendToFamily(self, SIGSTOP, true);
    usleep(4'000'000);
    SendToFamily(self, SIGCONT, false);
    _exit(0);
  }
  const auto run = RunIsolated(MakePlan<torture::TightSrcu>(), {.duration = 2s, .disturb = false},
                               std::chrono::milliseconds(1000));
  int status = 0;
  waitpid(outside, &status, 0);
  EXPECT_EQ(run.failure, "");
  EXPECT_GT(run.result.samples, 0u);
}

TEST(ChildStops, LeaveAloneWhomSomebodyElseHasStopped) {
  const pid_t child = fork();
  if (child == 0)
    for (;;) pause();
  kill(child, SIGSTOP);
  for (int i = 0; i < 1000 && !IsStopped(child); ++i) usleep(10'000);
  ChildStops stops(child, 1, ChildStops::Clock::now() + 60s);
  for (int due = 0; due < 3;) {
    const auto before = stops.next();
    stops.Perhaps();
    due += stops.next() != before;
    usleep(10'000);
    EXPECT_TRUE(IsStopped(child));
  }
  EXPECT_EQ(stops.count(), 0u);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
}

TEST(CpuTime, IsCountedForTheCpusThatAreAskedFor) {
  const CpuTime all = ReadCpuTime(AvailableCpus()), none = ReadCpuTime({4000});
  EXPECT_EQ(none.ticks, 0u);
  if (all.ticks == 0) GTEST_SKIP() << "this system does not tell";
  EXPECT_EQ(static_cast<std::size_t>(all.cpus), AvailableCpus().size());
  const CpuTime one = ReadCpuTime({AvailableCpus().front()});
  EXPECT_EQ(one.cpus, 1);
  if (AvailableCpus().size() > 1) {
    EXPECT_LT(one.ticks, all.ticks);
  }
}

TEST(CpuTime, NeverGoesBackwards) {
  EXPECT_EQ(Between({100, 10, 1}, {300, 60, 1}).ticks, 200u);
  EXPECT_EQ(Between({100, 10, 1}, {300, 60, 1}).stolen, 50u);
  EXPECT_EQ(Between({100, 10, 1}, {300, 5, 1}).stolen, 0u);
  EXPECT_EQ(Between({300, 10, 1}, {100, 10, 1}).ticks, 0u);
  EXPECT_EQ(Between({300, 10, 2}, {400, 10, 1}).ticks, 0u) << "a CPU has gone";
  EXPECT_EQ(Between({300, 10, 1}, {90'000, 10, 2}).ticks, 0u) << "one has come";
}

}  // namespace
}  // namespace heddle::stress
