// Do callbacks and cookies keep what readers use, with threads of this machine?
#include "rcu/callbacks.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "rcu/srcu.h"
#include "runtime/native/native_runtime.h"

namespace heddle {
namespace {

using Rt = NativeRuntime;
using Domain = Srcu<Rt, 3>;
using Periods = GracePeriods<Rt, Domain>;

struct Object {
  std::atomic<bool> freed{false};
  Callback<Rt> callback{[this] { freed = true; }};
};

class NativeCallbacks : public testing::Test {
 protected:
  void SetUp() override { native::BeginRun(); }
  void TearDown() override {
    const auto failure = native::FirstFailure();
    EXPECT_FALSE(failure) << failure->why << ": " << failure->detail;
    native::BeginRun();
  }

  /// CPU 0 reads while CPU 1 and CPU 2 each replace what is theirs, by `replace(cpu, old)`.
  template <typename F>
  void Run(F replace) {
    std::atomic<int> updating{2};
    std::atomic<int> bad{0};
    std::thread reader([&] {
      while (updating != 0) {
        const int i = domain_.ReadLock(0);
        for (auto& published : published_) {
          Object* const object = published;
          std::this_thread::yield();
          if (object->freed) ++bad;
        }
        domain_.ReadUnlock(0, i);
      }
    });
    std::array<std::thread, 2> updaters;
    for (int cpu = 1; cpu <= 2; ++cpu) {
      updaters[static_cast<std::size_t>(cpu - 1)] = std::thread([&, cpu] {
        auto& objects = objects_[static_cast<std::size_t>(cpu - 1)];
        auto& published = published_[static_cast<std::size_t>(cpu - 1)];
        for (std::size_t n = 1; n < objects.size(); ++n) {
          published = &objects[n];
          replace(cpu, objects[n - 1]);
        }
        --updating;
      });
    }
    for (std::thread& updater : updaters) updater.join();
    reader.join();
    EXPECT_EQ(bad, 0);
  }

  Domain domain_{"d"};
  Periods periods_{domain_};
  Callbacks<Rt, Periods, 3> callbacks_{periods_};
  static constexpr std::size_t kObjects = 20;
  std::array<std::array<Object, kObjects>, 2> objects_;
  std::array<std::atomic<Object*>, 2> published_{&objects_[0][0], &objects_[1][0]};
};

TEST_F(NativeCallbacks, UpdatersAtOnceWait) {
  Run([&](int cpu, Object& old) {
    if (cpu == 1) {
      periods_.Synchronize(cpu);
    } else {
      const GracePeriodCookie cookie = periods_.Snapshot();
      if (!periods_.Poll(cookie)) periods_.WaitFor(cpu, cookie);
    }
    old.freed = true;
  });
}

TEST_F(NativeCallbacks, RunWhenTheReadersHaveEnded) {
  Run([&](int cpu, Object& old) {
    callbacks_.Call(cpu, old.callback);
    if (cpu == 1) periods_.Synchronize(cpu);
    callbacks_.Invoke(cpu);
  });
  // What is left is this thread's, whichever CPU queued it.
  periods_.Synchronize(1);
  for (const int cpu : {1, 2}) callbacks_.Invoke(cpu);
  callbacks_.Barrier(0);
  for (const auto& objects : objects_)
    for (std::size_t n = 0; n < kObjects; ++n) EXPECT_EQ(objects[n].freed, n + 1 < kObjects) << n;
}

}  // namespace
}  // namespace heddle
