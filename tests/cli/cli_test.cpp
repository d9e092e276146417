// Does the heddle command print, report and exit as it says?
//
// These tests run the executable itself; HEDDLE_BINARY is its path.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

namespace heddle {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Output {
  int status = -1;
  std::string out, err;
};

// `arguments` as a shell takes them.
Output Heddle(const std::string& arguments) {
  const std::string errors = testing::TempDir() + "heddle_cli_" + std::to_string(getpid());
  const std::string command = std::string(HEDDLE_BINARY) + " " + arguments + " 2>" + errors;
  Output result;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return result;
  char buffer[4096];
  for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    result.out.append(buffer, n);
  const int status = pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.err = ReadFile(errors);
  std::remove(errors.c_str());
  return result;
}

// Misuse: exit 2, nothing on stdout, and one line on stderr that names what was wrong.
void ExpectMisuse(const std::string& arguments, const std::string& named) {
  const Output o = Heddle(arguments);
  EXPECT_EQ(o.status, 2) << arguments;
  EXPECT_EQ(o.out, "") << arguments;
  EXPECT_THAT(o.err, AllOf(StartsWith("heddle: "), HasSubstr(named))) << arguments;
  EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  EXPECT_TRUE(!o.err.empty() && o.err.back() == '\n') << o.err;
}

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
  EXPECT_THAT(o.out, AllOf(HasSubstr("inconclusive (cut short)"), HasSubstr("1 inconclusive")));
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
}

TEST(CliMisuse, UnknownSubCommandIsNamed) { ExpectMisuse("frobnicate", "frobnicate"); }

TEST(CliMisuse, NegativeBoundIsRefused) { ExpectMisuse("check MP --max-executions -5", "-5"); }

TEST(CliMisuse, InputWithLineBreaksStaysOnOneLine) {
  ExpectMisuse("check 'a\nb'", "a");
  ExpectMisuse("replay 'a\nb'", "a");
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

// The golden report has the source's line numbers: after an edit of scenarios/message_passing.h,
// look at the difference and copy the new text.
TEST(CliReplay, ReportOfMessagePassingIsTheGoldenOne) {
  const Output check = Heddle("check MP/relaxed-publication --model rc11");
  // Absolute paths depend on where the sources are: keep the base name.
  const std::string report =
      std::regex_replace(ReportIn(check.out, "MP/relaxed-publication"),
                         std::regex("\\[[^\\]\\n]*/([^/\\]\\n]*)\\]"), "[$1]");
  EXPECT_EQ(report, ReadFile(HEDDLE_SOURCE_DIR "/tests/golden/mp_relaxed_publication.txt"));
}

}  // namespace
}  // namespace heddle
