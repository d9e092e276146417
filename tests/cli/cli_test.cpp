// Does the heddle command print, report and exit as it says?
//
// These tests run the executable itself; HEDDLE_BINARY is its path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "runtime/native/code_region.h"
#include "tests/support/golden.h"
#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(CliList, ShowsScenariosAndMutants) {
  const Output o = Heddle("list");
  EXPECT_EQ(o.status, 0);
  EXPECT_EQ(o.err, "");
  EXPECT_THAT(o.out, AllOf(HasSubstr("MP "), HasSubstr("/relaxed-publication"),
                           HasSubstr("poke_one_site ")));
  const Output some = Heddle("list 'SB*'");
  EXPECT_EQ(some.status, 0);
  EXPECT_THAT(some.out, AllOf(HasSubstr("SB+fences"), testing::Not(HasSubstr("MP"))));
}

TEST(CliList, JsonParses) {
  const Output o = Heddle("list --json");
  EXPECT_EQ(o.status, 0);
  const auto all = nlohmann::json::parse(o.out);
  const auto mutant = std::find_if(all.begin(), all.end(), [](const nlohmann::json& j) {
    return j.at("name") == "MP/relaxed-publication";
  });
  ASSERT_NE(mutant, all.end());
  EXPECT_EQ(mutant->at("scenario"), "MP");
  EXPECT_EQ(mutant->at("cpus"), 2);
  EXPECT_EQ(mutant->at("expected").at("sc"), "holds");
  EXPECT_EQ(mutant->at("expected").at("rc11"), "data race");
}

TEST(CliCheck, MessagePassingIsAsExpected) {
  const Output o = Heddle("check MP");
  EXPECT_EQ(o.status, 0);
  EXPECT_EQ(o.err, "");
  // MP and its two mutants, under three models; both are caught by rc11 alone.
  EXPECT_THAT(o.out,
              HasSubstr("9 checks: 9 as expected (2 mutants caught), 0 not, 0 inconclusive"));
}

TEST(CliCheck, RunsScenariosWithoutTextUnderArm64) {
  const Output mp = Heddle("check MP --model arm64-idc");
  EXPECT_EQ(mp.status, 0) << mp.err;
  EXPECT_THAT(mp.out, HasSubstr("3 checks: 3 as expected (2 mutants caught)"));
  // rc11 allows the outcome of IRIW, Arm does not: no row of a table has to be seen there.
  const Output iriw = Heddle("check IRIW --no-mutants --model arm64 --outcomes");
  EXPECT_EQ(iriw.status, 0) << iriw.out;
  const Output text = Heddle("check 'poke_one_site*' --model arm64");
  EXPECT_EQ(text.status, 2);
  EXPECT_THAT(text.err, HasSubstr("executes x86-64 text, which arm64 knows nothing of"));
  const Output unknown = Heddle("check MP --model arm32");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("'arm32'"), HasSubstr("arm64-idc-dic")));
}

TEST(CliCheck, JsonHasTheOutcomes) {
  const Output o = Heddle("check MP --no-mutants --model rc11 --json -");
  EXPECT_EQ(o.status, 0);
  const auto checks = nlohmann::json::parse(o.out);
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks[0].at("verdict"), "holds (complete)");
  EXPECT_EQ(checks[0].at("executions"), 2);  // the flag is read before or after it was stored
  EXPECT_EQ(checks[0].at("outcomes").size(), 2U);
  EXPECT_EQ(checks[0].at("as_expected"), true);
}

TEST(CliCheck, CutSearchIsInconclusive) {
  const Output o = Heddle("check poke_one_site --no-mutants --model sc --max-executions 3");
  EXPECT_EQ(o.status, 4);
  EXPECT_EQ(o.err, "");
  EXPECT_THAT(o.out,
              AllOf(HasSubstr("inconclusive: --max-executions"), HasSubstr("1 inconclusive")));
}

