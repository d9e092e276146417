// What does heddle stress --mutants say, and what does it refuse?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "stress/affinity.h"
#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(CliStressMutants, EachIsKilledOrSurvivesOrSaysWhyItDoesNotRun) {
  const Output run = Heddle("stress context_tracking --duration 1s --mutants 200ms --json -");
  EXPECT_TRUE(run.status == 0 || run.status == 4) << run.err;
  int mutants = 0;
  const auto json = nlohmann::json::parse(run.out);  // which lives as long as the loop
  for (const auto& entry : json.at("results")) {
    if (entry.at("scenario").get<std::string>().find('/') == std::string::npos) continue;
    ++mutants;
    const std::string verdict = entry.at("verdict");
    EXPECT_TRUE(verdict == "killed" || verdict == "survived" || verdict == "not run") << verdict;
    EXPECT_EQ(entry.at("why").get<std::string>().empty(), verdict == "survived");
  }
  EXPECT_GT(mutants, 2);
}

// An interrupt on the same CPU: any machine shows it at once.
TEST(CliStressMutants, KillsWhatThisMachineShows) {
  const Output run = Heddle("stress uprobe_free --duration 1s --mutants 20s");
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("uprobe_free/freed-first"));
  EXPECT_THAT(run.out, HasSubstr("1 mutants killed, 0 survived, 0 not shown, 0 not run"));
}

// Samples are judged when a piece ends: the first ones are short, so that it need not be given 20
// s.
TEST(CliStressMutants, SeesSoonThatSamplesFailed) {
  if (stress::AvailableCpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  const Output run = Heddle("stress SB+fences --duration 200ms --mutants 20s --json -");
  int killed_soon = 0;                               // a single piece of 10 s could not
  const auto json = nlohmann::json::parse(run.out);  // which lives as long as the loop
  for (const auto& entry : json.at("results")) {
    if (entry.at("verdict") == "killed" && entry.at("milliseconds") < 9000) ++killed_soon;
    if (entry.value("verdict", "") == "killed") {
      EXPECT_GT(entry.at("bad_samples"), 0);
    }
  }
  EXPECT_GT(killed_soon, 0) << run.out;
}

// As this command is compiled: what the code under test does not say orders nothing, not even that
// an index is checked (runtime/array.h).
TEST(CliStressMutants, KillsAMissingFenceBesideArrays) {
  const Output run = Heddle("stress torture_tight_rcu --duration 1s --mutants 20s");
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  EXPECT_THAT(run.out, ContainsRegex("torture_tight_rcu/no-first-fence +killed"));
}

#if defined(__x86_64__)
// Patched instructions: an executor finds what a decoder of the events would not expect.
TEST(CliStressMutants, KillsWhatPatchesText) {
  const Output run = Heddle("stress x86_text_poke --duration 1s --mutants 20s");
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("2 mutants killed, 0 survived, 0 not shown, 1 not run"));
}

// Which says so: it is no survivor that says how little a run shows.
TEST(CliStressMutants, SaysWhyThisMachineHardlyShowsOne) {
  const Output run = Heddle("stress stop_machine_x86 --duration 1s --mutants 100ms");
  EXPECT_THAT(run.out, ContainsRegex("loop-in-text +not shown in .* s: x86-64 CPUs fetch anew"));
}
#endif

// On one CPU no store waits while the other thread loads.
TEST(CliStressMutants, SaysThatThreadsOfSamplesTakeTurns) {
  const std::string cpu = std::to_string(stress::AvailableCpus().front());
  const Output run = Heddle("stress SB+fences --duration 300ms --mutants 500ms --cpus " + cpu);
  EXPECT_THAT(
      run.out,
      ContainsRegex("no-fence-on-cpu0 +not shown in .* s: its 2 threads take turns on 1 CPU"));
  EXPECT_THAT(run.out, HasSubstr("0 mutants killed, 0 survived, 2 not shown, 0 not run"));
}

TEST(CliStressMutants, SaysWhyOneIsNotRun) {
  const Output run = Heddle("stress rcu_preempt_migrate --duration 1s --mutants 100ms");
  EXPECT_THAT(run.out, HasSubstr("not needed under"));
  EXPECT_THAT(run.out, HasSubstr("never hangs natively"));
}

TEST(CliStressMutants, WhatCannotBeIsRefusedBeforeAnythingRuns) {
  ExpectMisuse("stress rcu_span --mutants soon", "soon");
  ExpectMisuse("stress rcu_span --mutants 0s", "0s");
  ExpectMisuse("stress SB --mutants 1s", "'SB'");
  ExpectMisuse("stress rcu_span --cpus 1023", "1023");
}

}  // namespace
}  // namespace heddle
