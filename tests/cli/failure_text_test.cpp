// Does text say where each CPU stood, and is one bug told once?
#include "cli/failure_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/shown_most.h"

namespace heddle {
namespace {

using stress::StoredEvidence;
using stress::StoredKnob;
using stress::StoredOutcome;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(FailureText, OfAHangSaysWhereEachCpuStood) {
  StoredEvidence hang;
  hang.cpus = {{"0", {{2000, "began", "", ""}, {500, "waits", "a lock", ""}}}, {"1", {}}};
  stress::StoredStop stop;
  stop.pc = "0x401002";
  stop.cpu = 0;
  hang.stops.push_back(stop);
  stop.cpu = 1;
  stop.module = "heddle";
  stop.offset = "0x1002";
  hang.stops.push_back(stop);
  stop.cpu = -1;
  hang.stops.push_back(stop);
  EXPECT_EQ(cli::EvidenceText(hang, "  "),
            "  CPU 0: began (-2.0 us); waits a lock (-0.5 us)\n"
            "    stood at pc 0x401002\n"
            "  CPU 1:\n"
            "    stood at pc 0x401002 (heddle+0x1002)\n"
            "  a thread of Heddle's own stood at pc 0x401002 (heddle+0x1002)\n");
}

TEST(FailureText, OfACrashHasRegistersCodeAndThePatchLog) {
  StoredEvidence crash;
  crash.crash =
      stress::StoredStop{0,          "Segmentation fault",     "0x401002", "0x8", {{"rax", "0x1"}},
                         "0x401000", "66 90 c7 00 01 00 00 00"};
  crash.patch_log = {{1500, "wrote code", "cc at offset 16", "1"}};
  crash.output = "a\nb\n";
  const std::string text = cli::EvidenceText(crash, "");
  EXPECT_THAT(text, AllOf(HasSubstr("Segmentation fault: CPU 0 at pc 0x401002, address 0x8: mov "),
                          HasSubstr("code from 0x401000: 66 90 [c7] 00"), HasSubstr("rax 0x1"),
                          HasSubstr("patch log: CPU 1 wrote code cc at offset 16 (-1.5 us)"),
                          HasSubstr("said: b")));
}

TEST(FailureText, FailuresThatDifferInNumbersAreAKind) {
  std::vector<stress::StoredFailure> all;
  const auto add = [&](const char* scenario, const char* placement, const char* failure) {
    stress::StoredFailure& f = all.emplace_back();
    f.scenario = scenario;
    f.placement = placement;
    f.failure = failure;
  };
  add("A", "one L3", "read 1 of 2");
  add("A", "one core", "read 17 of 2");
  add("B", "one L3", "read 1 of 2");
  add("A", "one L3", "hung");
  add("A", "one L3", "read 3 of 2");
  add("A", "one core", "read 4 of 5");
  std::vector<std::string> more;
  for (const cli::FailureGroup& group : cli::GroupsOf(all)) more.push_back(group.MoreText());
  EXPECT_THAT(more, ElementsAre("and 3 more like it (one core 2, one L3 1)", "", ""));
}

TEST(FailureText, ACommandLooksForItAgainInTheSameWay) {
  stress::StoredRun run;
  run.seed = "7";
  run.environment = {{"disturbed", false}};
  run.scenarios.resize(1);
  run.scenarios[0].name = "A/x";
  stress::StoredFailure f;
  f.scenario = "A/x";
  f.cpus = "[3,0,3]";
  EXPECT_THAT(cli::AgainCommand(run, f),
              testing::EndsWith(" stress 'A/x' --duration 10m --until-failure --seed 7 --cpus 0,3"))
      << "samples are never disturbed, and refuse the option";
  run.scenarios[0].torture = true;
  EXPECT_THAT(cli::AgainCommand(run, f), testing::EndsWith(" --cpus 0,3 --undisturbed"));
}

StoredOutcome Outcome(std::int64_t value, const char* text, const char* grade,
                      std::uint64_t count) {
  StoredOutcome o;
  o.outcome = {value};
  o.text = text;
  o.grade = grade;
  o.count = count;
  return o;
}

TEST(ShownMost, NamesASettingForEachOutcomeThatIsWeakOrWrong) {
  const std::vector<StoredOutcome> outcomes = {
      Outcome(0, "usual", "allowed", 900), Outcome(1, "weak", "weak", 90),
      Outcome(2, "wrong", "forbidden", 1), Outcome(3, "unseen", "weak", 0)};
  const std::vector<StoredKnob> settings = {{"order", "next", 1, 500, {{{1}, 80}}},
                                            {"order", "shuffled", 1, 500, {{{1}, 10}, {{2}, 1}}},
                                            {"pacing", "free", 1, 1000, {{{1}, 90}}}};
  EXPECT_EQ(cli::ShownMostText(outcomes, settings),
            "  wrong came most with: order shuffled (2000 per million)\n"
            "  weak came most with: order next (160000 per million)\n");
}

TEST(ShownMost, TakesTheRarestWhereNoneIsWeak) {
  const std::vector<StoredOutcome> outcomes = {Outcome(0, "often", "allowed", 900),
                                               Outcome(1, "seldom", "allowed", 100)};
  const std::vector<StoredKnob> settings = {{"order", "next", 1, 1'000'000, {{{1}, 10}}},
                                            {"order", "shuffled", 1, 1'000'000, {{{1}, 90}}}};
  EXPECT_EQ(cli::ShownMostText(outcomes, settings),
            "  seldom came most with: order shuffled (90 per million)\n");
}

}  // namespace
}  // namespace heddle
