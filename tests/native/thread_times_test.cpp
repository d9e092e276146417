// Is waiting for a thread that gets no CPU told from a hang?
#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "runtime/native/native_runtime.h"
#include "stress/affinity.h"

namespace heddle {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using native::RunMode;
using native::ThreadContext;

std::chrono::nanoseconds CpuTime() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}
void Spin(Clock::duration time) {
  for (const auto end = Clock::now() + time; Clock::now() < end;) {
  }
}

TEST(ThreadTimes, WhoHasRunDoesNotStarve) {
  std::atomic<bool> begun{false}, end{false};
  const ThreadContext context(0, -1, RunMode::kTorture, 1);
  std::thread other([&] {
    const ThreadContext mine(1, -1, RunMode::kTorture, 1);
    begun = true;
    end.wait(false);  // asleep, it could not run
  });
  while (!begun) std::this_thread::yield();
  std::this_thread::sleep_for(100ms);  // by then it is
  const native::ThreadTimes times;
  for (const auto until = CpuTime() + 2ms; CpuTime() < until;) {
  }
  EXPECT_FALSE(times.SomeoneStarves(1ms));
  EXPECT_TRUE(times.SomeoneStarves(1h)) << "the caller runs, and has not run for an hour";
  end = true;
  end.notify_one();
  other.join();
}

// The other thread has the lowest priority and shares its CPU with one that spins for longer than a
// hang takes.
TEST(ThreadTimes, AThreadThatStarvesIsNoHang) {
#if defined(HEDDLE_EMULATED)
  GTEST_SKIP() << "an emulator's threads have priorities of their own";
#endif
  const int cpu = stress::AvailableCpus().back();
  native::BeginRun();
  NativeRuntime::Atomic<int> flag{0, "flag"};
  std::atomic<bool> ready{false};
  std::thread hog([&] {
    { const ThreadContext pinned(2, cpu, RunMode::kTorture, 1); }
    while (!ready) std::this_thread::yield();
    Spin(6s);
  });
  std::thread starving([&] {
    const ThreadContext context(1, cpu, RunMode::kTorture, 1);
    const sched_param none{};
    sched_setscheduler(0, SCHED_IDLE, &none);
    ready = true;
    while (CpuTime() < 40ms) {
    }
    flag.store(1, std::memory_order_release);
  });
  const auto from = Clock::now();
  try {
    const ThreadContext context(0, -1, RunMode::kTorture, 1);
    while (!ready) std::this_thread::yield();
    native::Stop(native::StopCause::kTimeUp);
    flag.await([](int value) { return value == 1; }, std::memory_order_acquire, "the flag");
  } catch (const native::Abandoned&) {  // a hang, which the next lines tell
  }
  const auto waited = Clock::now() - from;
  hog.join();
  starving.join();
  if (waited > 15s) GTEST_SKIP() << "other programs keep it from running for even longer";
  EXPECT_FALSE(native::FirstFailure()) << native::FirstFailure()->why;
}

}  // namespace
}  // namespace heddle
