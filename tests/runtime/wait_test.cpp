// Do wait and notify lose notifications exactly when C++20's may?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>

#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::HasSubstr;
using Rt = ModelRuntime;
using enum std::memory_order;

enum class Notify { kNone, kBefore, kOne, kAll };

// CPU 0 stores and notifies, the others wait.
template <Notify kNotify, std::memory_order kStore = release, std::memory_order kWait = acquire>
struct StoreAndNotify {
  void Thread(int cpu) {
    if (cpu > 0) {
      flag.wait(0, kWait);
      Rt::check(data.load() == 42, "what was stored before the flag");
      return;
    }
    data.store(42);
    if (kNotify == Notify::kBefore) flag.notify_all();
    flag.store(1, kStore);
    if (kNotify == Notify::kOne) flag.notify_one();
    if (kNotify == Notify::kAll) flag.notify_all();
  }
  Rt::Atomic<int> flag{0, "flag"};
  Rt::Plain<int> data{0, "data"};
};

TEST(Wait, IsReleasedByANotification) {
  for (const model::MemoryModel* m : model::AllModels()) {
    for (const Explored& e : {Explore(CodeOf<StoreAndNotify<Notify::kOne>>(2), *m),
                              Explore(CodeOf<StoreAndNotify<Notify::kAll>>(2), *m),
                              Explore(CodeOf<StoreAndNotify<Notify::kAll>>(3), *m)}) {
      EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
      EXPECT_EQ(e.result.blocked, 0U) << "a wait that nobody ends is a hang";
    }
  }
}

TEST(Wait, WithoutANotificationHangsAndTheReportSaysWhere) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored none = Explore(CodeOf<StoreAndNotify<Notify::kNone>>(2), *m);
    EXPECT_EQ(none.error(), ErrorKind::kDeadlock) << m->name;
    EXPECT_THAT(none.message(), HasSubstr("thread 1 waits for a notification of 'flag'"));
    // Before the change is too early.
    EXPECT_EQ(Explore(CodeOf<StoreAndNotify<Notify::kBefore>>(2), *m).error(),
              ErrorKind::kDeadlock);
  }
}

TEST(Wait, OneNotificationReleasesOneThread) {
  for (const model::MemoryModel* m : model::AllModels())
    EXPECT_EQ(Explore(CodeOf<StoreAndNotify<Notify::kOne>>(3), *m).error(), ErrorKind::kDeadlock);
}

// The order that a wait gives is its own: notifications add none.
TEST(Wait, SynchronisesByItsOrderOnly) {
  using RelaxedWait = StoreAndNotify<Notify::kAll, release, relaxed>;
  using RelaxedStore = StoreAndNotify<Notify::kAll, relaxed, acquire>;
  EXPECT_EQ(Explore(CodeOf<RelaxedWait>(2)).error(), ErrorKind::kDataRace);
  EXPECT_EQ(Explore(CodeOf<RelaxedStore>(2)).error(), ErrorKind::kDataRace);
}

// The value has changed and the notification is over before the wait begins.
struct WaitsAfterwards {
  void Thread(int cpu) {
    if (cpu == 0) {
      flag.store(1, relaxed);
      flag.notify_one();
      done.store(true, release);
    } else {
      Rt::spin_until([this] { return done.load(acquire); }, "the notification");
      flag.wait(0, relaxed);
      Rt::check(flag.load(relaxed) == 1, "the changed value");
    }
  }
  Rt::Atomic<int> flag{0, "flag"};
  Rt::Atomic<bool> done{false, "done"};
};

TEST(Wait, ForAValueThatHasChangedDoesNotBlock) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<WaitsAfterwards>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
  }
}

// The value changes and changes back: whoever looks too late has missed it.
template <bool kStaysChanged>
struct ChangesBack {
  void Thread(int cpu) {
    if (cpu == 1) {
      x.wait(0, acquire);
      return;
    }
    x.store(1, release);
    x.notify_all();
    if (kStaysChanged) return;
    x.store(0, release);
    x.notify_all();
  }
  Rt::Atomic<int> x{0, "x"};
};

TEST(Wait, MayMissAValueThatChangesBack) {
  for (const model::MemoryModel* m : model::AllModels()) {
    EXPECT_EQ(Explore(CodeOf<ChangesBack<false>>(2), *m).error(), ErrorKind::kDeadlock) << m->name;
    EXPECT_TRUE(Explore(CodeOf<ChangesBack<true>>(2), *m).holds()) << m->name;
  }
}

