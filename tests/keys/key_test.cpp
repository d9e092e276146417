// Do all branches of a static key of this program follow it, at once and while they are executed?
#include "keys/key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/native/run_state.h"
#include "tests/support/effort.h"
#include "tests/support/key_sites.h"

namespace heddle::keys {
namespace {

template <int kResult>
[[gnu::noinline]] int IfOn() {
  return StaticBranch<"test.three">() ? kResult : 0;
}

TEST(Key, IsOffAtFirstAndThenWhatItsCountSays) {
  EXPECT_EQ(IfOn<1>(), 0) << "before there is a key";
  Key key("test.three");
  EXPECT_EQ(key.site_count(), 3U);
  const auto results = [] { return std::array{IfOn<1>(), IfOn<2>(), IfOn<3>()}; };
  const std::array off = {0, 0, 0}, on = {1, 2, 3};
  EXPECT_EQ(results(), off);
  key.Inc();
  EXPECT_EQ(results(), on);
  key.Inc();
  EXPECT_TRUE(key.Dec());
  EXPECT_EQ(results(), on);
  EXPECT_TRUE(key.Dec());
  EXPECT_EQ(results(), off);
  EXPECT_FALSE(key.Dec()) << "nobody has counted up";
  EXPECT_EQ(results(), off);
  key.Enable();
  key.Enable();
  EXPECT_EQ(key.count(), 1);
  EXPECT_EQ(results(), on);
  key.DecDeferred();
  EXPECT_EQ(results(), on);
  key.RunDeferred();
  EXPECT_EQ(results(), off);
}

// g++ puts these into sections of their own, .text.unlikely and .text.hot.
[[gnu::cold, gnu::noinline]] int IfOnCold() { return StaticBranch<"test.cold">() ? 1 : 0; }
[[gnu::hot, gnu::noinline]] int IfOnHot() { return StaticBranch<"test.cold">() ? 1 : 0; }
[[gnu::noinline]] int IfOnBeforeThrow(bool fail) {
  if (!fail) return 0;
  if (StaticBranch<"test.cold">()) return 1;
  throw std::runtime_error("off");
}

TEST(Key, MayBeAskedInColdCode) {
  Key key("test.cold");
  EXPECT_EQ(IfOnCold() + IfOnHot() + IfOnBeforeThrow(false), 0);
  EXPECT_THROW(IfOnBeforeThrow(true), std::runtime_error);
  key.Inc();
  EXPECT_EQ(IfOnCold() + IfOnHot() + IfOnBeforeThrow(true), 3);
}

TEST(Key, IsOffWhenItIsGone) {
  {
    Key key("test.three");
    key.Inc();
    EXPECT_EQ(IfOn<1>(), 1);
  }
  EXPECT_EQ(IfOn<1>(), 0);
  const Key again("test.three");
  EXPECT_EQ(again.count(), 0);
}

TEST(Key, OfOneNameIsOne) {
  const Key key("test.three");
  try {
    const Key second("test.three");
    FAIL() << "accepted";
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("'test.three'"));
  }
}

TEST(Key, MayHaveNoSite) {
  Key key("test.none");
  EXPECT_EQ(key.site_count(), 0U);
  key.Inc();
  EXPECT_EQ(key.count(), 1);
}

TEST(Key, LeavesOthersAlone) {
  Key key("test.three"), shared("test.shared");
  shared.Inc();
  EXPECT_TRUE(IsSharedOn());
  EXPECT_EQ(IfOn<1>(), 0);
}

TEST(Key, SitesThatHoldSomethingElseAreAnError) {
  // A table that says a site is where there is none would be such a case; the nearest one that a
  // test can make is a key that is switched to what it is.
  EXPECT_THROW(ProgramText::Get().Switch(HashOf("test.three"), false), std::logic_error);
  EXPECT_EQ(IfOn<1>(), 0);
}

// More sites than one batch of the patcher takes.
template <int... kNumbers>
[[gnu::noinline]] int CountOn(std::integer_sequence<int, kNumbers...>) {
  return (0 + ... + (static_cast<void>(kNumbers), StaticBranch<"test.many">() ? 1 : 0));
}

TEST(Key, MayHaveManySites) {
  constexpr int kMany = 150;
  const auto count = [] { return CountOn(std::make_integer_sequence<int, kMany>()); };
  Key key("test.many");
  EXPECT_EQ(key.site_count(), static_cast<std::size_t>(kMany));
  EXPECT_EQ(count(), 0);
  key.Inc();
  EXPECT_EQ(count(), kMany);
  key.Dec();
  EXPECT_EQ(count(), 0);
}

// Writes over one byte of the program's text, as a debugger would.
void Scribble(std::uintptr_t address, std::uint8_t byte) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  auto* const start = reinterpret_cast<void*>(address / page * page);
  ASSERT_EQ(mprotect(start, page, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
  auto* const at = reinterpret_cast<std::uint8_t*>(address);
  *at = byte;
  __builtin___clear_cache(reinterpret_cast<char*>(at), reinterpret_cast<char*>(at + 1));
  ASSERT_EQ(mprotect(start, page, PROT_READ | PROT_EXEC), 0);
}

TEST(Key, ThatCannotBeSwitchedStaysAsItIs) {
  // Keys do not care whether this process has run scenarios before.
  native::Stop(native::StopCause::kTimeUp);
  constexpr int kMany = 150;
  const auto count = [] { return CountOn(std::make_integer_sequence<int, kMany>()); };
  Key key("test.many");
  const std::uintptr_t last = ProgramText::Get().SitesOf(HashOf("test.many")).back().site;
#if defined(__aarch64__)
  const std::uintptr_t at = last;  // NOP is a hint, as YIELD is
  const std::uint8_t other = 0x3f;
#else
  const std::uintptr_t at = last + 4;  // a NOP with another displacement
  const std::uint8_t other = 1;
#endif
  const std::uint8_t before = *reinterpret_cast<const std::uint8_t*>(at);
  Scribble(at, other);
  EXPECT_THROW(key.Inc(), std::logic_error);
  EXPECT_THROW(key.Enable(), std::logic_error);
  EXPECT_EQ(key.count(), 0);
  EXPECT_EQ(count(), 0) << "those of earlier batches are on";
  Scribble(at, before);
  key.Inc();
  EXPECT_EQ(count(), kMany);

  const std::uint8_t on = *reinterpret_cast<const std::uint8_t*>(last);
  Scribble(last, static_cast<std::uint8_t>(on ^ 2));
  EXPECT_THROW(key.Dec(), std::logic_error);
  EXPECT_THROW(key.Disable(), std::logic_error);
  EXPECT_EQ(key.count(), 1);
  Scribble(last, on);
  EXPECT_EQ(count(), kMany);
  EXPECT_TRUE(key.Dec());
  EXPECT_EQ(count(), 0);
  native::BeginRun();
}

// The child must not execute what its parent pokes: nothing would make it serialise.
TEST(Key, OfAForkedChildIsItsOwn) {
  Key key("test.three");
  key.Inc();
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    char switched = 0;
    const bool told = read(pipe_ends[0], &switched, 1) == 1;
    _exit(told && IfOn<1>() == 1 ? 0 : 1);
  }
  ASSERT_GT(child, 0);
  key.Dec();
  EXPECT_EQ(IfOn<1>(), 0);
  EXPECT_EQ(write(pipe_ends[1], "", 1), 1);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

// The patcher says what it has done; an executor that hears of it does not execute the old text any
// more, and never sees a change that was not made.
TEST(Key, IsSwitchedWhileOthersExecute) {
  Key key("test.three");
  std::atomic<int> said{0};  // counts up before and after each switch
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0}, on{0}, off{0};
  std::vector<std::jthread> executors;
  for (int i = 0; i < 2; ++i)
    executors.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        // 0: off; 1: becoming on; 2: on; 3: becoming off.
        const int before = said.load(std::memory_order_acquire);
        const bool is_on = IfOn<1>() == 1;
        std::atomic_thread_fence(std::memory_order_acquire);
        const int after = said.load(std::memory_order_relaxed);
        if (before != after || before % 2 != 0) continue;  // it may be either
        (is_on ? on : off).fetch_add(1, std::memory_order_relaxed);
        if (is_on != (before % 4 == 2)) wrong.fetch_add(1);
      }
    });
  for (int i = 0; i < Effort(500) || on == 0 || off == 0; ++i) {
    said.fetch_add(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);  // with the fetch of the new text
    key.Inc();
    said.fetch_add(1, std::memory_order_release);
    EXPECT_EQ(IfOn<1>(), 1);
    if (i % 16 == 0) std::this_thread::yield();
    said.fetch_add(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    key.Dec();
    said.fetch_add(1, std::memory_order_release);
    EXPECT_EQ(IfOn<1>(), 0);
  }
  stop = true;
  executors.clear();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_EQ(key.count(), 0);
}

}  // namespace
}  // namespace heddle::keys