TEST(CliMisuse, IsOneLineThatNamesTheInput) {
  ExpectMisuse("", "subcommand");
  ExpectMisuse("check", "GLOB");
  ExpectMisuse("check nowhere", "'nowhere'");
  ExpectMisuse("list nowhere", "'nowhere'");
  ExpectMisuse("check MP/nothing", "'MP/nothing'");
  ExpectMisuse("check MP --model arm", "'arm'");
  ExpectMisuse("check MP --traps nmi", "'nmi'");
  ExpectMisuse("check MP --time-limit 3x", "'3x'");
  ExpectMisuse("check MP --hang-timeout 4x", "'4x'");
  ExpectMisuse("replay MP@sc+kernel:1:: --hang-timeout 5x", "'5x'");
  ExpectMisuse("check MP --max-executions many", "many");
  ExpectMisuse("check MP --frobnicate", "--frobnicate");
  ExpectMisuse("check MP --json /nonexistent/results.json", "'/nonexistent/results.json'");
  ExpectMisuse("replay nonsense", "'nonsense'");
  ExpectMisuse("replay 'MP@rc11+kernel:1:#2.'", "'1:#2.'");
  ExpectMisuse("replay 'Nothing@rc11+kernel:1:#2.i#1.:'", "'Nothing'");
  // A token of MP, which has two threads, under the name of a scenario of four.
  ExpectMisuse("replay 'IRIW@rc11+kernel:1:#2.i#1.:'", "4");
  ExpectMisuse("replay 'MP@rc11+kernel:1:#2.i#1.:' --json /nonexistent/results.json",
               "'/nonexistent/results.json'");
  ExpectMisuse("replay 'MP@rc11+kernel:1:#2.i#1.:' --dot /nonexistent/graph.dot",
               "'/nonexistent/graph.dot'");
  ExpectMisuse("check MP --dot /nonexistent/graph.dot", "'/nonexistent/graph.dot'");
  ExpectMisuse("check MP --dot - --json -", "'-'");
}

TEST(CliMisuse, TextOfAnotherMachineIsNotRunNatively) {
  if (native::kIsa == Isa::kX86_64)
    ExpectMisuse("stress 'arm64*'", "is arm64 text, and this machine is x86-64; use heddle check");
  ExpectMisuse("stress poke_one_site_user", "cannot run natively on this machine");
  ExpectMisuse("check arm64_nosync --model rc11", "arm64_nosync");
}

TEST(CliMisuse, UnknownSubCommandIsNamed) { ExpectMisuse("frobnicate", "frobnicate"); }

TEST(CliMisuse, NegativeBoundIsRefused) { ExpectMisuse("check MP --max-executions -5", "-5"); }

TEST(CliMisuse, InputWithLineBreaksStaysOnOneLine) {
  ExpectMisuse("check 'a\nb'", "a");
  ExpectMisuse("replay 'a\nb'", "a");
}

TEST(CliMisuse, VersionIsNone) {
  const Output o = Heddle("--version");
  EXPECT_EQ(o.status, 0);
  EXPECT_EQ(o.out, "heddle " HEDDLE_VERSION "\n");
  EXPECT_EQ(o.err, "");
}

TEST(CliMisuse, HelpIsNone) {
  const Output o = Heddle("--help");
  EXPECT_EQ(o.status, 0);
  EXPECT_EQ(o.err, "");
  EXPECT_THAT(o.out, AllOf(HasSubstr("check"), HasSubstr("replay"), HasSubstr("stress")));
}

// The report that a check prints: from the subject's line to the one with the replay command.
std::string ReportIn(const std::string& out, const std::string& subject) {
  const std::size_t start = out.find("\n" + subject + " under ");
  const std::size_t replay = out.find("  replay: ", start);
  if (start == std::string::npos || replay == std::string::npos) return "";
  return out.substr(start + 1, out.find('\n', replay) - start);
}

std::string TokenIn(const std::string& report) {
  const std::size_t start = report.find("heddle replay '") + 15;
  return report.substr(start, report.find('\'', start) - start);
}

TEST(CliReplay, PrintsTheIdenticalReport) {
  for (const char* subject : {"MP/relaxed-publication", "IRIW+sc/one-acquire-reader",
                              "RMW+release-sequence/load-then-store"}) {
    const Output check = Heddle("check " + std::string(subject) + " --model rc11");
    EXPECT_EQ(check.status, 0) << "a mutant that is caught is as it should be";
    const std::string report = ReportIn(check.out, subject);
    ASSERT_NE(report, "") << check.out;
    const Output replay = Heddle("replay '" + TokenIn(report) + "'");
    EXPECT_EQ(replay.status, 1);
    EXPECT_EQ(replay.err, "");
    EXPECT_EQ(replay.out, report);
  }
}

