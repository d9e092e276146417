// Does a grace period of RCU-tasks end natively, and does its misuse end a run, with what is wrong?
#include "rcu/rcu_tasks.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "rcu/rcu_tasks_rude.h"
#include "runtime/native/native_runtime.h"

namespace heddle {
namespace {

constexpr auto kNothing = [] {};

class NativeRcuTasks : public testing::Test {
 protected:
  void SetUp() override { native::BeginRun(); }
  void TearDown() override { native::BeginRun(); }

  /// What the run failed with; begins another run.
  static std::string Failure() {
    const auto first = native::FirstFailure();
    native::BeginRun();
    return first ? std::string(first->why) + ": " + first->detail : "";
  }
};

TEST_F(NativeRcuTasks, WaitsForATaskThatSleepsAndForOneThatExits) {
  RcuTasks<NativeRuntime, 3> tasks;
  std::thread sleeper([&] {
    for (int round = 0; round < 100; ++round) {
      tasks.Preempt(1);
      tasks.Block(1, kNothing);
      tasks.Wake(1);
    }
    tasks.Block(1, kNothing);
  });
  std::thread exits([&] {
    tasks.Exit(
        2, [&] { tasks.Preempt(2); }, kNothing);
  });
  for (int round = 0; round < 10; ++round) tasks.Synchronize(0);
  sleeper.join();
  exits.join();
  EXPECT_EQ(Failure(), "");
}

TEST_F(NativeRcuTasks, MisuseIsAFailureOfTheRun) {
  RcuTasks<NativeRuntime, 1> tasks;
  tasks.Wake(0);
  const std::string woken = Failure();
  EXPECT_NE(woken.find("task 0 is woken, but does not sleep"), std::string::npos) << woken;
  RcuTasksRude<NativeRuntime, 1> rude;
  rude.PreemptionOff(0);
  rude.Synchronize(0);
  const std::string rudely = Failure();
  EXPECT_NE(rudely.find("waits for a grace period with preemption off"), std::string::npos)
      << rudely;
  rude.PreemptionOn(0);
  rude.Synchronize(0);
  EXPECT_EQ(Failure(), "");
}

}  // namespace
}  // namespace heddle
