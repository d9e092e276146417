// Does a barrier of all threads spare the other side of store buffering its fence, natively?
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "runtime/kernel.h"
#include "runtime/native/native_runtime.h"

namespace heddle {
namespace {

using Rt = NativeRuntime;
using enum std::memory_order;

class NativeBarrierAll : public testing::TestWithParam<native::SyncMethod> {
 protected:
  void SetUp() override {
    native::BeginRun();
    before_ = native::CurrentSyncMethod();
    if (GetParam() == native::SyncMethod::kMembarrier && before_ != GetParam())
      GTEST_SKIP() << "this kernel has no membarrier(PRIVATE_EXPEDITED)";
    native::SetSyncMethod(GetParam());
  }
  void TearDown() override {
    native::SetSyncMethod(before_);
    native::BeginRun();
  }
  native::SyncMethod before_{};
};

// Store buffering, round by round: both store the round's number, then look for the other's.
struct StoreBuffering {
  template <typename Barrier>
  std::vector<bool> Run(int cpu, Barrier barrier) {
    const native::ThreadContext context(cpu, -1, native::RunMode::kSample, 1);
    auto& mine = cpu == 0 ? x : y;
    std::vector<bool> saw;
    for (int i = 1; i <= kRounds; ++i) {
      arrived.fetch_add(1, acq_rel);
      for (int n = 1; arrived.load(acquire) < 2 * i; ++n)
        if (n % 4096 == 0) std::this_thread::yield();
      mine.store(i, relaxed);
      barrier();
      saw.push_back((cpu == 0 ? y : x).load(relaxed) == i);
    }
    return saw;
  }
  static constexpr int kRounds = 20'000;
  Rt::Atomic<int> arrived{0, "arrived"}, x{0, "x"}, y{0, "y"};
};

TEST_P(NativeBarrierAll, OfTwoThreadsAtLeastOneSeesTheOther) {
  Rt::BarrierAll barrier_all;
  StoreBuffering program;
  std::vector<bool> heavy, light;
  std::thread other([&] { light = program.Run(1, [] { kernel::barrier(); }); });
  heavy = program.Run(0, [&] { barrier_all(); });
  other.join();
  for (std::size_t i = 0; i < heavy.size(); ++i) EXPECT_TRUE(heavy[i] || light[i]) << i;
  EXPECT_FALSE(native::FirstFailure().has_value());
}

TEST_P(NativeBarrierAll, ReturnsWithoutOtherThreads) {
  Rt::BarrierAll barrier_all;
  for (int i = 0; i < 3; ++i) barrier_all();
  EXPECT_FALSE(native::FirstFailure().has_value());
}

INSTANTIATE_TEST_SUITE_P(Methods, NativeBarrierAll,
                         testing::Values(native::SyncMethod::kMembarrier,
                                         native::SyncMethod::kSignal),
                         [](const auto& method) {
                           return method.param == native::SyncMethod::kMembarrier ? "Membarrier"
                                                                                  : "Signal";
                         });

}  // namespace
}  // namespace heddle
