// Does a workflow of GitHub get lines that it can read?
#include "cli/annotations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kFails = "check poke_one_site/strict-no-fence-on-trap --traps user";

// As in a step of a workflow, or outside.
class CliAnnotations : public testing::Test {
 protected:
  void SetUp() override { setenv("GITHUB_ACTIONS", "true", 1); }
  void TearDown() override { unsetenv("GITHUB_ACTIONS"); }
};

TEST_F(CliAnnotations, AreErrorsAtTheViolation) {
  const Output o = Heddle(kFails);
  EXPECT_EQ(o.status, 1);
  EXPECT_THAT(o.out, HasSubstr("\n::error file=patching/x86_int3.h,line="));
  EXPECT_THAT(o.out, HasSubstr(",title=poke_one_site/strict-no-fence-on-trap under sc%3A "
                               "unhandled trap::unhandled trap: INT3"));
  EXPECT_THAT(o.out, HasSubstr("%0Aexpected that it holds: loads are not reordered under sc%0A"));
}

TEST_F(CliAnnotations, AreNotThereWhereAllIsAsExpected) {
  EXPECT_THAT(Heddle("check MP").out, Not(HasSubstr("::")));
}

TEST_F(CliAnnotations, WarnOfWhatIsInconclusive) {
  const Output o = Heddle("check MP --no-mutants --model sc --max-executions 1");
  EXPECT_THAT(o.out, HasSubstr("\n::warning title=MP under sc%3A inconclusive%3A "
                               "--max-executions::ended by --max-executions"));
}

TEST_F(CliAnnotations, LeaveStandardOutputToOthers) {
  const Output o = Heddle(std::string(kFails) + " --json -");
  EXPECT_EQ(nlohmann::json::parse(o.out).size(), 3U);
}

TEST_F(CliAnnotations, NeedTheExactWord) {
  setenv("GITHUB_ACTIONS", "1", 1);
  EXPECT_THAT(Heddle(kFails).out, Not(HasSubstr("::error")));
  unsetenv("GITHUB_ACTIONS");
  EXPECT_THAT(Heddle(kFails).out, Not(HasSubstr("::error")));
}

TEST(Annotation, EscapesWhatWouldEndIt) {
  const auto& all = AllSubjects();
  Subject subject = *std::ranges::find_if(all, [](const Subject& s) { return s.name() == "MP"; });
  subject.scenario = "a:b,c%d";
  CheckResult r;
  r.subject = &subject;
  r.model = &model::Sc();
  r.verdict = CheckVerdict::kTableWrong;
  r.message = "100 %, so: \r\nnext";
  EXPECT_EQ(cli::Annotation(r),
            "::error title=a%3Ab%2Cc%25d under sc%3A outcome never seen"
            "::100 %25, so: %0D%0Anext\n");
}

stress::StressResult Natively(stress::StressVerdict verdict) {
  stress::StressResult r;
  r.scenario = "torture_tight_rcu";
  r.verdict = verdict;
  return r;
}

TEST(Annotation, OfANativeFailureIsAtItsPlace) {
  cli::NativeRuns runs;
  runs.runs.resize(3);
  runs.runs[0].result = Natively(stress::StressVerdict::kFailed);
  runs.runs[0].result.failures = {"a reader holds it, on CPU 1, at scenarios/torture/tight.h:74",
                                  "another one, at x.h:1"};
  runs.runs[1].result = Natively(stress::StressVerdict::kPassed);
  runs.runs[2].result = Natively(stress::StressVerdict::kNotTrusted);
  EXPECT_EQ(cli::Annotations(runs, {}),
            "::error file=scenarios/torture/tight.h,line=74,title=torture_tight_rcu natively%3A "
            "failed::failure: a reader holds it, on CPU 1, at scenarios/torture/tight.h:74%0A"
            "failure: another one, at x.h:1\n"
            "::warning title=torture_tight_rcu natively%3A harness not trusted::harness not "
            "trusted\n");
}

TEST(Annotation, WarnsOfControlsAndMutants) {
  cli::NativeRuns runs;
  runs.controls.why_not = "SB was never weak";
  runs.controls.all.resize(1);
  const auto mutants = {cli::MutantRun{"MP/a", cli::MutantRun::Verdict::kSurvived, "", {}},
                        cli::MutantRun{"MP/b", cli::MutantRun::Verdict::kNotShown, "why", {}},
                        cli::MutantRun{"MP/c", cli::MutantRun::Verdict::kKilled, "how", {}}};
  const std::string lines = cli::Annotations(runs, mutants);
  EXPECT_THAT(lines, StartsWith("::warning title=native runs%3A harness not trusted::SB was never "
                                "weak%0Acontrol: "));
  EXPECT_THAT(lines, EndsWith("\n::warning title=MP/a natively%3A survived::the mutant survived: "
                              "such a run shows little\n"));
}

TEST_F(CliAnnotations, AreWrittenByStress) {
  const Output o = Heddle("stress MP --cpus 0 --duration 1s");
  EXPECT_EQ(o.status, 4);
  EXPECT_THAT(o.out, HasSubstr("\n::warning title=native runs%3A harness not trusted::there is one "
                               "CPU only"));
  EXPECT_THAT(Heddle("stress MP --cpus 0 --duration 1s --json -").out, Not(HasSubstr("::")));
}

}  // namespace
}  // namespace heddle
