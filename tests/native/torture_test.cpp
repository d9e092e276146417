// Does torture spare what is right, and find at once what is badly wrong?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "scenarios/torture/tight.h"
#include "scenarios/torture/wide.h"
#include "stress/suite.h"

namespace heddle::torture {
namespace {

using namespace std::chrono_literals;
using stress::MakePlan;
using stress::RunStress;
using stress::StressResult;
using testing::HasSubstr;

using AllTight = TypeList<TightSrcu, TightSrcuReaders, TightSrcuFast, TightRcu, TightRcuReaders,
                          TightRcuPreempt, TightRcuTasks, TightRcuTasksRude>;
using AllWide =
    TypeList<WideSrcu, WideSrcuFast, WideRcu, WideRcuPreempt, WideRcuTasks, WideRcuTasksRude>;

/// Updates are the first observation of each, with the value 1.
std::uint64_t Updates(const StressResult& result) { return result.outcomes.front().count; }

template <typename Scenario>
void ExpectGood() {
  const StressResult result = RunStress(MakePlan<Scenario>(), {.duration = 300ms});
  EXPECT_EQ(result.verdict, stress::StressVerdict::kPassed)
      << result.scenario << ": " << testing::PrintToString(result.failures);
  EXPECT_GT(Updates(result), 0u) << result.scenario;
}

template <typename Scenario, typename Mutant>
void ExpectKilled(const char* by) {
  StressResult result;
  // Most die within milliseconds; a busy machine may need more than one try.
  for (int attempt = 0; attempt < 20 && result.failures.empty(); ++attempt)
    result = RunStress(MakePlan<Scenario, Mutant>(),
                       {.duration = 1s, .seed = static_cast<std::uint64_t>(attempt + 1)});
  EXPECT_EQ(result.verdict, stress::StressVerdict::kFailed) << result.scenario;
  if (!result.failures.empty()) {
    EXPECT_THAT(result.failures.front(), HasSubstr(by)) << result.scenario;
  }
}

// ThreadSanitizer knows no fences, by which SRCU orders all.
#if !defined(__SANITIZE_THREAD__)
TEST(Torture, TightSparesEachKindOfRcu) {
  AllTight::ForEach([]<typename Scenario>() { ExpectGood<Scenario>(); });
}

TEST(Torture, WideSparesEachKindOfRcu) {
  AllWide::ForEach([]<typename Scenario>() { ExpectGood<Scenario>(); });
}

TEST(Torture, TightFindsThatSynchronizeWaitsForNothing) {
  AllTight::ForEach(
      []<typename Scenario>() { ExpectKilled<Scenario, typename Scenario::NoWait>("poisoned"); });
}

TEST(Torture, WideFindsThatSynchronizeWaitsForNothing) {
  const char* const by = "grace period";
  ExpectKilled<WideSrcu, WideSrcu::NoWait>(by);
  ExpectKilled<WideSrcuFast, WideSrcuFast::NoSecondScan>(by);
  ExpectKilled<WideRcu, WideRcu::NoWait>(by);
  ExpectKilled<WideRcuPreempt, WideRcuPreempt::NoWait>(by);
  ExpectKilled<WideRcuTasks, WideRcuTasks::NoWait>(by);
  ExpectKilled<WideRcuTasksRude, WideRcuTasksRude::NoWait>(by);
}

/// Grace periods wait until each reader is about to leave, which then takes a while.
template <typename Rt, int kCpus>
class HastyFlavour {
 public:
  static constexpr bool kSleeps = false, kAnyCpu = false;
  void Begin(int) {}
  void End(int) {}
  void Away(int) {}
  void Amid(int) {}
  void Quiesce(int) {}
  template <typename F>
  void Interrupts(int, F) {}
  template <typename F>
  void Idle(int, F wait, SourceLocation = SourceLocation::Current()) {
    wait();
  }
  Nothing Lock(int cpu) {
    Reader& reader = readers_[static_cast<std::size_t>(cpu)];
    if (reader.depth++ == 0) reader.sections.fetch_add(1);  // odd: inside
    return {};
  }
  void Unlock(int cpu, Nothing) {
    Reader& reader = readers_[static_cast<std::size_t>(cpu)];
    if (--reader.depth > 0) return;
    reader.sections.fetch_add(1);
    std::this_thread::sleep_for(1ms);  // whoever waits may have this CPU
  }
  bool MayWait(int, SourceLocation) { return true; }
  void Synchronize(int, SourceLocation = SourceLocation::Current()) {
    kernel::smp_mb<Rt>();
    for (Reader& reader : readers_) {
      const unsigned before = reader.sections.load();
      if (before % 2 == 0) continue;
      Rt::spin_until([&] { return reader.sections.load() != before; }, "a reader to leave");
    }
  }

 private:
  struct Reader {
    std::atomic<unsigned> sections{0};
    int depth = 0;
  };
  std::array<Reader, kCpus> readers_;
};

struct WideHasty : Wide<true> {
  static constexpr std::string_view kName = "hasty";
  template <Runtime Rt>
  using Program = WideProgram<Rt, HastyFlavour<Rt, kWideCpus>>;
};

TEST(Torture, TooManyCloseCallsAreAFailureThoughNothingWasWrong) {
  StressResult result;
  for (int attempt = 0; attempt < 5 && result.failures.empty(); ++attempt)
    result = RunStress(MakePlan<WideHasty>(), {.duration = 2s});
  ASSERT_FALSE(result.failures.empty());
  EXPECT_THAT(result.failures.front(), HasSubstr("too many see it end as they leave"));
  for (const auto& row : result.outcomes) {
    EXPECT_TRUE(row.grade != Grade::kForbidden || row.count == 0) << row.why;
  }
}
#endif

}  // namespace
}  // namespace heddle::torture
