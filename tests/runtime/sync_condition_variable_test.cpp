// Are lost, missed and spurious wake-ups found, and is a correct wait free of them?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>

#include "runtime/sync/condition_variable.h"
#include "runtime/sync/lock.h"
#include "runtime/sync/mutex.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using sync::Lock;
using testing::AllOf;
using testing::HasSubstr;
using Rt = ModelRuntime;
using Mutex = sync::Mutex<Rt>;
using Cv = sync::ConditionVariable<Rt>;
using enum std::memory_order;

enum class Wait { kWhile, kIf, kStdLock, kChecksBeforeLocking };

template <Wait kWait, int kSpurious, bool kNotifies = true>
struct HandOver {
  void Thread(int cpu) { cpu == 0 ? Give() : Take(); }
  void Give() {
    Lock lock(m);
    ready.store(1);
    lock.unlock();
    if (kNotifies) cv.notify_one();
  }
  void Take() {
    if constexpr (kWait == Wait::kStdLock) {
      std::unique_lock lock(m);
      cv.wait(lock, [this] { return ready.load() == 1; });
    } else {
      Lock lock(m);
      bool wait = ready.load() == 0;
      if (kWait == Wait::kChecksBeforeLocking) {
        lock.unlock();
        lock.lock();
      }
      for (; wait; wait = kWait != Wait::kIf && ready.load() == 0) cv.wait(lock);
      Rt::check(ready.load() == 1, "woken, but nothing is there");
    }
  }
  Mutex m{"m"};
  Cv cv{"cv", kSpurious};
  Rt::Plain<int> ready{0, "ready"};
};

TEST(SyncConditionVariable, HandsOver) {
  // Taker first (then the notification comes before or after ... no: it must wait for it), or
  // giver first, with the notification before or after the taker is done.
  for (const model::MemoryModel* m : model::AllModels()) {
    EXPECT_TRUE(ExploreDistinct(CodeOf<HandOver<Wait::kWhile, 0>>(2), *m).holds()) << m->name;
    EXPECT_TRUE(ExploreDistinct(CodeOf<HandOver<Wait::kWhile, 1>>(2), *m).holds()) << m->name;
    EXPECT_TRUE(ExploreDistinct(CodeOf<HandOver<Wait::kWhile, 2>>(2), *m).holds()) << m->name;
    EXPECT_TRUE(ExploreDistinct(CodeOf<HandOver<Wait::kStdLock, 1>>(2), *m).holds()) << m->name;
  }
  ExpectHolds(CodeOf<HandOver<Wait::kWhile, 0>>(2), 2);
}

TEST(SyncConditionVariable, AnIfIsFoundBySpuriousWakeUpsOnly) {
  ExpectHolds(CodeOf<HandOver<Wait::kIf, 0>>(2), 2);
  EXPECT_EQ(MessageOf(CodeOf<HandOver<Wait::kIf, 1>>(2), ErrorKind::kCheckFailed).substr(0, 5),
            "woken");
}

TEST(SyncConditionVariable, MissedNotifyIsADeadlock) {
  EXPECT_THAT(
      MessageOf(CodeOf<HandOver<Wait::kWhile, 0, false>>(2), ErrorKind::kDeadlock),
      AllOf(HasSubstr("thread 1 waits for condition variable 'cv' (last written by thread 1"),
            HasSubstr("sync_condition_variable_test.cpp")));
}

TEST(SyncConditionVariable, WakeUpBetweenCheckAndWaitIsLost) {
  EXPECT_THAT(MessageOf(CodeOf<HandOver<Wait::kChecksBeforeLocking, 0>>(2), ErrorKind::kDeadlock),
              HasSubstr("thread 1 waits for condition variable 'cv'"));
}

template <bool kAll>
struct TwoWait {
  void Thread(int cpu) {
    Lock lock(m);
    if (cpu == 0) {
      open.store(1);
      lock.unlock();
      kAll ? cv.notify_all() : cv.notify_one();
    } else {
      cv.wait(lock, [this] { return open.load() == 1; });
    }
  }
  Mutex m{"m"};
  Cv cv{"cv"};
  Rt::Plain<int> open{0, "open"};
};

TEST(SyncConditionVariable, NotifyOneWakesOnlyOne) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreDistinct(CodeOf<TwoWait<true>>(3), *m);
    EXPECT_TRUE(e.holds()) << m->name << e.message();
    RecordProperty("executions", std::to_string(e.result.executions));
    EXPECT_EQ(e.result.blocked, 0U);
  }
  EXPECT_THAT(MessageOf(CodeOf<TwoWait<false>>(3), ErrorKind::kDeadlock),
              HasSubstr("waits for condition variable 'cv' (last written by thread 0"));
}

// A buffer of one place.  With one condition variable for both directions, notify_one may wake the
// wrong side.
template <bool kAll>
struct Buffer {
  void Thread(int cpu) {
    const bool puts = cpu % 2 == 0;
    Lock lock(m);
    cv.wait(lock, [&] { return full.load() != puts; });
    full.store(puts);
    lock.unlock();
    kAll ? cv.notify_all() : cv.notify_one();
  }
  Mutex m{"m"};
  Cv cv{"cv"};
  Rt::Plain<bool> full{false, "full"};
};

TEST(SyncConditionVariable, NotifyOneMayWakeTheWrongSide) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreDistinct(CodeOf<Buffer<true>>(4), *m);
    EXPECT_TRUE(e.holds()) << m->name << e.message();
    RecordProperty(std::string(m->name),
                   std::to_string(e.result.executions) + "+" + std::to_string(e.result.blocked));
  }
  EXPECT_TRUE(Explore(CodeOf<Buffer<false>>(2)).holds());
  EXPECT_THAT(MessageOf(CodeOf<Buffer<false>>(4), ErrorKind::kDeadlock), HasSubstr("'cv'"));
}

struct WaitsUnlocked {
  void Thread(int) {
    Lock lock(m);
    lock.unlock();
    cv.wait(lock);
  }
  Mutex m{"m"};
  Cv cv{"cv"};
};

TEST(SyncConditionVariable, WaitingWithoutTheLockIsMisuse) {
  EXPECT_THAT(MessageOf(CodeOf<WaitsUnlocked>(1), ErrorKind::kMisuse),
              AllOf(HasSubstr("thread 0 waits on condition variable 'cv' with a lock that it does"),
                    HasSubstr("sync_condition_variable_test.cpp")));
}

}  // namespace
}  // namespace heddle
