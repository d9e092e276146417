// Is misuse of RCU reported, by CPU and place, and what does not look like misuse left alone?
#include "rcu/rcu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/model/model_runtime.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::AllOf;
using testing::HasSubstr;

// CPU 0 alone, so that no grace period waits.
struct OneCpu {
  Rcu<ModelRuntime, 1> rcu;
};

template <typename P>
void ExpectMisuse(const char* what) {
  EXPECT_THAT(MessageOf(CodeOf<P>(1), ErrorKind::kMisuse),
              AllOf(HasSubstr(what), HasSubstr("rcu_test.cpp")));
}

struct UnlocksUnlocked : OneCpu {
  void Thread(int) { rcu.ReadUnlock(0); }
};
struct UnlocksTooOften : OneCpu {
  void Thread(int) {
    rcu.ReadLock(0);
    rcu.ReadUnlock(0);
    rcu.ReadUnlock(0);
  }
};
struct ReportsInside : OneCpu {
  void Thread(int) {
    rcu.ReadLock(0);
    rcu.QuiescentState(0);
  }
};
struct ReportsInsideOuter : OneCpu {
  void Thread(int) {
    rcu.ReadLock(0);
    rcu.ReadLock(0);
    rcu.ReadUnlock(0);
    rcu.QuiescentState(0);
  }
};
struct SynchronizesInside : OneCpu {
  void Thread(int) {
    rcu.ReadLock(0);
    rcu.Synchronize(0);
  }
};
struct SynchronizesAway : OneCpu {
  void Thread(int) {
    rcu.Leave(0, Context::kIdle);
    rcu.Synchronize(0);
  }
};
struct IdlesInside : OneCpu {
  void Thread(int) {
    rcu.ReadLock(0);
    rcu.Leave(0, Context::kIdle);
  }
};
struct EndsHandlerInside : OneCpu {
  void Thread(int) {
    rcu.Leave(0, Context::kIdle);
    rcu.EnterHandler(0);
    rcu.ReadLock(0);
    rcu.ExitHandler(0);
  }
};
struct TicksInside : OneCpu {  // as a tick that skips its own EnterHandler
  void Thread(int) {
    rcu.Leave(0, Context::kIdle);
    rcu.EnterHandler(0);
    rcu.ReadLock(0);
    rcu.Tick(0);
  }
};
struct LocksAway : OneCpu {
  void Thread(int) {
    rcu.Leave(0, Context::kUser);
    rcu.ReadLock(0);
  }
};
struct LocksAfterHandler : OneCpu {
  void Thread(int) {
    rcu.Leave(0, Context::kIdle);
    rcu.EnterHandler(0);
    rcu.ExitHandler(0);
    rcu.ReadLock(0);
  }
};

TEST(Rcu, MisuseIsReportedByCpuAndPlace) {
  ExpectMisuse<UnlocksUnlocked>("CPU 0 leaves a reader, but is in none");
  ExpectMisuse<UnlocksTooOften>("CPU 0 leaves a reader, but is in none");
  ExpectMisuse<ReportsInside>("CPU 0 reports a quiescent state inside a reader");
  ExpectMisuse<ReportsInsideOuter>("CPU 0 reports a quiescent state inside a reader");
  ExpectMisuse<SynchronizesInside>("CPU 0 waits for a grace period inside a reader");
  ExpectMisuse<SynchronizesAway>("CPU 0 waits for a grace period while RCU does not watch it");
  ExpectMisuse<IdlesInside>("CPU 0 leaves the kernel inside a reader");
  ExpectMisuse<EndsHandlerInside>("CPU 0 ends its outermost handler inside a reader");
  ExpectMisuse<TicksInside>("CPU 0 reports a quiescent state inside a reader");
  ExpectMisuse<LocksAway>("CPU 0 enters a reader while RCU does not watch it");
  ExpectMisuse<LocksAfterHandler>("CPU 0 enters a reader while RCU does not watch it");
}

// Readers nest, also in handlers and around them, and a handler may end inside the reader that it
// interrupted.
struct Nests : OneCpu {
  void Thread(int) {
    rcu.ReadLock(0);
    rcu.ReadLock(0);
    rcu.EnterHandler(0);
    rcu.ReadLock(0);
    rcu.ReadUnlock(0);
    rcu.ExitHandler(0);
    rcu.ReadUnlock(0);
    rcu.ReadUnlock(0);
    rcu.QuiescentState(0);
    rcu.Leave(0, Context::kUser);
    rcu.EnterHandler(0);
    rcu.ReadLock(0);
    rcu.EnterHandler(0);
    rcu.Tick(0);
    rcu.ExitHandler(0);
    rcu.ReadUnlock(0);
    rcu.Tick(0);
    rcu.ExitHandler(0);
    rcu.Return(0);
    rcu.ReadLock(0);
    rcu.ReadUnlock(0);
    rcu.Synchronize(0);
  }
};

TEST(Rcu, ReadersAndHandlersNest) { ExpectHolds(CodeOf<Nests>(1), 1); }

}  // namespace
}  // namespace heddle
