// Do scenarios end that are over before a thread has begun?
//
// A run may be stopped at any time, and its threads do not begin at once.  A reader that does
// nothing any more must be in no updater's way.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <type_traits>

#include "runtime/native/native_runtime.h"
#include "scenarios/rcu_interrupts.h"
#include "scenarios/tracepoint.h"
#include "scenarios/tracepoint_101_readers.h"

namespace heddle {
namespace {

using namespace std::chrono_literals;

template <typename Scenario>
class OverAtOnce : public testing::Test {};
using Scenarios = testing::Types<Tracepoint101, Tracepoint101Look, RcuIrqs>;
TYPED_TEST_SUITE(OverAtOnce, Scenarios);

TYPED_TEST(OverAtOnce, IsNoHang) {
  native::BeginRun();
  typename TypeParam::template Program<NativeRuntime> program;
  const auto run = [&](int cpu) {
    const native::ThreadContext context(cpu, -1, native::RunMode::kTorture, 1);
    try {
      program.Thread(cpu);
    } catch (const native::Abandoned&) {
    }
  };
  std::thread updater(run, 0);
  std::this_thread::sleep_for(50ms);  // by now it waits for the others
  native::Stop(native::StopCause::kTimeUp);
  for (int cpu = 1; cpu < TypeParam::kThreads; ++cpu) run(cpu);
  updater.join();
  EXPECT_FALSE(native::FirstFailure()) << native::FirstFailure()->why;
  native::ClearInterruptHandlers();
  if constexpr (requires { program.Finish(); }) program.Finish();
}

}  // namespace
}  // namespace heddle