// Absolute paths depend on where the sources are: keep the base names.
std::string WithoutFolders(const std::string& text) {
  return std::regex_replace(text, std::regex("([\\[\"])[^\\[\\]\"\\n ]*/([a-z_]*\\.h)"), "$1$2");
}

// The golden files have the source's line numbers: after an edit of scenarios/message_passing.h,
// look at the difference and update them (tests/support/golden.h).
TEST(CliReplay, ReportOfMessagePassingIsTheGoldenOne) {
  const Output check = Heddle("check MP/relaxed-publication --model rc11");
  ExpectGolden("mp_relaxed_publication.txt",
               WithoutFolders(ReportIn(check.out, "MP/relaxed-publication")));
}

// What people read first.
TEST(CliReplay, ReportInTheReadmeIsThatOfToday) {
  const Output check = Heddle("check MP/relaxed-publication --model rc11");
  EXPECT_THAT(WithoutFolders(ReadFile(HEDDLE_SOURCE_DIR "/README.md")),
              HasSubstr("```text\n" +
                        WithoutFolders(ReportIn(check.out, "MP/relaxed-publication")) + "```\n"));
}

constexpr const char* kReplayMp = "replay 'MP/relaxed-publication@rc11+kernel:1:#2.a1a0#2.:'";

TEST(CliReplay, JsonHasTheGraph) {
  const Output o = Heddle(std::string(kReplayMp) + " --json -");
  EXPECT_EQ(o.status, 1);
  const auto result = nlohmann::json::parse(o.out);
  EXPECT_EQ(result.at("error"), "data race");
  EXPECT_EQ(result.at("graph").at("format"), "heddle-graph");
  EXPECT_EQ(result.at("graph").at("version"), 1);
  ExpectGolden("mp_relaxed_publication.json", WithoutFolders(result.at("graph").dump(2)) + "\n");
}

TEST(CliReplay, DotIsThatOfTheCheck) {
  const Output replay = Heddle(std::string(kReplayMp) + " --dot -");
  EXPECT_EQ(replay.status, 1);
  EXPECT_THAT(replay.out, StartsWith("digraph heddle {"));
  // Nothing goes wrong under sc and tso, so the first violation is rc11's.
  const Output check = Heddle("check MP/relaxed-publication --dot -");
  EXPECT_EQ(check.status, 0);
  EXPECT_EQ(check.out, replay.out);
}

TEST(CliReplay, ExecutionsThatHoldCanBeDrawn) {
  const Output o = Heddle("replay 'MP@rc11+kernel:1:#2.i#1.:' --dot -");
  EXPECT_EQ(o.status, 0);
  EXPECT_THAT(o.out, AllOf(HasSubstr("digraph"), testing::Not(HasSubstr("missing"))));
  const Output json = Heddle("replay 'MP@rc11+kernel:1:#2.i#1.:' --json -");
  EXPECT_TRUE(nlohmann::json::parse(json.out).at("graph").at("violation").is_null());
}

// The violation names no events, so the report marks those at which the thread stopped.
TEST(CliCheck, DecodedBytesAreMarkedAndExplained) {
  const Output o = Heddle("check poke_one_site/tail-after-first --model sc");
  EXPECT_EQ(o.status, 0);
  std::size_t marks = 0;
  for (std::size_t at = o.out.find("\n* e"); at != std::string::npos;
       at = o.out.find("\n* e", at + 1))
    ++marks;
  EXPECT_EQ(marks, 5U) << "the bytes of one instruction\n" << o.out;
  EXPECT_THAT(o.out, HasSubstr("text[6] from the initial text, text[7] from the initial text"));
}

TEST(CliCheck, SaysThatThereIsNothingToDraw) {
  const std::string path = testing::TempDir() + "heddle_dot_" + std::to_string(getpid());
  const Output o = Heddle("check SB --model tso --dot " + path);
  EXPECT_EQ(o.status, 0);
  EXPECT_THAT(o.out, HasSubstr("nothing to draw"));
  EXPECT_EQ(ReadFile(path), "");
  std::remove(path.c_str());
}

}  // namespace
}  // namespace heddle
