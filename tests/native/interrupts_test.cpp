// Do signals interrupt native threads where they may, and nowhere else?
#include <gtest/gtest.h>
#include <signal.h>
#include <ucontext.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "runtime/kernel.h"
#include "runtime/native/agitator.h"
#include "runtime/native/native_runtime.h"
#include "runtime/native/single_step.h"

namespace heddle {
namespace {

using Rt = NativeRuntime;
using enum std::memory_order;

// Runs `round` again and again on this thread, agitated, until `enough` or 20 s have passed.
void Agitate(const std::function<void()>& round, const std::function<bool()>& enough) {
  native::BeginRun();
  const native::ThreadContext context(0, -1, native::RunMode::kTorture, 1);
  const native::Agitator agitator(1);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!enough() && std::chrono::steady_clock::now() < deadline) round();
  native::ClearInterruptHandlers();
  EXPECT_FALSE(native::FirstFailure()) << native::FirstFailure()->why;
}

TEST(NativeInterrupts, HandlersOfEachKindRun) {
  std::array<int, 3> ran{};
  for (const Interrupt kind : {Interrupt::kPreemption, Interrupt::kIrq, Interrupt::kNmi})
    Rt::set_interrupt_handler(kind, 1, [&ran, kind] { ++ran[static_cast<std::size_t>(kind)]; });
  std::atomic<int> rounds{0};
  Agitate([&] { ++rounds; }, [&] { return ran[0] > 10 && ran[1] > 10 && ran[2] > 10; });
  EXPECT_GT(ran[0], 10);
  EXPECT_GT(ran[1], 10);
  EXPECT_GT(ran[2], 10);
}

TEST(NativeInterrupts, AMaskHoldsBackItsKindUntilItEnds) {
  Rt::Atomic<int> masked{0, "masked"};
  int irqs = 0, nmis_in_mask = 0, held_back = 0;
  Rt::set_interrupt_handler(Interrupt::kIrq, 1, [&] {
    ++irqs;
    EXPECT_EQ(masked.load(relaxed), 0) << "an IRQ where IRQs are masked";
  });
  Rt::set_interrupt_handler(Interrupt::kNmi, 1, [&] { nmis_in_mask += masked.load(relaxed); });
  Agitate(
      [&] {
        int before = 0;
        {
          const kernel::IrqsOff<Rt> off;
          masked.store(1, relaxed);
          before = irqs;
          for (int i = 0; i < 20; ++i) Rt::interrupt_point();
          masked.store(0, relaxed);
        }
        held_back += irqs - before;
      },
      [&] { return nmis_in_mask > 10 && held_back > 10; });
  EXPECT_GT(nmis_in_mask, 10);
  EXPECT_GT(held_back, 10) << "what came meanwhile runs when the mask ends";
}

TEST(NativeInterrupts, AnNmiCannotBeMasked) {
  native::BeginRun();
  const native::ThreadContext context(0, -1, native::RunMode::kTorture, 1);
  Rt::mask(Interrupt::kNmi);
  ASSERT_TRUE(native::FirstFailure());
  EXPECT_STREQ(native::FirstFailure()->detail, "an NMI cannot be masked");
}

TEST(NativeInterrupts, HandlersNestByKind) {
  int level = 0, nested = 0, too_deep = 0;
  const auto handler = [&](int mine) {
    return [&, mine] {
      const int outer = level;
      if (outer >= mine) ++too_deep;
      nested += outer > 0 ? 1 : 0;
      level = mine;
      for (int i = 0; i < 10; ++i) Rt::interrupt_point();
      level = outer;
    };
  };
  Rt::set_interrupt_handler(Interrupt::kPreemption, 1, handler(1));
  Rt::set_interrupt_handler(Interrupt::kIrq, 1, handler(2));
  Rt::set_interrupt_handler(Interrupt::kNmi, 1, handler(3));
  Agitate([&] { Rt::interrupt_point(); }, [&] { return nested > 100; });
  EXPECT_GT(nested, 100);
  EXPECT_EQ(too_deep, 0) << "a kind interrupts lower ones only";
}

// Some instructions long: a signal from another CPU would come when it is over.
TEST(NativeInterrupts, AShortHandlerIsInterruptedBetweenAnyTwoOfItsInstructions) {
  if (!native::CanSingleStep()) GTEST_SKIP() << "this machine cannot execute single steps";
  constexpr int kSteps = 8;
  volatile int step = 0;  // 0: not in the handler
  std::array<int, kSteps + 1> hit{};
  Rt::set_interrupt_handler(Interrupt::kIrq, 1, [&] {
    for (int i = 1; i <= kSteps; ++i) step = i;
    step = 0;
  });
  Rt::set_interrupt_handler(Interrupt::kNmi, 1, [&] { ++hit[static_cast<std::size_t>(step)]; });
  const auto everywhere = [&] {
    return std::all_of(hit.begin(), hit.end(), [](int n) { return n > 0; });
  };
  Agitate([] {}, everywhere);
  EXPECT_TRUE(everywhere()) << testing::PrintToString(hit);
}

#if defined(__x86_64__)
// As virtual machines now and then report one: without DR6.BS.
TEST(NativeInterrupts, AStepIsKnownByTheTrapFlagAlone) {
  if (!native::CanSingleStep()) GTEST_SKIP() << "this machine cannot execute single steps";
  constexpr greg_t kTrapFlag = 1 << 8;
  ucontext_t at{};
  greg_t& flags = at.uc_mcontext.gregs[REG_EFL];
  EXPECT_FALSE(native::TakeStep(TRAP_BRKPT, &at)) << "INT1";
  flags = kTrapFlag;
  EXPECT_FALSE(native::TakeStep(SI_KERNEL, &at)) << "INT3, executed as a step";
  EXPECT_EQ(flags, kTrapFlag);
  EXPECT_TRUE(native::TakeStep(TRAP_BRKPT, &at));
  EXPECT_EQ(flags, 0) << "none is awaited: this was the last one";
}
#endif

TEST(NativeInterrupts, TheAllocatorIsNotInterrupted) {
  int made = 0;
  Rt::set_interrupt_handler(Interrupt::kNmi, 1, [&] {
    Rt::destroy(Rt::make<int>(1));
    ++made;
  });
  Agitate([&] { Rt::destroy(Rt::make<int>(1)); }, [&] { return made > 1000; });
  EXPECT_GT(made, 1000);
}

TEST(NativeInterrupts, NobodyIsInterruptedAfterwards) {
  int ran = 0;
  Rt::set_interrupt_handler(Interrupt::kNmi, 1, [&] { ++ran; });
  Agitate([] {}, [&] { return ran > 0; });
  const int before = ran;
  const native::Agitator agitator(1);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(ran, before);
  EXPECT_EQ(agitator.sent(), 0U);
}

}  // namespace
}  // namespace heddle