// Each round is one notification: what is left over from the first one releases nobody in the
// second one.
template <bool kNotifiesTwice>
struct TwoRounds {
  void Thread(int cpu) {
    if (cpu == 0) {
      x.store(1, release);
      x.notify_one();
      x.store(2, release);
      if (kNotifiesTwice) x.notify_one();
    } else {
      x.wait(0, acquire);
      x.wait(1, acquire);
    }
  }
  Rt::Atomic<int> x{0, "x"};
};

TEST(Wait, EachWaitNeedsItsNotification) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<TwoRounds<true>>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
    EXPECT_EQ(Explore(CodeOf<TwoRounds<false>>(2), *m).error(), ErrorKind::kDeadlock) << m->name;
  }
}

// A binary semaphore of two threads; the mutant's release forgets to notify.
template <bool kNotifies>
struct Lock {
  void Thread(int) {
    while (flag.test_and_set(acquire)) flag.wait(true, relaxed);
    data.store(data.load() + 1);
    flag.clear(release);
    if (kNotifies) flag.notify_one();
  }
  void Finish() { Rt::check(data.load() == 2, "both were inside"); }
  Rt::AtomicFlag flag{"flag"};
  Rt::Plain<int> data{0, "data"};
};

TEST(Wait, MakesALock) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<Lock<true>>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
    EXPECT_EQ(Explore(CodeOf<Lock<false>>(2), *m).error(), ErrorKind::kDeadlock) << m->name;
  }
}

// Threads are restarted one by one, and the atomic lives in a thread's object.
struct InAnObject {
  struct Box {
    Rt::Atomic<int> x{0, "box.x"};
  };
  void Thread(int cpu) {
    if (cpu == 0) {
      Box* const b = Rt::make<Box>();
      box.store(b, release);
      b->x.wait(0, acquire);
      // The other thread's notification may still be under way.
      Rt::spin_until([this] { return done.load(acquire); }, "the notification");
      Rt::destroy(b);
    } else if (Box* const b = box.load(acquire)) {
      b->x.store(1, release);
      b->x.notify_one();
      done.store(true, release);
    } else {
      done.store(true, relaxed);
    }
  }
  Rt::Atomic<Box*> box{nullptr, "box"};
  Rt::Atomic<bool> done{false, "done"};
};

TEST(Wait, WorksInIsolatedMachines) {
  for (const bool isolated : {false, true}) {
    ModelCode code = CodeOf<StoreAndNotify<Notify::kAll>>(3);
    code.isolated = isolated;
    EXPECT_TRUE(Explore(code).holds());
    ModelCode lock = CodeOf<Lock<true>>(2);
    lock.isolated = isolated;
    EXPECT_TRUE(Explore(lock).holds());
    ModelCode box = CodeOf<InAnObject>(2);
    box.isolated = isolated;
    // If CPU 1 comes too early, nobody notifies.
    EXPECT_EQ(Explore(box).error(), ErrorKind::kDeadlock);
  }
}

// As above, but the waiting thread destroys the atomic as soon as it sees the value: the other one
// may not have notified it yet.
struct DestroysTooEarly {
  struct Box {
    Rt::Atomic<int> x{0, "box.x"};
  };
  void Thread(int cpu) {
    if (cpu == 0) {
      Box* const b = Rt::make<Box>();
      box.store(b, release);
      b->x.wait(0, acquire);
      Rt::destroy(b);
    } else {
      Box* const b = box.await([](Box* p) { return p != nullptr; }, acquire, "the box");
      b->x.store(1, release);
      b->x.notify_one();
    }
  }
  Rt::Atomic<Box*> box{nullptr, "box"};
};

TEST(Wait, NotifyingADestroyedAtomicIsAUseAfterFree) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<DestroysTooEarly>(2), *m);
    EXPECT_EQ(e.error(), ErrorKind::kUseAfterFree) << m->name;
    EXPECT_THAT(e.message(), HasSubstr("'waiters of box.x'"));
  }
}

struct WaitsOutside {
  void Thread(int) {}
  void Finish() { x.wait(0, relaxed); }
  Rt::Atomic<int> x{0, "x"};
};

TEST(Wait, OutsideThreadsIsADeadlock) {
  EXPECT_EQ(Explore(CodeOf<WaitsOutside>(1)).error(), ErrorKind::kDeadlock);
}

}  // namespace
}  // namespace heddle
