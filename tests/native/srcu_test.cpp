// Does SRCU's misuse end a native run, with what is wrong and where?
#include "rcu/srcu.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "runtime/native/agitator.h"
#include "runtime/native/native_runtime.h"

namespace heddle {
namespace {

class NativeSrcu : public testing::Test {
 protected:
  void SetUp() override { native::BeginRun(); }
  void TearDown() override { native::BeginRun(); }

  /// What the run failed with, and whether this file is to blame; begins another run.
  static std::string Failure() {
    const auto first = native::FirstFailure();
    native::BeginRun();
    if (!first) return "";
    EXPECT_TRUE(std::string_view(first->where.file).ends_with("srcu_test.cpp"));
    return std::string(first->why) + ": " + first->detail;
  }
  Srcu<NativeRuntime, 1> domain_{"d"};
};

TEST_F(NativeSrcu, UsedByTheRulesReportsNothing) {
  for (int round = 0; round < 3; ++round) {
    const int outer = domain_.ReadLock(0);
    domain_.ReadUnlock(0, domain_.ReadLock(0));
    domain_.ReadUnlock(0, outer);
    domain_.Synchronize();
  }
  EXPECT_EQ(Failure(), "");
}

TEST_F(NativeSrcu, MisuseIsAFailureOfTheRun) {
  const auto says = [](const char* what) {
    const std::string failure = Failure();
    EXPECT_NE(failure.find(what), std::string::npos) << failure;
  };
  domain_.ReadUnlock(0, 0);
  says("unlocks srcu 'd', which it has not locked");
  const int i = domain_.ReadLock(0);
  domain_.ReadUnlock(0, 1 - i);
  says("unlocks srcu 'd' with index 1, but has locked it with index 0");
  domain_.Synchronize();  // returns at once
  says("inside a critical section of it");
  domain_.ReadUnlock(0, i);
  domain_.Synchronize();
  EXPECT_EQ(Failure(), "");
}

TEST_F(NativeSrcu, ALockInAnNmiNeedsNmiSafeCounters) {
  const auto read_in_nmis = [](auto& domain) {
    const native::ThreadContext context(0, -1, native::RunMode::kTorture, 1);
    int nmis = 0;
    NativeRuntime::set_interrupt_handler(Interrupt::kNmi, 1, [&] {
      domain.ReadUnlock(0, domain.ReadLock(0));
      ++nmis;
    });
    const native::Agitator agitator(1);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (nmis < 10 && std::chrono::steady_clock::now() < deadline)
      NativeRuntime::interrupt_point();
    native::ClearInterruptHandlers();
    EXPECT_GE(nmis, 10);
  };
  Srcu<NativeRuntime, 1, SrcuSteps{.nmisafe_lock = true, .nmisafe_unlock = true}> safe("safe");
  read_in_nmis(safe);
  EXPECT_EQ(Failure(), "");
  read_in_nmis(domain_);
  EXPECT_NE(Failure().find("locks srcu 'd' in an NMI"), std::string::npos);
}

}  // namespace
}  // namespace heddle
