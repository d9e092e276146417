// Does each layout put the programs of a batch where it says, and do runs use it?
#include "stress/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "runtime/native/native_runtime.h"
#include "scenarios/rcu_axiom.h"
#include "scenarios/store_buffering.h"
#include "stress/suite.h"

namespace heddle::stress {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLine = native::kCacheLine, kPage = 4096, kSize = 1024;

std::uintptr_t Address(const BatchMemory& memory, Layout layout, std::uint32_t place) {
  return reinterpret_cast<std::uintptr_t>(memory.begin()) +
         memory.LineOf(layout, place) * std::uintptr_t{kLine};
}

TEST(Layout, ProgramsDoNotOverlapInAnyTwoLayouts) {
  for (const std::size_t lines : {1u, 3u, 64u, 128u}) {
    const auto layouts = LayoutsOf(lines * kLine, kLine);
    const BatchMemory memory(layouts, lines, kSize);
    std::set<std::uint32_t> begins;
    for (const Layout layout : layouts)
      for (std::uint32_t i = 0; i < kSize; ++i) begins.insert(memory.LineOf(layout, i));
    ASSERT_EQ(begins.size(), layouts.size() * kSize);
    std::uint32_t end = 0;
    for (const std::uint32_t begin : begins) {
      EXPECT_GE(begin, end);
      end = begin + static_cast<std::uint32_t>(lines);
    }
    for (std::uint32_t line = 0; line < end; ++line) memory.begin()[line * kLine] = 1;
  }
}

TEST(Layout, WhatEachIs) {
  const BatchMemory memory(LayoutsOf(3 * kLine, kLine), 3, kSize);
  std::map<Layout, std::set<std::uintptr_t>> in_page, pages;
  for (const Layout layout : memory.layouts()) {
    for (std::uint32_t i = 0; i < kSize; ++i) {
      in_page[layout].insert(Address(memory, layout, i) % kPage);
      pages[layout].insert(Address(memory, layout, i) / kPage);
    }
  }
  EXPECT_EQ(pages[Layout::kPacked].size(), 3 * kSize * kLine / kPage);
  EXPECT_EQ(in_page[Layout::kPages], std::set<std::uintptr_t>{0}) << "the same cells alias";
  EXPECT_EQ(pages[Layout::kPages].size(), kSize);
  EXPECT_EQ(in_page[Layout::kStaggered].size(), kPage / kLine) << "neighbours' lines do, in turns";
  EXPECT_GE(pages[Layout::kStaggered].size(), kSize);
}

// Of an odd number of lines, every second packed program begins amid a pair of lines; apart none
// does.  Of an even number it is the other way round.
TEST(Layout, ApartTurnsPairsRound) {
  for (const std::size_t lines : {2u, 3u, 4u, 5u}) {
    const BatchMemory memory(LayoutsOf(lines * kLine, kLine), lines, kSize);
    const auto odd = [&](Layout layout) {
      int n = 0;
      for (std::uint32_t i = 0; i < kSize; ++i) n += memory.LineOf(layout, i) % 2 != 0;
      return n;
    };
    EXPECT_EQ(odd(Layout::kPacked), lines % 2 != 0 ? 512 : 0) << lines;
    EXPECT_EQ(odd(Layout::kApart), lines % 2 != 0 ? 0 : 512) << lines;
  }
}

TEST(Layout, MemoryIsBounded) {
  EXPECT_EQ(LayoutsOf(8193, kLine), std::vector{Layout::kPacked});
  EXPECT_EQ(LayoutsOf(128, 128), std::vector{Layout::kPacked}) << "not on every line";
  std::size_t lines = 0;
  for (const Layout layout : LayoutsOf(8192, kLine)) lines += Stride(layout, 8192 / kLine);
  EXPECT_LT(lines * kLine * kSize, std::size_t{33} << 20);
}

// Tells on which line of its page it is, and counts those alive.
std::atomic<int> g_alive{0};
template <Runtime Rt>
class WhereProgram {
 public:
  WhereProgram() { ++g_alive; }
  ~WhereProgram() { --g_alive; }
  // Whoever runs it finds all programs made, and nobody else's share unmade.
  void Thread(int cpu) {
    Rt::check(x_.load(std::memory_order_relaxed) == 7, "this program has been made");
    Rt::check(g_alive == kSize, "so many programs are alive");
    if (cpu != 0) return;
    Rt::observe(line_, static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(this) % kPage));
  }
  void Finish() {
    const auto distance =
        reinterpret_cast<std::intptr_t>(&y_) - reinterpret_cast<std::intptr_t>(&x_);
    Rt::observe(distance_, distance);
  }
  std::array<Observation, 2> Observed() const { return {line_, distance_}; }

 private:
  typename Rt::template Atomic<int> x_{7, "x"};
  typename Rt::template Plain<int> y_{0, "y"};
  Observation line_{"line"}, distance_{"distance"};
};
template <int kNumber>
struct Where {
  static constexpr std::string_view kName = "where";
  static constexpr int kThreads = kNumber;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = WhereProgram<Rt>;
  static std::vector<Expect> Expected() { return {}; }
};

// What each value of the knob has shown is what it was to show, and no program is lost or left.
TEST(Layout, IsAKnobOfEveryRun) {
  std::vector<Knobs> settings;
  for (const Layout layout :
       {Layout::kPacked, Layout::kApart, Layout::kPages, Layout::kStaggered, Layout::kDense})
    settings.push_back({.pacing = Pacing::kFree, .layout = layout});
  for (const StressPlan& plan : {MakePlan<Where<2>>(), MakePlan<Where<3>>()}) {
    const StressResult several = RunStress(plan, {.duration = 300ms, .settings = settings});
    EXPECT_THAT(several.faults, testing::IsEmpty());
    EXPECT_GT(several.samples, 0u);
    EXPECT_EQ(g_alive, 0);
  }
  const StressResult result =
      RunStress(MakePlan<Where<1>>(), {.duration = 300ms, .settings = settings});
  EXPECT_EQ(g_alive, 0);
  std::map<std::string, std::set<std::int64_t>> lines, distances;
  for (const KnobCount& k : result.knobs) {
    if (k.knob != "layout") continue;
    EXPECT_GT(k.samples, 0u);
    for (const auto& entry : k.outcomes) {
      lines[k.value].insert(entry.outcome[0]);
      distances[k.value].insert(entry.outcome[1]);
    }
  }
  ASSERT_EQ(lines.size(), settings.size());
  EXPECT_EQ(lines["packed"].size(), 64u);
  EXPECT_EQ(lines["a line apart"].size(), 16u);
  EXPECT_EQ(lines["pages"], std::set<std::int64_t>{0});
  EXPECT_EQ(lines["pages, staggered"].size(), 64u);
  EXPECT_EQ(distances["packed"], std::set<std::int64_t>{kLine});
  EXPECT_EQ(distances["dense"], std::set<std::int64_t>{16}) << "two cells on one line";
}

TEST(Layout, OnlySmallProgramsAreDense) {
  EXPECT_FALSE(MakePlan<RcuSb>().make_dense_batch);
  EXPECT_THROW(RunStress(MakePlan<RcuSb>(), {.settings = {{.layout = Layout::kDense}}}),
               std::invalid_argument);
  EXPECT_TRUE(MakePlan<StoreBuffering>().make_dense_batch);
  EXPECT_EQ(sizeof(StoreBuffering::Program<DenseRuntime>), kLine) << "cells and observations";
}

}  // namespace
}  // namespace heddle::stress
