// Does fast SRCU keep what readers are at, natively, and report misuse?
#include "rcu/srcu_fast.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <thread>

#include "runtime/native/native_runtime.h"

namespace heddle {
namespace {

using Rt = NativeRuntime;

class NativeSrcuFast : public testing::Test {
 protected:
  void SetUp() override { native::BeginRun(); }
  void TearDown() override { native::BeginRun(); }

  static std::string Failure() {
    const auto first = native::FirstFailure();
    native::BeginRun();
    return first ? std::string(first->why) + ": " + first->detail : "";
  }
};

// With checks and without: what is no longer published is overwritten after each grace period.
template <SrcuFastSteps kSteps>
int ReclaimedThatWasRead() {
  // A section takes longer than an updater's barriers.
  constexpr int kPeriods = 200, kLooks = 20'000, kReclaimed = -1;
  SrcuFast<Rt, 1, kSteps> domain("d");
  std::array<std::atomic<int>, 3> objects{0, 0, 0};  // atomic, so that an error is no race besides
  std::atomic<int> current{0};
  std::atomic<bool> begun{false}, done{false};
  int bad = 0;
  std::thread reader([&] {
    const native::ThreadContext context(1, -1, native::RunMode::kSample, 1);
    while (!done.load()) {
      auto* const held = domain.ReadLock(0);
      const auto now = static_cast<std::size_t>(current.load(std::memory_order_acquire));
      for (int look = 0; look < kLooks; ++look)
        if (objects[now].load(std::memory_order_relaxed) == kReclaimed) ++bad;
      domain.ReadUnlock(0, held);
      begun.store(true);
    }
  });
  {
    const native::ThreadContext context(0, -1, native::RunMode::kSample, 1);
    while (!begun.load()) std::this_thread::yield();
    for (int period = 1; period <= kPeriods; ++period) {
      const int next = period % 3, old = (period - 1) % 3;
      objects[static_cast<std::size_t>(next)].store(period);
      current.store(next, std::memory_order_release);
      domain.Synchronize();
      objects[static_cast<std::size_t>(old)].store(kReclaimed, std::memory_order_relaxed);
    }
    done.store(true);
    reader.join();
  }
  return bad;
}

TEST_F(NativeSrcuFast, NoReaderSeesWhatWasReclaimed) {
  EXPECT_EQ(ReclaimedThatWasRead<SrcuFastSteps{}>(), 0);
  EXPECT_EQ(ReclaimedThatWasRead<SrcuFastSteps{.check_use = false}>(), 0);
  EXPECT_EQ(Failure(), "");
}

TEST_F(NativeSrcuFast, MisuseIsAFailureOfTheRun) {
  SrcuFast<Rt, 1> domain("d");
  auto* const held = domain.ReadLock(0);
  domain.Synchronize();  // returns at once
  EXPECT_NE(Failure().find("synchronizes fast srcu 'd' inside a critical section"),
            std::string::npos);
  domain.ReadUnlock(0, held);
  domain.ReadUnlock(0, held);
  EXPECT_NE(Failure().find("unlocks fast srcu 'd', which it has not locked"), std::string::npos);
}

}  // namespace
}  // namespace heddle
