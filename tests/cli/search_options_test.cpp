// Do the options that divide, bound, save and watch searches do what they say?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;
using Lines = std::multiset<std::string>;

Lines LinesOf(const std::string& text) {
  std::istringstream in(text);
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

const std::string kCheck = "check qspinlock --no-mutants --model rc11";

Lines AllExecutions() {
  static const Lines all = LinesOf(Heddle(kCheck + " --list-executions -").out);
  EXPECT_GT(all.size(), 1000U);
  return all;
}

TEST(CliWorkers, VisitTheSameExecutions) {
  const Output o = Heddle(kCheck + " --workers 2 --list-executions -");
  EXPECT_EQ(o.status, 0);
  EXPECT_EQ(LinesOf(o.out), AllExecutions());
  EXPECT_THAT(*AllExecutions().begin(), StartsWith("qspinlock@rc11+kernel "));
}

TEST(CliWorkers, ReportTheSameViolation) {
  for (const std::string subject : {"IRIW+sc/one-acquire-reader", "poke_one_site/no-int3"}) {
    const std::string check = "check " + subject + " --model rc11 --workers ";
    const auto report = [](const Output& o) { return o.out.substr(o.out.find(" under ")); };
    const Output one = Heddle(check + "1"), two = Heddle(check + "2");
    ASSERT_NE(one.out.find(" under "), std::string::npos) << one.out;
    EXPECT_EQ(report(two), report(one));
    EXPECT_EQ(two.status, 0);
  }
}

TEST(CliWorkers, BadNumbersAreMisuse) {
  ExpectMisuse("check MP --workers 0", "0");
  ExpectMisuse("check MP --workers 65", "65");
  ExpectMisuse("check MP --workers two", "two");
}

TEST(CliSpinRounds, ShowMoreExecutionsAndTheSameOutcomes) {
  const auto outcomes = [](const std::string& option) {
    const auto check = nlohmann::json::parse(
                           Heddle("check peterson --no-mutants --model rc11 --json -" + option).out)
                           .at(0);
    EXPECT_EQ(check.at("verdict"), "holds (complete)");
    std::set<nlohmann::json> values;
    for (const auto& outcome : check.at("outcomes")) values.insert(outcome.at("values"));
    return std::pair(check.at("executions").get<int>(), values);
  };
  const auto none = outcomes(" --spin-rounds 0"), two = outcomes(" --spin-rounds 2");
  EXPECT_EQ(outcomes(""), none);
  EXPECT_GT(two.first, 10 * none.first);
  EXPECT_EQ(two.second, none.second);
}

TEST(CliSpinRounds, ArePartOfTheToken) {
  const Output check = Heddle("check peterson/release-yield --model rc11 --spin-rounds 1");
  const std::string start = "heddle replay '";
  const std::size_t at = check.out.find(start);
  ASSERT_NE(at, std::string::npos) << check.out;
  const std::string token = check.out.substr(at + start.size() - 1);
  const Output replay = Heddle("replay " + token.substr(0, token.find('\n')));
  EXPECT_EQ(replay.status, 1);
  EXPECT_THAT(check.out, HasSubstr(replay.out));
  EXPECT_THAT(replay.out, HasSubstr("@rc11+kernel+spins1:"));
}

TEST(CliSpinRounds, BadNumbersAreMisuse) {
  ExpectMisuse("check MP --spin-rounds -1", "-1");
  ExpectMisuse("check MP --spin-rounds 101", "101");
  ExpectMisuse("check MP --spin-rounds some", "some");
  ExpectMisuse("replay MP@rc11+kernel+spins0:1:", "'0'");
  ExpectMisuse("replay MP@rc11+kernel+spins1x:1:", "'1x'");
}

TEST(CliShard, AllTogetherAreTheWhole) {
  Lines all;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    const Output o = Heddle(kCheck + " --list-executions - --shard " + shard);
    EXPECT_EQ(o.status, 0);
    all.merge(LinesOf(o.out));
  }
  EXPECT_EQ(all, AllExecutions());
}

TEST(CliShard, IsNoProofAlone) {
  EXPECT_THAT(Heddle("check SB --no-mutants --shard 2/4").out,
              HasSubstr("holds (shard 2 of 4, not a proof alone)"));
  EXPECT_THAT(Heddle("check SB --no-mutants --shard 1/1").out, HasSubstr("holds (complete)"));
}

// Some shard has the whole of each mutant that must fail.
TEST(CliShard, EachMutantIsCaughtInOne) {
  int caught = 0;
  for (const char* shard : {"1/2", "2/2"}) {
    const Output o = Heddle(std::string("check MP --json - --shard ") + shard);
    EXPECT_EQ(o.status, 0);
    for (const auto& check : nlohmann::json::parse(o.out)) caught += check.at("error") != "";
  }
  EXPECT_EQ(caught, 2);
}

