// Is what CI systems read well-formed, and does it say what heddle says?
#include "cli/junit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/heddle_command.h"
#include "tests/support/xml.h"

namespace heddle {
namespace {

using testing::HasSubstr;

TEST(CliJunit, ASuitePerScenarioAndACasePerCheck) {
  const Output o = Heddle("check MP --junit -");
  EXPECT_EQ(o.status, 0);
  const XmlElement all = ParseXml(o.out);
  EXPECT_EQ(all.name, "testsuites");
  const auto suites = all.Named("testsuite");
  ASSERT_EQ(suites.size(), 1U);
  EXPECT_EQ(suites[0].Get("name"), "MP");
  EXPECT_EQ(suites[0].Get("tests"), "9");
  EXPECT_EQ(suites[0].Get("failures"), "0");
  const auto cases = suites[0].Named("testcase");
  ASSERT_EQ(cases.size(), 9U);
  EXPECT_EQ(cases[0].Get("classname"), "MP");
  EXPECT_EQ(cases[0].Get("name"), "MP@sc+kernel");
  EXPECT_GE(std::stod(cases[0].Get("time")), 0.0);
  EXPECT_EQ(cases[5].Get("name"), "MP/relaxed-publication@rc11+kernel");
  EXPECT_TRUE(cases[5].children.empty());  // a mutant that is caught is as it should be
}

TEST(CliJunit, AFailureHoldsTheReport) {
  const Output o = Heddle("check poke_one_site/strict-no-fence-on-trap --traps user --junit -");
  EXPECT_EQ(o.status, 1);
  const XmlElement all = ParseXml(o.out);
  EXPECT_EQ(all.Get("failures"), "2");
  const auto failures = all.Named("failure");
  ASSERT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures[0].Get("type"), "unhandled trap");
  EXPECT_THAT(failures[0].Get("message"), HasSubstr("claimed by nobody"));
  EXPECT_THAT(failures[0].text, HasSubstr("heddle replay 'poke_one_site/strict"));
}

TEST(CliJunit, AnInconclusiveCheckIsAnError) {
  const Output o = Heddle("check MP --no-mutants --max-executions 1 --junit -");
  EXPECT_EQ(o.status, 4);
  const XmlElement all = ParseXml(o.out);
  EXPECT_EQ(all.Get("errors"), "3");
  EXPECT_EQ(all.Named("error").at(0).Get("type"), "inconclusive");
  EXPECT_THAT(all.Named("error").at(0).text, HasSubstr("ended by --max-executions"));
}

TEST(CliJunit, NativeRunsHaveTheirNumbers) {
  const Output o = Heddle("stress MP --duration 300ms --junit -");
  const XmlElement all = ParseXml(o.out);
  ASSERT_EQ(all.Named("testcase").size(), 1U);
  EXPECT_EQ(all.Named("testcase").at(0).Get("name"), "MP");
  EXPECT_EQ(o.status == 0, all.Get("failures") == "0" && all.Get("errors") == "0") << o.out;
  const auto samples = all.With("name", "samples");
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_GT(std::stoull(samples[0].Get("value")), 0U);
  EXPECT_EQ(all.With("name", "samples_per_second").size(), 1U);
}

TEST(CliJunit, ChecksAndNativeRunsAreInOneFile) {
  const Output o = Heddle("check MP --no-mutants --stress 300ms --junit -");
  const XmlElement all = ParseXml(o.out);
  EXPECT_EQ(all.With("name", "MP").size(), 2U);  // the suite of checks; the case of the run
  EXPECT_EQ(all.With("name", "MP natively").size(), 1U);
  EXPECT_EQ(all.Get("tests"), "4");
}

TEST(CliJunit, Misuse) {
  ExpectMisuse("check MP --junit /nonexistent/junit.xml", "'/nonexistent/junit.xml'");
  ExpectMisuse("check MP --junit - --html -", "'-'");
  ExpectMisuse("stress MP --junit /nonexistent/junit.xml", "'/nonexistent/junit.xml'");
  ExpectMisuse("stress MP --junit - --json -", "'-'");
}

cli::NativeRun Ran(stress::StressVerdict verdict, const std::string& failure) {
  cli::NativeRun run;
  run.result.scenario = "A<&\"";
  run.result.verdict = verdict;
  run.result.samples = 3'000;
  run.result.duration = std::chrono::milliseconds(1'500);
  if (!failure.empty()) run.result.failures = {failure, "another"};
  return run;
}

TEST(Junit, NativeRunsFailOrAreNotTrusted) {
  cli::NativeRun outside = Ran(stress::StressVerdict::kPassed, "");
  outside.outside_model = {{0, -1}};
  cli::NativeRuns runs;
  runs.runs = {Ran(stress::StressVerdict::kPassed, ""),
               Ran(stress::StressVerdict::kFailed, "a \x1B b\n<c>"),
               Ran(stress::StressVerdict::kNotTrusted, ""), outside};
  const std::string text = cli::StressJunit(runs, {});
  const XmlElement all = ParseXml(text);
  EXPECT_EQ(all.Get("tests"), "4");
  EXPECT_EQ(all.Get("failures"), "2");
  EXPECT_EQ(all.Get("errors"), "1");
  const auto suites = all.Named("testsuite");
  EXPECT_TRUE(suites[0].Named("testcase").at(0).children.empty());
  EXPECT_EQ(suites[0].With("name", "samples_per_second").at(0).Get("value"), "2000");
  const XmlElement failure = suites[1].Named("failure").at(0);
  EXPECT_EQ(failure.Get("message"), "a \xEF\xBF\xBD b\n<c>");  // no place for \x1B in XML 1.0
  EXPECT_THAT(failure.text, HasSubstr("failure: another"));
  EXPECT_EQ(suites[2].Named("error").at(0).Get("type"), "harness not trusted");
  EXPECT_THAT(suites[3].Named("failure").at(0).text, HasSubstr("outside the model: (0, -1)"));
}

TEST(Junit, ControlsThatWentWrongAreAnError) {
  cli::NativeRuns runs;
  runs.runs = {Ran(stress::StressVerdict::kPassed, "")};
  runs.controls.why_not = "the threads did not meet";
  for (const std::string& text : {cli::StressJunit(runs, {}), cli::CheckJunit({}, runs)}) {
    const XmlElement all = ParseXml(text);
    EXPECT_EQ(all.Get("tests"), "2");
    EXPECT_EQ(all.Get("errors"), "1");
    EXPECT_EQ(all.Named("error").at(0).Get("message"), "the threads did not meet");
  }
}

TEST(Junit, ARunThatWasCutShortIsAnError) {
  cli::NativeRuns runs;
  runs.runs = {Ran(stress::StressVerdict::kPassed, "")};
  runs.cut_short = "interrupted after 3 s of 100 s";
  const XmlElement all = ParseXml(cli::StressJunit(runs, {}));
  EXPECT_EQ(all.Get("errors"), "1");
  EXPECT_EQ(all.With("name", "cut_short").at(0).Get("value"), runs.cut_short);
}

TEST(Junit, MutantsThatSurviveAreErrors) {
  using enum cli::MutantRun::Verdict;
  const auto run = [](const char* name, cli::MutantRun::Verdict verdict, const char* why) {
    return cli::MutantRun{name, verdict, why, std::chrono::milliseconds(10)};
  };
  const XmlElement all = ParseXml(cli::StressJunit(
      {}, {run("a/x", kKilled, "hang"), run("a/y", kSurvived, ""), run("b/z", kSkipped, "no")}));
  EXPECT_EQ(all.Named("testsuite").size(), 2U);
  EXPECT_EQ(all.Get("tests"), "3");
  EXPECT_EQ(all.Get("errors"), "1");
  EXPECT_EQ(all.Get("skipped"), "1");
  EXPECT_EQ(all.Named("skipped").at(0).Get("message"), "no");
}

}  // namespace
}  // namespace heddle
