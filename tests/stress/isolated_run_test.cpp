// Does a run in a child tell what went wrong, whatever that was?
#include "stress/isolated_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "scenarios/rcu_reports.h"
#include "stress/affinity.h"

namespace heddle::stress {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

template <typename P>
struct OneThread {
  static constexpr std::string_view kName = "one";
  static constexpr int kThreads = 1;
  static constexpr Shape kShape = Shape::kTorture;
  static std::vector<Expect> Expected() { return {}; }
  template <Runtime Rt>
  struct Program {
    void Thread(int) { P::Run(); }
    std::array<Observation, 1> Observed() const { return {Observation{"none"}}; }
  };
};

struct Dies {
  static void Run() { std::raise(SIGKILL); }
};
struct Fails {
  static void Run() { NativeRuntime::check(false, "it fails"); }
};
struct Ends {
  static void Run() {}
};

struct Throws {
  static void Run() { throw std::runtime_error("it throws"); }
};

struct EndsWith3 {
  static void Run() { std::_Exit(3); }
};

struct NeverEnds {
  static void Run() {
    for (;;) std::this_thread::sleep_for(1h);
  }
};
struct TwoDie : OneThread<Dies> {
  static constexpr std::string_view kName = "two";
  static constexpr int kThreads = 2;
};
struct NeedsAThread : OneThread<Ends> {
  static constexpr std::string_view kName = "nobody";
  static constexpr int kThreads = 0;
};

template <typename P>
IsolatedResult RunOne() {
  return RunIsolated(MakePlan<OneThread<P>>(), {.duration = 50ms});
}

TEST(IsolatedRun, TellsAFailedCheckAndItsPlace) {
  EXPECT_THAT(RunOne<Fails>().failure, HasSubstr("it fails"));
}

// Whence it was thrown is not known, and no line of Heddle's is to blame.
TEST(IsolatedRun, BlamesNoPlaceForAnException) {
  EXPECT_EQ(RunOne<Throws>().failure,
            "an exception left the scenario or its set-up: it throws, on CPU 0");
}

TEST(IsolatedRun, TellsHowTheProcessDied) {
  EXPECT_THAT(RunOne<Dies>().failure, HasSubstr("crashed: Killed"));
}

// There is no sample of which to say so.
TEST(IsolatedRun, SaysNotOfACrashThatItsThreadsSharedCpus) {
  const IsolatedResult run = RunIsolated(MakePlan<TwoDie>(), {.duration = 50ms});
  EXPECT_THAT(run.failure, HasSubstr("crashed: Killed"));
  EXPECT_THAT(run.result.notes, Not(Contains(HasSubstr("shared fewer CPUs"))));
}

TEST(IsolatedRun, TellsNothingOfARunThatIsAsItShouldBe) { EXPECT_EQ(RunOne<Ends>().failure, ""); }

TEST(IsolatedRun, TakesNoExitStatusForOneOfItsOwn) {
  EXPECT_EQ(RunOne<EndsWith3>().failure, "ended the process with status 3");
}

TEST(IsolatedRun, KillsWhatDoesNotEnd) {
  const auto plan = MakePlan<OneThread<NeverEnds>>();
  EXPECT_EQ(RunIsolated(plan, {.duration = 50ms}, 500ms).failure, "hung");
}

// That is no failure of the program.
TEST(IsolatedRun, ThrowsIfThereCouldBeNoRun) {
  EXPECT_THAT([] { RunIsolated(MakePlan<NeedsAThread>(), {.duration = 50ms}); },
              testing::ThrowsMessage<std::runtime_error>(HasSubstr("at least one thread")));
}

TEST(IsolatedRun, RefusesCpusThatAreNotThere) {
  EXPECT_THROW(RunIsolated(MakePlan<OneThread<Ends>>(), {.duration = 50ms, .cpus = {1023}}),
               std::invalid_argument);
}

// RCU without waiting is found out natively.
TEST(IsolatedRun, AMutantIsKilled) {
  if (AvailableCpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  IsolatedResult result;
  for (int attempt = 0; attempt < 5 && result.failure.empty(); ++attempt)
    result = RunIsolated(MakePlan<RcuReports, RcuReports::NoWait>(), {.duration = 2s});
  EXPECT_THAT(result.failure, HasSubstr("overwritten"));
}

}  // namespace
}  // namespace heddle::stress
