// Are a CPU's transitions counted as they should be, and impossible ones reported?
#include "rcu/context_tracking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/model/model_runtime.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using Rt = ModelRuntime;
using model::ErrorKind;
using testing::AllOf;
using testing::HasSubstr;

struct OneCpu {
  ContextTracking<Rt, 1> contexts;
};

template <typename P>
void ExpectMisuse(const char* what) {
  EXPECT_THAT(MessageOf(CodeOf<P>(1), ErrorKind::kMisuse),
              AllOf(HasSubstr(what), HasSubstr("context_tracking_test.cpp")));
}

struct IdlesTwice : OneCpu {
  void Thread(int) {
    contexts.Leave(0, Context::kUser);
    contexts.Leave(0, Context::kIdle);
  }
};
struct LeavesToKernel : OneCpu {
  void Thread(int) { contexts.Leave(0, Context::kKernel); }
};
struct ReturnsTwice : OneCpu {
  void Thread(int) {
    contexts.Leave(0, Context::kIdle);
    contexts.Return(0);
    contexts.Return(0);
  }
};
struct LeavesInHandler : OneCpu {
  void Thread(int) {
    contexts.EnterHandler(0);
    contexts.Leave(0, Context::kIdle);
  }
};
struct ReturnsInHandler : OneCpu {
  void Thread(int) {
    contexts.Leave(0, Context::kIdle);
    contexts.EnterHandler(0);
    contexts.Return(0);
  }
};
struct EndsNoHandler : OneCpu {
  void Thread(int) { contexts.ExitHandler(0); }
};

TEST(ContextTracking, MisuseIsReportedByCpuAndPlace) {
  ExpectMisuse<IdlesTwice>("CPU 0 goes from user mode to idle");
  ExpectMisuse<LeavesToKernel>("CPU 0 goes from the kernel to the kernel");
  ExpectMisuse<ReturnsTwice>("CPU 0 returns to the kernel, where it is already");
  ExpectMisuse<LeavesInHandler>("CPU 0 goes to idle in a handler");
  ExpectMisuse<ReturnsInHandler>("CPU 0 returns to the kernel in a handler");
  ExpectMisuse<EndsNoHandler>("CPU 0 ends a handler, but is in none");
}

// Handlers to a depth of three, from the kernel and from each other context: RCU watches in all of
// them, and what was interrupted finds things as they were.
struct Handlers : OneCpu {
  void Thread(int) {
    Nest(3, true);
    for (const Context c : {Context::kIdle, Context::kUser, Context::kGuest}) {
      contexts.Leave(0, c);
      Nest(3, false);
      Nest(1, false);
      contexts.Return(0);
      Rt::check(contexts.IsWatching(0), "RCU does not watch the kernel");
    }
  }
  void Nest(int deep, bool watched) {
    if (deep == 0) return;
    contexts.EnterHandler(0);
    Rt::check(contexts.IsWatching(0), "RCU does not watch a handler");
    Nest(deep - 1, true);
    contexts.ExitHandler(0);
    Rt::check(contexts.IsWatching(0) == watched, "a handler left something else than it found");
  }
};
TEST(ContextTracking, HandlersPutBackWhatTheyFound) { ExpectHolds(CodeOf<Handlers>(1), 1); }

// Of one CPU, told by itself: looks are the same whoever looks.
struct Looks : OneCpu {
  void Thread(int) {
    const auto here = contexts.Snapshot(0);
    Rt::check(!contexts.HasBeenAway(0, here), "away without having left");
    contexts.EnterHandler(0);
    contexts.ExitHandler(0);
    Rt::check(!contexts.HasBeenAway(0, here), "a handler is no absence");
    contexts.Leave(0, Context::kIdle);
    Rt::check(contexts.HasBeenAway(0, here), "an absence was missed");
    const auto idle = contexts.Snapshot(0);
    Rt::check(contexts.HasBeenAway(0, idle), "a CPU that is away counts as being here");
    contexts.EnterHandler(0);
    Rt::check(contexts.HasBeenAway(0, idle), "an absence was missed when it had ended");
    const auto handler = contexts.Snapshot(0);
    Rt::check(!contexts.HasBeenAway(0, handler), "a handler counts as being away");
    contexts.ExitHandler(0);
    contexts.Return(0);
    Rt::check(contexts.HasBeenAway(0, here), "an absence was missed when it had ended");
    Rt::check(contexts.HasBeenAway(0, handler), "the idle code behind a handler was missed");
  }
};
TEST(ContextTracking, AbsencesAreSeenDuringAndAfterThem) { ExpectHolds(CodeOf<Looks>(1), 1); }

}  // namespace
}  // namespace heddle
