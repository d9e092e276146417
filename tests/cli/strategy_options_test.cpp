// Do --preemptions, --random, --pct and --seed do what they say?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Lines = std::multiset<std::string>;

const std::string kCheck = "check qspinlock --no-mutants --model rc11 ";

Lines Listed(const std::string& options) {
  std::istringstream in(Heddle(kCheck + options + " --list-executions -").out);
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

bool Includes(const Lines& all, const Lines& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

std::string ReportIn(const Output& o) {
  const auto from = o.out.find("\n\n"), to = o.out.find("\n  replay: ");
  return from == std::string::npos || to == std::string::npos ? "none in " + o.out
                                                              : o.out.substr(from, to - from);
}

TEST(CliPreemptions, VisitMoreWithMoreOfThem) {
  const Lines all = Listed("");
  Lines fewer;
  for (const char* bound : {"0", "1", "2"}) {
    const Lines bounded = Listed(std::string("--preemptions ") + bound);
    EXPECT_GT(bounded.size(), fewer.size());
    EXPECT_TRUE(Includes(bounded, fewer));
    EXPECT_TRUE(Includes(all, bounded));
    fewer = bounded;
  }
  EXPECT_LT(fewer.size(), all.size());
}

TEST(CliPreemptions, TheVerdictCarriesTheBound) {
  const Output o = Heddle("check SB --no-mutants --model sc --preemptions 1");
  EXPECT_EQ(o.status, 0);
  EXPECT_THAT(o.out, HasSubstr("holds (bounded: 1 preemption, not a proof)"));
  const Output json = Heddle(kCheck + "--preemptions 1 --json -");
  const auto check = nlohmann::json::parse(json.out).at(0);
  EXPECT_EQ(check.at("search"),
            nlohmann::json({{"kind", "preemptions"}, {"bound", 1}, {"limited", true}}));
  EXPECT_EQ(check.at("as_expected"), true);
}

// Nobody was denied a preemption: that is as good as a search without a bound.
TEST(CliPreemptions, IsCompleteIfTheBoundBoundNothing) {
  const Output o = Heddle("check SB --no-mutants --model sc --preemptions 2");
  EXPECT_EQ(o.status, 0);
  EXPECT_THAT(o.out, HasSubstr("holds (complete)"));
  EXPECT_THAT(o.out, Not(HasSubstr("not a proof")));
}

TEST(CliPreemptions, AMutantThatNeedsMoreIsInconclusive) {
  const std::string check = "check qspinlock/leaves-pending --model sc --preemptions ";
  const Output caught = Heddle(check + "2"), missed = Heddle(check + "0");
  EXPECT_EQ(caught.status, 0) << caught.out;
  EXPECT_THAT(caught.out, HasSubstr("caught: deadlock"));
  EXPECT_EQ(missed.status, 4);
  EXPECT_THAT(missed.out, AllOf(HasSubstr("inconclusive: 0 preemptions"),
                                HasSubstr("may need more than 0 preemptions")));
  // One that is not needed is none.
  EXPECT_EQ(Heddle("check qspinlock/relaxed-release --model sc --preemptions 0").status, 0);
}

TEST(CliPreemptions, BudgetsApply) {
  const std::string check = "check poke_one_site_2 --no-mutants --model rc11 --preemptions 6 ";
  for (const char* budget : {"--max-executions 100", "--time-limit 50ms", "--memory-limit 1K"}) {
    const Output o = Heddle(check + budget);
    EXPECT_EQ(o.status, 4);
    EXPECT_THAT(o.out, HasSubstr("inconclusive: " + std::string(budget).substr(0, 12)));
  }
}

TEST(CliRandom, TheSameSeedMakesTheSameExecutions) {
  for (const std::string depth : {"", " --pct 3"}) {
    const Lines some = Listed("--random 500 --seed 7" + depth);
    EXPECT_EQ(some.size(), 500U);
    EXPECT_EQ(Listed("--random 500 --seed 7" + depth), some);
    EXPECT_EQ(Listed("--random 500 --seed 7 --workers 2" + depth), some);
    EXPECT_NE(Listed("--random 500 --seed 8" + depth), some);
    const Lines all = Listed("");
    const std::set<std::string> distinct(some.begin(), some.end());
    EXPECT_TRUE(Includes(all, Lines(distinct.begin(), distinct.end())));
  }
}

TEST(CliRandom, NothingFoundIsNothingShown) {
  const Output o = Heddle("check SB --no-mutants --random 50 --outcomes --stats");
  EXPECT_EQ(o.status, 4);
  EXPECT_THAT(o.out, AllOf(HasSubstr("random executions: seed "),
                           HasSubstr("inconclusive: 50 random walks"), HasSubstr("show little"),
                           HasSubstr("replay"), HasSubstr(" x  (")));
  EXPECT_THAT(Heddle("check SB --no-mutants --random 50 --pct 2").out,
              HasSubstr("inconclusive: 50 PCT executions"));
  const auto check =
      nlohmann::json::parse(
          Heddle("check SB --model tso --no-mutants --random 50 --seed 9 --pct 2 --json -").out)
          .at(0);
  EXPECT_EQ(check.at("search"),
            nlohmann::json({{"kind", "pct"}, {"executions", 50}, {"seed", 9}, {"depth", 2}}));
  EXPECT_EQ(check.at("executions"), 50);
}

TEST(CliRandom, WhatIsFoundReplays) {
  for (const std::string search : {"--random 5000 --seed 3", "--random 5000 --seed 3 --pct 5",
                                   "--random 5000 --seed 3 --workers 2", "--preemptions 3"}) {
    for (const std::string mutant :
         {"qspinlock/ignores-pending", "poke_one_site/no-int3", "MP/relaxed-publication"}) {
      const Output found = Heddle("check " + mutant + " --model rc11 " + search);
      EXPECT_EQ(found.status, 0) << found.out;
      EXPECT_THAT(found.out, HasSubstr("caught: "));
      const auto from = found.out.find("heddle replay '") + 14;
      const std::string token = found.out.substr(from, found.out.find('\n', from) - from);
      const Output replayed = Heddle("replay " + token);
      EXPECT_EQ(replayed.status, 1);
      EXPECT_THAT(found.out, HasSubstr(replayed.out)) << search;
    }
  }
}

TEST(CliRandom, TheReportDoesNotDependOnWorkers) {
  const std::string check = "check qspinlock/leaves-pending --model rc11 --random 5000 --seed 3";
  const Output one = Heddle(check), two = Heddle(check + " --workers 2");
  EXPECT_THAT(ReportIn(one), HasSubstr("deadlock"));
  EXPECT_EQ(ReportIn(two), ReportIn(one));
}

TEST(CliStrategies, MisuseSaysWhatToChange) {
  ExpectMisuse("check MP --pct 3", "give --random N");
  ExpectMisuse("check MP --seed 3", "give --random N");
  ExpectMisuse("check MP --random 5 --preemptions 1", "choose one");
  ExpectMisuse("check MP --random 5 --shard 1/2", "--shard '1/2'");
  ExpectMisuse("check MP --random 5 --checkpoint x.json", "--checkpoint 'x.json'");
  ExpectMisuse("check MP --random 5 --stress 1s", "--stress '1s'");
  ExpectMisuse("check MP --preemptions 1 --workers 2", "--workers 2");
  ExpectMisuse("check MP --preemptions 1 --shard 1/2", "--shard '1/2'");
  ExpectMisuse("check MP --preemptions 1 --checkpoint x.json", "--checkpoint 'x.json'");
  ExpectMisuse("check MP --preemptions 1 --stress 1s", "--stress '1s'");
  for (const char* bad : {"--random 0", "--random -3", "--random x", "--preemptions -1",
                          "--preemptions 1001", "--random 5 --pct 0", "--random 5 --pct 101",
                          "--random 5 --seed -1", "--random 5 --seed x"}) {
    const std::string option = bad;
    ExpectMisuse("check MP " + option, option.substr(option.rfind(' ') + 1));
  }
}

}  // namespace
}  // namespace heddle
