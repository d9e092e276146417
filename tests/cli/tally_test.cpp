// Does a run end in one line that says which scenarios failed, and whether to trust it?
#include "cli/tally.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using stress::StressVerdict;
using testing::HasSubstr;
using testing::MatchesRegex;

cli::NativeRun Ran(const char* scenario, StressVerdict verdict) {
  cli::NativeRun run;
  run.result.scenario = scenario;
  run.result.verdict = verdict;
  return run;
}

cli::NativeRuns Runs(const std::vector<cli::NativeRun>& all) {
  cli::NativeRuns runs;
  runs.runs = all;
  runs.controls.trusted = true;
  return runs;
}

TEST(Tally, NamesWhatHasNotPassed) {
  auto runs = Runs({Ran("A", StressVerdict::kPassed), Ran("B", StressVerdict::kFailed),
                    Ran("C", StressVerdict::kNotTrusted), Ran("D", StressVerdict::kPassed)});
  runs.runs[3].outside_model = {{0, -1}};
  EXPECT_EQ(cli::Describe(cli::TallyOf(runs, {})),
            "failed: 4 scenarios: 1 passed, 2 failed (B, D), 1 inconclusive (C), 1 with outcomes "
            "outside the model (D); harness trusted");
}

TEST(Tally, SaysWhyWhatPassedShowsLittle) {
  auto runs = Runs({Ran("A", StressVerdict::kPassed)});
  EXPECT_EQ(cli::TallyOf(runs, {}).verdict, "passed");
  const cli::MutantRun survivor = {"A/x", cli::MutantRun::Verdict::kSurvived, "", {}};
  EXPECT_EQ(cli::TallyOf(runs, {survivor}).verdict, "inconclusive");
  runs.cut_short = "interrupted after 3 s of 100 s";
  EXPECT_EQ(cli::TallyOf(runs, {}).verdict, "inconclusive");
  EXPECT_THAT(cli::Describe(cli::TallyOf(runs, {})), HasSubstr("interrupted after 3 s of 100 s"));
  runs.controls.trusted = false;
  EXPECT_EQ(cli::TallyOf(runs, {}).verdict, "harness not trusted");
}

TEST(Tally, SaysHowFarAStoredRunWent) {
  stress::StoredRun run;
  run.spent_seconds = 31;
  run.asked_seconds = 0.25;
  EXPECT_EQ(cli::TallyOf(run).cut_short, "not ended after 31 s of 0.25 s");
}

TEST(CliTally, IsInTheJsonOfARun) {
  const Output run = Heddle("stress CoRR --cpus 0 --duration 300ms --json -");
  EXPECT_EQ(run.status, 4);
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_EQ(json.at("verdict"), "harness not trusted");
  EXPECT_EQ(json.at("trusted"), false);
  EXPECT_EQ(json.at("cut_short"), nullptr);
  EXPECT_FALSE(json.at("controls").empty() && json.at("why_not_trusted").is_null());
  EXPECT_EQ(json.at("results").at(0).at("scenario"), "CoRR");
}

TEST(CliTally, IsTheLastLineOfARun) {
  const Output run = Heddle("stress CoRR --cpus 0 --duration 300ms");
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.out.substr(run.out.rfind('\n', run.out.size() - 2) + 1),
              MatchesRegex("harness not trusted: 1 scenario: 1 passed, 0 failed, .*not trusted\n"));
}

}  // namespace
}  // namespace heddle
