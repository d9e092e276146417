// Does a call in a child come back, whatever the child does?
#include "stress/forked_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "stress/end_signals.h"

namespace heddle::stress {
namespace {

using namespace std::chrono_literals;

TEST(IsolatedCall, GivesBackWhatTheFunctionReturns) {
  const std::string long_text(100'000, 'x');
  const ForkedCall call = CallForked([&] { return long_text; }, 10s);
  EXPECT_EQ(call.text, long_text);
  EXPECT_EQ(call.failure, "");
}

TEST(IsolatedCall, TellsHowTheChildEnded) {
  EXPECT_EQ(CallForked([]() -> std::string { std::_Exit(3); }, 10s).failure,
            "ended its process with status 3");
  EXPECT_EQ(CallForked([]() -> std::string { raise(SIGKILL), std::abort(); }, 10s).failure,
            "crashed: Killed");
}

TEST(IsolatedCall, EndsWhoTakesTooLong) {
  const ForkedCall call = CallForked(
      []() -> std::string {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, nullptr);
        for (;;) std::this_thread::sleep_for(1h);
      },
      1s);
  EXPECT_EQ(call.failure, "took longer than 1 s");
}

TEST(IsolatedCall, EndsWithTheSignalThatEndsARun) {
  const EndSignals end_signals;
  raise(SIGTERM);
  const ForkedCall call = CallForked(
      []() -> std::string {
        for (;;) std::this_thread::sleep_for(1h);
      },
      60s);
  EXPECT_TRUE(call.interrupted);
}

}  // namespace
}  // namespace heddle::stress
