// Is misuse of RCU-tasks, rude ones included, and of membarrier reported, by task or CPU and place?
#include "rcu/rcu_tasks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rcu/membarrier.h"
#include "rcu/rcu_tasks_rude.h"
#include "runtime/model/model_runtime.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::AllOf;
using testing::HasSubstr;

template <typename P>
void ExpectMisuse(const char* what) {
  EXPECT_THAT(MessageOf(CodeOf<P>(1), ErrorKind::kMisuse),
              AllOf(HasSubstr(what), HasSubstr("rcu_tasks_test.cpp")));
}

constexpr auto kNothing = [] {};

// Task 0 alone, so that no grace period waits.
struct OneTask {
  RcuTasks<ModelRuntime, 1> tasks;
};
struct PreemptedAsleep : OneTask {
  void Thread(int) {
    tasks.Block(0, kNothing);
    tasks.Preempt(0);
  }
};
struct BlocksAsleep : OneTask {
  void Thread(int) {
    tasks.Block(0, kNothing);
    tasks.Block(0, kNothing);
  }
};
struct WokenAwake : OneTask {
  void Thread(int) { tasks.Wake(0); }
};
struct WokenDead : OneTask {
  void Thread(int) {
    tasks.Exit(0, kNothing, kNothing);
    tasks.Wake(0);
  }
};
struct ExitsTwice : OneTask {
  void Thread(int) {
    tasks.Exit(0, kNothing, kNothing);
    tasks.Exit(0, kNothing, kNothing);
  }
};
struct SynchronizesAsleep : OneTask {
  void Thread(int) {
    tasks.Block(0, kNothing);
    tasks.Synchronize(0);
  }
};
struct PreemptedWithPreemptionOff : OneTask {
  void Thread(int) {
    tasks.Exit(0, kNothing, [this] { tasks.Preempt(0); });
  }
};

TEST(RcuTasks, MisuseIsReportedByTaskAndPlace) {
  ExpectMisuse<PreemptedAsleep>("task 0 is preempted asleep");
  ExpectMisuse<BlocksAsleep>("task 0 blocks asleep");
  ExpectMisuse<WokenAwake>("task 0 is woken, but does not sleep");
  ExpectMisuse<WokenDead>("task 0 is woken, but does not sleep");
  ExpectMisuse<ExitsTwice>("task 0 exits after its end");
  ExpectMisuse<SynchronizesAsleep>("task 0 waits for a grace period asleep");
  ExpectMisuse<PreemptedWithPreemptionOff>("CPU 0 reports a quiescent state inside a reader");
}

struct ByTheRules : OneTask {
  void Thread(int) {
    tasks.Preempt(0);
    tasks.Block(0, kNothing);
    tasks.Wake(0);
    tasks.Synchronize(0);
    const auto sleeps = [this] {
      tasks.Preempt(0);
      tasks.Block(0, kNothing);
      tasks.Wake(0);
    };
    tasks.Exit(0, sleeps, kNothing);
  }
};

TEST(RcuTasks, ATaskSleepsAlsoOnItsWayOut) { ExpectHolds(CodeOf<ByTheRules>(1), 1); }

struct OneCpu {
  RcuTasksRude<ModelRuntime, 1> rude;
};
struct SwitchesOnTwice : OneCpu {
  void Thread(int) {
    rude.PreemptionOff(0);
    rude.PreemptionOn(0);
    rude.PreemptionOn(0);
  }
};
struct SwitchesInside : OneCpu {
  void Thread(int) {
    rude.PreemptionOff(0);
    rude.PreemptionOff(0);
    rude.PreemptionOn(0);
    rude.Switch(0);
  }
};
struct WaitsInside : OneCpu {
  void Thread(int) {
    rude.PreemptionOff(0);
    rude.Synchronize(0);
  }
};

TEST(RcuTasksRude, MisuseIsReportedByCpuAndPlace) {
  ExpectMisuse<SwitchesOnTwice>("CPU 0 switches preemption on, which is on");
  ExpectMisuse<SwitchesInside>("CPU 0 switches with preemption off");
  ExpectMisuse<WaitsInside>("CPU 0 waits for a grace period with preemption off");
}

struct LeavesTwice {
  void Thread(int) {
    membarrier.Leave(0);
    membarrier.Leave(0);
  }
  Membarrier<ModelRuntime, 1> membarrier;
};
struct TakesUpTwice {
  void Thread(int) { membarrier.TakeUp(0); }
  Membarrier<ModelRuntime, 1> membarrier;
};

TEST(Membarrier, MisuseIsReportedByCpuAndPlace) {
  ExpectMisuse<LeavesTwice>("CPU 0 leaves a program that it does not run");
  ExpectMisuse<TakesUpTwice>("CPU 0 takes up a program that it runs");
}

}  // namespace
}  // namespace heddle
