// Does a long run survive what its scenarios do, and tell it?
#include "stress/campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "scenarios/message_passing.h"
#include "stress/affinity.h"

namespace heddle::stress {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

template <typename P>
struct Bad {
  static constexpr std::string_view kName = P::kName;
  static constexpr int kThreads = 1;
  static constexpr Shape kShape = Shape::kTorture;
  static std::vector<Expect> Expected() { return {}; }
  template <Runtime Rt>
  struct Program {
    void Thread(int) { P::Run(); }
    std::array<Observation, 1> Observed() const { return {Observation{"none"}}; }
  };
};

struct Segfaults {
  static constexpr std::string_view kName = "segfaults";
  static void Run() { *reinterpret_cast<volatile int*>(8) = 1; }
};
struct OverflowsItsStack {
  static constexpr std::string_view kName = "overflows its stack";
  static int Deeper(int n) {
    volatile char frame[4096];
    frame[0] = static_cast<char>(n);
    return n == 0 ? 0 : Deeper(n + 1) + frame[0];
  }
  static void Run() { Deeper(1); }
};
struct AllocatesWithoutEnd {
  static constexpr std::string_view kName = "allocates without end";
  static void Run() {
    for (;;) {
      char* const block = new char[std::size_t{64} << 20];
      for (std::size_t i = 0; i < (std::size_t{64} << 20); i += 4096)
        static_cast<volatile char*>(block)[i] = 1;
    }
  }
};
struct Aborts {
  static constexpr std::string_view kName = "aborts";
  static void Run() {
    std::fputs("last words\n", stderr);
    std::abort();
  }
};
struct LoopsForEver {
  static constexpr std::string_view kName = "loops";
  static void Run() {
    for (;;) asm volatile("");
  }
};

template <typename P>
IsolatedResult Isolated(std::chrono::milliseconds longest_end = 20s) {
  return RunIsolated(MakePlan<Bad<P>>(), {.duration = 50ms}, longest_end);
}

TEST(Isolation, ACrashIsAFailureWithRegistersAndCode) {
#if defined(HEDDLE_EMULATED)
  GTEST_SKIP() << "an emulator has signals, limits and memory of its own";
#endif
  const IsolatedResult result = Isolated<Segfaults>();
#if !defined(__SANITIZE_ADDRESS__)
  EXPECT_EQ(result.failure, "crashed: Segmentation fault");
#endif
  EXPECT_EQ(result.result.verdict, StressVerdict::kFailed);
  const auto& crash = result.evidence.at("crash");
  EXPECT_EQ(crash.at("cpu"), 0);
  EXPECT_EQ(crash.at("address"), "0x8");
  EXPECT_NE(crash.at("pc"), "0x0");
  EXPECT_THAT(crash.at("module").get<std::string>(), HasSubstr("heddle_native_tests"));
  // Less than the file has, wherever the program was loaded.
  EXPECT_LT(std::stoull(crash.at("offset").get<std::string>(), nullptr, 16), 1U << 30);
  EXPECT_TRUE(crash.at("registers").is_object());
  EXPECT_FALSE(crash.at("code").at("bytes").get<std::string>().empty());
  // When: not always last, as a thread that dies slowly may be frozen meanwhile.
  const auto& notes = result.evidence.at("cpus").at("0");
  EXPECT_TRUE(std::any_of(notes.begin(), notes.end(),
                          [](const auto& note) { return note.at("did") == "failed"; }));
}

TEST(Isolation, AnOverflowOfTheStackIsACrash) {
#if defined(HEDDLE_EMULATED)
  GTEST_SKIP() << "an emulator has signals, limits and memory of its own";
#endif
  EXPECT_FALSE(Isolated<OverflowsItsStack>().failure.empty());
}

TEST(Isolation, MemoryIsLimited) {
#if defined(HEDDLE_EMULATED)
  GTEST_SKIP() << "an emulator has signals, limits and memory of its own";
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers reserve more memory than any limit allows";
#endif
  // 2 GiB are touched: for 3 to 8 s on a quiet machine, for 22 s on one that ten others wanted.
  EXPECT_THAT(Isolated<AllocatesWithoutEnd>(120s).failure,
              HasSubstr("an exception left the scenario"));
}

TEST(Isolation, TheLastWordsAreKept) {
  const IsolatedResult result = Isolated<Aborts>();
  EXPECT_EQ(result.failure, "crashed: Aborted");
  EXPECT_THAT(result.evidence.at("output").get<std::string>(), HasSubstr("last words"));
}

TEST(Isolation, AHangTellsWhereEachThreadStands) {
#if defined(HEDDLE_EMULATED)
  GTEST_SKIP() << "an emulator has signals, limits and memory of its own";
#endif
  const IsolatedResult result = Isolated<LoopsForEver>(500ms);
  EXPECT_EQ(result.failure, "hung");
  ASSERT_TRUE(result.evidence.contains("stops"));
  bool cpu0 = false;
  for (const auto& stop : result.evidence.at("stops")) cpu0 = cpu0 || stop.at("cpu") == 0;
  EXPECT_TRUE(cpu0);
}

TEST(Campaign, GoesOnAfterAFailureUntilItWasEnough) {
  const std::vector<StressPlan> plans = {MakePlan<Bad<Segfaults>>(), MakePlan<MessagePassing>()};
  const std::vector<ScenarioInfo> infos = {{&plans[0], "", {}}, {&plans[1], "", {}}};
  const Topology topology(AvailableCpus());
  Campaign campaign(plans, infos, topology,
                    {.request = {"*", "", 1, 3s}, .until_failure = false, .most_failures = 3},
                    nullptr);
  campaign.Run([](const PieceRecord&) {});
  EXPECT_EQ(campaign.totals()[0].failed_pieces, 3u);
  EXPECT_TRUE(campaign.totals()[0].rested);
  EXPECT_GT(campaign.totals()[1].sum.samples, 0u);
  EXPECT_EQ(campaign.totals()[1].sum.verdict, StressVerdict::kPassed);
}

// What cannot run at all does not keep others from running.
TEST(Campaign, OthersRunBesideWhatCannot) {
  std::vector<StressPlan> plans = {MakePlan<Bad<Segfaults>>(), MakePlan<MessagePassing>()};
  plans[0].make_program = []() -> std::unique_ptr<TortureProgram> {
    throw std::runtime_error("no memory for it");
  };
  const std::vector<ScenarioInfo> infos = {{&plans[0], "", {}}, {&plans[1], "", {}}};
  const Topology topology(AvailableCpus());
  Campaign campaign(plans, infos, topology, {.request = {"*", "", 1, 500ms}}, nullptr);
  campaign.Run([](const PieceRecord&) {});
  EXPECT_EQ(campaign.totals()[0].sum.samples, 0u);
  EXPECT_GT(campaign.totals()[1].sum.samples, 0u);
}

// Ten milliseconds are over before the first process has begun.
TEST(Campaign, EverybodyHasATurn) {
  const std::vector<StressPlan> plans = {MakePlan<MessagePassing>(), MakePlan<MessagePassing>(),
                                         MakePlan<MessagePassing>()};
  const std::vector<ScenarioInfo> infos = {
      {&plans[0], "", {}}, {&plans[1], "", {}}, {&plans[2], "", {}}};
  const Topology topology(AvailableCpus());
  Campaign campaign(plans, infos, topology, {.request = {"*", "", 1, 10ms}}, nullptr);
  campaign.Run([](const PieceRecord&) {});
  for (const ScenarioTotal& total : campaign.totals()) EXPECT_GT(total.sum.samples, 0u);
}

TEST(Campaign, EndsWithTheFirstFailureIfAsked) {
  const std::vector<StressPlan> plans = {MakePlan<Bad<Segfaults>>()};
  const Topology topology(AvailableCpus());
  Campaign campaign(plans, {{&plans[0], "", {}}}, topology,
                    {.request = {"*", "", 1, 60s}, .until_failure = true}, nullptr);
  campaign.Run([](const PieceRecord&) {});
  EXPECT_EQ(campaign.totals()[0].failed_pieces, 1u);
}

TEST(Campaign, ASignalEndsItWithWhatThereIs) {
  const std::vector<StressPlan> plans = {MakePlan<MessagePassing>()};
  const Topology topology(AvailableCpus());
  Campaign campaign(plans, {{&plans[0], "", {}}}, topology, {.request = {"*", "", 1, 60s}},
                    nullptr);
  int pieces = 0;
  campaign.Run([&](const PieceRecord&) {
    if (++pieces == 1) raise(SIGTERM);
  });
  EXPECT_TRUE(campaign.interrupted());
  EXPECT_GT(campaign.totals()[0].sum.samples, 0u);
}

}  // namespace
}  // namespace heddle::stress
