// Do cookies and callbacks work over both flavours, for one CPU, and is misuse of them reported?
#include "rcu/grace_periods.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "rcu/callbacks.h"
#include "rcu/rcu.h"
#include "rcu/srcu.h"
#include "runtime/model/model_runtime.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::AllOf;
using testing::HasSubstr;
using Rt = ModelRuntime;

struct RcuAlone {
  Rcu<Rt, 1> domain;
  GracePeriods<Rt, Rcu<Rt, 1>> periods{domain};
};
struct SrcuAlone {
  Srcu<Rt, 1> domain{"d"};
  GracePeriods<Rt, Srcu<Rt, 1>> periods{domain};
};
template <typename D>
struct WithCallbacks : D {
  Callbacks<Rt, decltype(D::periods), 1> callbacks{this->periods};
  Callback<Rt> callback{[this] { run(); }};
  int runs = 0;
  std::function<void()> run = [this] { ++runs; };
};

template <typename P>
void ExpectMisuse(const char* what) {
  EXPECT_THAT(MessageOf(CodeOf<P>(1), ErrorKind::kMisuse),
              AllOf(HasSubstr(what), HasSubstr("grace_periods_test.cpp")));
}

template <typename D>
struct Polls : D {
  void Thread(int) {
    const GracePeriodCookie first = this->periods.Snapshot();
    Rt::check(!this->periods.Poll(first), "over before it has begun");
    this->periods.Synchronize(0);
    Rt::check(this->periods.Poll(first), "a whole grace period has passed");
    const auto sequence = this->periods.Sequence();
    this->periods.WaitFor(0, first);
    Rt::check(this->periods.Sequence() == sequence, "drives, although its own is over");
    const GracePeriodCookie second = this->periods.Snapshot();
    Rt::check(!this->periods.Poll(second), "over before it has begun");
    this->periods.WaitFor(0, second);
    Rt::check(this->periods.Poll(second), "not over after WaitFor");
    Rt::check(this->periods.Sequence() == sequence + 2, "more than one grace period driven");
  }
};
TEST(GracePeriods, CookiesTellWhenAGracePeriodIsOver) {
  ExpectHolds(CodeOf<Polls<RcuAlone>>(1), 1);
  ExpectHolds(CodeOf<Polls<SrcuAlone>>(1), 1);
}

template <typename D>
struct Calls : WithCallbacks<D> {
  void Thread(int) {
    for (int round = 1; round <= 3; ++round) {
      this->callbacks.Call(0, this->callback);
      this->callbacks.Invoke(0);
      Rt::check(this->runs == round - 1, "run before its grace period");
      Rt::check(!this->callbacks.IsDue(0), "due before its grace period");
      if (round == 2) {
        this->callbacks.Barrier(0);
      } else {
        this->periods.Synchronize(0);
        Rt::check(this->callbacks.IsDue(0), "not due after it");
      }
      this->callbacks.Invoke(0);
      Rt::check(this->runs == round, "not run once");
    }
  }
};
TEST(Callbacks, RunOnceAfterTheirGracePeriod) {
  ExpectHolds(CodeOf<Calls<RcuAlone>>(1), 1);
  ExpectHolds(CodeOf<Calls<SrcuAlone>>(1), 1);
}

template <typename D>
struct CallsItself : WithCallbacks<D> {
  void Thread(int) {
    this->run = [this] {
      if (++this->runs < 3) this->callbacks.Call(0, this->callback);
    };
    this->callbacks.Call(0, this->callback);
    for (int i = 1; i <= 3; ++i) {
      this->callbacks.Barrier(0);
      Rt::check(this->runs == i, "Barrier runs what is queued, and no more");
    }
  }
};
TEST(Callbacks, MayQueueThemselvesAgain) {
  ExpectHolds(CodeOf<CallsItself<RcuAlone>>(1), 1);
  ExpectHolds(CodeOf<CallsItself<SrcuAlone>>(1), 1);
}

// --- rules of use

struct PollsForeign {
  void Thread(int) { one.periods.Poll(other.periods.Snapshot()); }
  SrcuAlone one, other;
};
struct WaitsForForeign {
  void Thread(int) { one.periods.WaitFor(0, other.periods.Snapshot()); }
  RcuAlone one, other;
};
struct PollsNothing : RcuAlone {
  void Thread(int) { periods.Poll({}); }
};
TEST(GracePeriods, CookiesOfOtherDomainsAreMisuse) {
  ExpectMisuse<PollsForeign>("thread 0 polls a cookie of another domain");
  ExpectMisuse<WaitsForForeign>("thread 0 waits for a cookie of another domain");
  ExpectMisuse<PollsNothing>("thread 0 polls a cookie that no snapshot returned");
}

struct SynchronizesInside : RcuAlone {
  void Thread(int) {
    domain.ReadLock(0);
    periods.Synchronize(0);
  }
};
struct WaitsInside : RcuAlone {
  void Thread(int) {
    const GracePeriodCookie over = periods.Snapshot();
    periods.Synchronize(0);
    domain.ReadLock(0);
    periods.WaitFor(0, over);
  }
};
struct SrcuSynchronizesInside : SrcuAlone {
  void Thread(int) {
    static_cast<void>(domain.ReadLock(0));
    periods.Synchronize(0);
  }
};
TEST(GracePeriods, WaitingInsideAReaderIsMisuseEvenIfItIsOver) {
  ExpectMisuse<SynchronizesInside>("CPU 0 waits for a grace period inside a reader");
  ExpectMisuse<WaitsInside>("CPU 0 waits for a grace period inside a reader");
  ExpectMisuse<SrcuSynchronizesInside>("synchronizes srcu 'd' inside a critical section");
}

struct CallsTwice : WithCallbacks<RcuAlone> {
  void Thread(int) {
    callbacks.Call(0, callback);
    callbacks.Call(0, callback);
  }
};
struct WaitsInCallback : WithCallbacks<RcuAlone> {
  void Thread(int) {
    run = [this] { periods.Synchronize(0); };
    callbacks.Call(0, callback);
    callbacks.Barrier(0);
  }
};
struct BarrierInCallback : WithCallbacks<SrcuAlone> {
  void Thread(int) {
    run = [this] { callbacks.Barrier(0); };
    callbacks.Call(0, callback);
    callbacks.Barrier(0);
  }
};
struct InvokesInside : WithCallbacks<RcuAlone> {
  void Thread(int) {
    domain.ReadLock(0);
    callbacks.Invoke(0);
  }
};
TEST(Callbacks, MisuseIsReported) {
  ExpectMisuse<CallsTwice>("CPU 0 queues a callback that is queued and has not run");
  ExpectMisuse<WaitsInCallback>("thread 0 waits for a grace period in a callback");
  ExpectMisuse<BarrierInCallback>("thread 0 waits for a grace period in a callback");
  ExpectMisuse<InvokesInside>("CPU 0 waits for a grace period inside a reader");
}

}  // namespace
}  // namespace heddle
