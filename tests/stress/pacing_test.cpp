// Do threads meet where the pacing says, and get away when one of them does not come?
#include "stress/pacing.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "stress/histogram.h"

namespace heddle::stress {
namespace {

TEST(Gate, TheLastOnePreparesBeforeAnybodyGoesOn) {
  Gate gate(3);
  int prepared = 0;  // plain: the gate orders its accesses
  std::atomic<int> wrong{0};
  const auto work = [&] {
    for (int round = 1; round <= 200; ++round) {
      if (!gate.Arrive([&] { ++prepared; })) wrong.fetch_add(1, std::memory_order_relaxed);
      if (prepared != round) wrong.fetch_add(1, std::memory_order_relaxed);
      gate.Arrive([] {});
    }
  };
  {
    std::jthread a(work), b(work);
    work();
  }
  EXPECT_EQ(wrong.load(std::memory_order_relaxed), 0);
}

TEST(Gate, ABrokenGateLetsEverybodyGo) {
  Gate gate(2);
  std::jthread breaker([&] { gate.Break(); });
  EXPECT_FALSE(gate.Arrive([] { FAIL() << "nobody else came"; }));
}

TEST(SlotPacer, CountsLateSamplesAndWaitsForEarlyOnes) {
  if (!kSharedClock) GTEST_SKIP() << "no clock that the CPUs share";
  SlotPacer past(Ticks() - 1000, 1);
  past.Await(0);
  EXPECT_EQ(past.late(), 1u);
  const std::uint64_t start = Ticks() + 50'000'000;  // tens of milliseconds: no preemption is late
  SlotPacer future(start, 1000);
  future.Await(5);
  EXPECT_GE(Ticks(), start + 5000);
  EXPECT_EQ(future.late(), 0u);
}

TEST(HandshakePacer, NobodyBeginsASampleBeforeAllHaveCome) {
  native::BeginRun();  // an earlier run of this process is over, and pacers of such a one wait no
                       // more
  constexpr int kSamples = 500;
  HandshakeCounter counter;
  const Gate gate(2);
  std::atomic<int> begun[kSamples + 1] = {};
  std::atomic<int> wrong{0};
  const auto work = [&] {
    HandshakePacer pacer(counter, gate, 2, /*share_cpus=*/true);
    for (std::size_t k = 0; k < kSamples; ++k) {
      // Whoever is in sample k shows that both have finished sample k - 1.
      if (k > 1 && begun[k - 2].load(std::memory_order_relaxed) != 2) ++wrong;
      if (!pacer.Await(k)) ++wrong;
      begun[k].fetch_add(1, std::memory_order_relaxed);
    }
  };
  {
    std::jthread other(work);
    work();
  }
  EXPECT_EQ(wrong.load(std::memory_order_relaxed), 0);
}

TEST(HandshakePacer, GivesUpWhenTheGateIsBroken) {
  HandshakeCounter counter;
  Gate gate(2);
  gate.Break();
  HandshakePacer pacer(counter, gate, 2, /*share_cpus=*/true);
  EXPECT_FALSE(pacer.Await(0));
}

TEST(Histogram, CountsAndMerges) {
  Histogram a, b;
  a.Add(std::vector<std::int64_t>{0, 1});
  b.Add(std::vector<std::int64_t>{0, 1}, 4);
  b.Add(std::vector<std::int64_t>{1, 1});
  a.Merge(b);
  ASSERT_EQ(a.entries().size(), 2u);
  EXPECT_EQ(a.entries()[0].count, 5u);
  EXPECT_EQ(a.Total(), 6u);
}

}  // namespace
}  // namespace heddle::stress
