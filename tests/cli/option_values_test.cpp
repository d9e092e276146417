// Is what an option does not take refused, in words that name the option and the text?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using testing::HasSubstr;

TEST(CliOptionValues, NumbersAreWholeAndInRange) {
  const auto expect_refused = [](const std::string& option, const std::string& range) {
    for (const std::string text : {"-1", "+1", "1e3", "1.0", "0x1", "", " 1", "1 ", "many",
                                   "18446744073709551616", "99999999999999999999999999"})
      ExpectMisuse("check MP " + option + " '" + text + "'",
                   option + ": '" + text + "' is not a whole number from " + range + ";");
  };
  expect_refused("--max-executions", "0 to 18446744073709551615");
  expect_refused("--seed", "0 to 18446744073709551615");
  expect_refused("--random", "1 to 1152921504606846976");
  expect_refused("--workers", "1 to 64");
  expect_refused("--preemptions", "0 to 1000");
  expect_refused("--pct", "1 to 100");
  expect_refused("--spin-rounds", "0 to 100");
  ExpectMisuse("stress MP --seed -1", "--seed: '-1' is not a whole number from 0 to");
  ExpectMisuse("check MP --random 1152921504606846977", "'1152921504606846977'");
}

TEST(CliOptionValues, NumbersAreDecimalAndUpTo64Bits) {
  const std::string random = "check SB --no-mutants --model sc --random ";
  EXPECT_THAT(Heddle(random + "010").out, HasSubstr("inconclusive: 10 random walks"));
  EXPECT_THAT(Heddle(random + "08").out, HasSubstr("inconclusive: 8 random walks"));
  EXPECT_THAT(Heddle(random + "1 --seed 18446744073709551615").out,
              HasSubstr("seed 18446744073709551615\n"));
  EXPECT_EQ(Heddle("check MP --model sc --max-executions 18446744073709551615").status, 0);
}

TEST(CliOptionValues, AreNotEmpty) {
  for (const std::string option :
       {"--json", "--dot", "--list-executions", "--checkpoint", "--time-limit", "--hang-timeout",
        "--stress", "--checkpoint-every", "--shard", "--memory-limit", "--model", "--traps",
        "--progress", "--workers"})
    ExpectMisuse("check MP " + option + " ''", option + ": ");
  for (const std::string option : {"--duration", "--cpus", "--seed", "--json"})
    ExpectMisuse("stress MP " + option + " ''", option + ": ");
  for (const std::string option : {"--json", "--dot", "--hang-timeout"})
    ExpectMisuse("replay 'MP@rc11+kernel:1:#2.i#1.:' " + option + " ''", option + ": ");
}

TEST(CliOptionValues, DurationsMayHaveFractionsOrNoUnit) {
  const std::string check = "check MP --model sc --time-limit ";
  for (const std::string text : {"0s", "0", "1.5s", "10", "0.5m"})
    EXPECT_EQ(Heddle(check + text).status, 0) << text;
  ExpectMisuse(check + "0.0001s", "in whole milliseconds");
  for (const std::string command : {"check", "replay", "stress"})
    EXPECT_THAT(Heddle(command + " --help").out, HasSubstr("a number alone is seconds"));
  EXPECT_THAT(Heddle("check --help").out, HasSubstr("0s: no limit"));
}

// Before the checks, which may take hours.
TEST(CliOptionValues, ThatOnlyANativeRunRefusesCostNoChecks) {
  ExpectMisuse("check MP --stress 0s", "--stress '0s' is too short");
  ExpectMisuse("stress MP --duration 0s", "--duration '0s' is too short");
  ExpectMisuse("stress MP --cpus 1023", "--cpus: CPU 1023 is not available to this process; name");
}

// They would be silently ignored, or the status would not tell what was meant.
TEST(CliOptionValues, WithoutEffectAreRefused) {
  ExpectMisuse("check MP/relaxed-publication --stress 1s",
               "leave it out, and run heddle stress 'MP/relaxed-publication'");
  ExpectMisuse("check MP/relaxed-publication --no-mutants", "leave one of the two out");
  ExpectMisuse("stress SB --undisturbed", "'SB' names none; leave it out");
  for (const std::string native : {"", " --native"})
    ExpectMisuse("replay 'MP/relaxed-publication@rc11+kernel:1:#2.a1a0#2.:' --duration 5s" + native,
                 "leave --duration out");
}

TEST(CliOptionValues, MisuseSaysWhoseHelpToRead) {
  ExpectMisuse("check MP --workers 0", "see heddle check --help");
  ExpectMisuse("check", "GLOB is required; see heddle check --help");
  ExpectMisuse("replay", "see heddle replay --help");
  ExpectMisuse("stress MP --frobnicate", "see heddle stress --help");
  ExpectMisuse("list --frobnicate", "see heddle list --help");
  ExpectMisuse("--frobnicate", "see heddle --help");
  ExpectMisuse("list --json=x", "--json = x: write this option without a value; see heddle list");
}

}  // namespace
}  // namespace heddle