TEST(CliShard, BadShardsAreMisuse) {
  for (const char* shard : {"0/2", "3/2", "1", "1/", "/2", "a/b", "-1/2", "1/2/3", "1/1001"})
    ExpectMisuse(std::string("check MP --shard ") + shard, "'" + std::string(shard) + "'");
  ExpectMisuse("check MP --shard 1/2 --stress 1s", "'1/2'");
}

TEST(CliBudget, SaysWhichOneEndedTheSearch) {
  for (const std::string workers : {"", " --workers 2"}) {
    const Output cut = Heddle(kCheck + workers + " --max-executions 100");
    EXPECT_EQ(cut.status, 4);
    EXPECT_THAT(cut.out, HasSubstr("inconclusive: --max-executions"));
    EXPECT_THAT(cut.out, HasSubstr("ended by --max-executions after "));
    const Output memory = Heddle("check MP --no-mutants --memory-limit 1K" + workers);
    EXPECT_EQ(memory.status, 4);
    EXPECT_THAT(memory.out, HasSubstr("inconclusive: --memory-limit"));
    const Output time =
        Heddle("check poke_one_site_2 --no-mutants --model sc --time-limit 50ms" + workers);
    EXPECT_EQ(time.status, 4);
    EXPECT_THAT(time.out, HasSubstr("inconclusive: --time-limit"));
  }
}

TEST(CliBudget, ASearchThatEndsInItIsComplete) {
  EXPECT_EQ(Heddle("check MP --no-mutants --model rc11 --max-executions 2").status, 0);
  EXPECT_EQ(Heddle("check MP --no-mutants --model rc11 --max-executions 1").status, 4);
  EXPECT_EQ(Heddle("check MP --no-mutants --memory-limit 4G --time-limit 1m").status, 0);
}

TEST(CliBudget, BadSizesAreMisuse) {
  for (const char* size : {"0", "M", "12X", "1MM", "-1M", "99999999999G"})
    ExpectMisuse(std::string("check MP --memory-limit ") + size, "'" + std::string(size) + "'");
}

TEST(CliStats, AreATableAndJson) {
  const Output table = Heddle("check MP --no-mutants --stats");
  EXPECT_EQ(table.status, 0);
  EXPECT_THAT(table.out, AllOf(HasSubstr("revisits"), HasSubstr("replay"), HasSubstr("memory")));
  const Output o = Heddle(kCheck + " --workers 2 --stats --json -");
  const auto stats = nlohmann::json::parse(o.out).at(0).at("stats");
  EXPECT_EQ(stats.at("executions"), AllExecutions().size());
  EXPECT_GE(stats.at("runs"), stats.at("executions"));
  EXPECT_GT(stats.at("events_per_execution"), 1);
  EXPECT_GT(stats.at("seconds").at("extending"), 0);
  EXPECT_GT(stats.at("peak_memory_bytes"), 1 << 20);
  EXPECT_FALSE(nlohmann::json::parse(Heddle("check MP --json -").out).at(0).contains("stats"));
}

TEST(CliProgress, IsJsonLinesOnRequest) {
  const Output o = Heddle("check poke_one_site_2 --no-mutants --model rc11 --progress json");
  EXPECT_EQ(o.status, 0);
  nlohmann::json last;
  std::istringstream in(o.err);
  for (std::string line; std::getline(in, line);) {
    last = nlohmann::json::parse(line);
    EXPECT_EQ(last.at("name"), "poke_one_site_2");
  }
  EXPECT_EQ(last.at("done"), true);
  EXPECT_GT(last.at("executions"), 1000);
}

TEST(CliProgress, OtherStylesAreMisuse) {
  ExpectMisuse("check MP --progress xml", "'xml'");
  EXPECT_EQ(Heddle("check MP --progress none").err, "");
}

TEST(CliList, ConflictsAreMisuse) {
  ExpectMisuse("check MP --list-executions /nonexistent/list", "'/nonexistent/list'");
  ExpectMisuse("check MP --list-executions - --json -", "'-'");
  ExpectMisuse("check MP --list-executions - --checkpoint /tmp/heddle_none", "'-'");
}

TEST(CliSymmetry, SaysWhatTheVerdictLeavesOut) {
  const Output run = Heddle("check ttas_lock --no-mutants --model rc11 --symmetry");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("holds (up to who is who)"));
  EXPECT_THAT(Heddle("list ttas_lock").out, HasSubstr("(alike: CPUs 0, 1, 2)"));
}

}  // namespace
}  // namespace heddle
