// Do the native atomics compute what std::atomic does, for every kind of value?
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <thread>

#include "runtime/native/native_runtime.h"

namespace heddle {
namespace {

using Rt = NativeRuntime;
using enum std::memory_order;

// There is no arithmetic that std::atomic lacks.
static_assert(!AdditiveAtomicCell<Rt::Atomic<bool>, bool>);
static_assert(!BitwiseAtomicCell<Rt::Atomic<double>, double>);

template <typename Cell, typename Body>
void InTwoThreads(Cell& cell, Body body) {
  std::jthread other([&] { body(cell); });
  body(cell);
}

TEST(NativeAtomic, EveryKindOfValueHasItsArithmetic) {
  Rt::Atomic<int> number{3, "number"};
  EXPECT_EQ(number.fetch_xor(6, acq_rel), 3);
  EXPECT_EQ(number.load(relaxed), 5);
  std::array<int, 4> elements{};
  Rt::Atomic<int*> pointer{elements.data(), "pointer"};
  EXPECT_EQ(pointer.fetch_add(2, relaxed), &elements[0]);
  EXPECT_EQ(pointer.fetch_sub(1, relaxed), &elements[2]);
  EXPECT_EQ(pointer.load(relaxed), &elements[1]);
  Rt::Atomic<float> single{1.0f, "single"};
  EXPECT_EQ(single.fetch_add(0.5f, relaxed), 1.0f);
  EXPECT_EQ(single.fetch_sub(3.0f, relaxed), 1.5f);
  EXPECT_EQ(single.load(relaxed), -1.5f);
  enum class Colour : std::uint8_t { kRed, kGreen };
  Rt::Atomic<Colour> colour{Colour::kRed, "colour"};
  EXPECT_EQ(colour.exchange(Colour::kGreen, relaxed), Colour::kRed);
  EXPECT_EQ(colour.plain_load(), Colour::kGreen);
  colour.plain_store(Colour::kRed);
  EXPECT_EQ(colour.load(relaxed), Colour::kRed);
}

TEST(NativeAtomic, AdditionsOfTwoThreadsAreNotLost) {
  Rt::Atomic<double> real{0.0, "real"};
  InTwoThreads(real, [](auto& cell) {
    for (int i = 0; i < 1000; ++i) cell.fetch_add(1.0, relaxed);
  });
  EXPECT_EQ(real.load(relaxed), 2000.0);
  Rt::Atomic<std::uint16_t> weak{0, "weak"};
  InTwoThreads(weak, [](auto& cell) {
    for (int i = 0; i < 1000; ++i) {
      std::uint16_t seen = cell.load(relaxed);
      while (!cell.compare_exchange_weak(seen, static_cast<std::uint16_t>(seen + 1), acq_rel)) {
      }
    }
  });
  EXPECT_EQ(weak.load(relaxed), 2000);
}

TEST(NativeAtomic, CompareExchangeTakesOneOrder) {
  Rt::Atomic<bool> cell{false, "cell"};
  bool expected = true;
  EXPECT_FALSE(cell.compare_exchange_strong(expected, true, release));
  EXPECT_FALSE(expected);
  EXPECT_TRUE(cell.compare_exchange_strong(expected, true, acq_rel));
}

TEST(NativeAtomicFlag, ExcludesThreads) {
  Rt::AtomicFlag flag{"flag"};
  EXPECT_FALSE(flag.test(acquire));
  int data = 0;
  InTwoThreads(flag, [&](auto& lock) {
    for (int i = 0; i < 1000; ++i) {
      while (lock.test_and_set(acquire)) lock.wait(true, relaxed);
      ++data;
      lock.clear(release);
      lock.notify_one();
    }
  });
  EXPECT_EQ(data, 2000);
}

TEST(NativeWait, ReturnsWhenTheValueDiffers) {
  Rt::Atomic<int> flag{0, "flag"};
  flag.wait(1, acquire);
  std::jthread setter([&] {
    flag.store(1, release);
    flag.notify_all();
  });
  flag.wait(0, acquire);
  EXPECT_EQ(flag.load(relaxed), 1);
}

#if defined(__x86_64__)
struct Wide {
  std::uint64_t a = 0, b = 0;
  bool operator==(const Wide&) const = default;
};

TEST(NativeAtomic, SixteenBytesChangeAsAWhole) {
  Rt::Atomic<Wide> wide{{0, 0}, "wide"};
  InTwoThreads(wide, [](auto& cell) {
    for (int i = 0; i < 1000; ++i) {
      Wide seen = cell.load(acquire);
      EXPECT_EQ(seen.a * 3, seen.b);
      while (!cell.compare_exchange_weak(seen, {seen.a + 1, seen.b + 3}, acq_rel)) {
      }
    }
  });
  EXPECT_EQ(wide.exchange({1, 1}, acq_rel), (Wide{2000, 6000}));
  wide.store({5, 6}, release);
  EXPECT_EQ(wide.load(relaxed), (Wide{5, 6}));
}
#endif

}  // namespace
}  // namespace heddle
