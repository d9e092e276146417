// Which durations does the command line take?
#include "cli/duration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

namespace heddle::cli {
namespace {

using namespace std::chrono_literals;

TEST(Duration, TakesUnitsAndTheirSums) {
  EXPECT_EQ(ParseDuration("500ms"), 500ms);
  EXPECT_EQ(ParseDuration("90s"), 90s);
  EXPECT_EQ(ParseDuration("2m"), 2min);
  EXPECT_EQ(ParseDuration("1h30m"), 90min);
  EXPECT_EQ(ParseDuration("1h2m3s4ms"), 1h + 2min + 3s + 4ms);
  EXPECT_EQ(ParseDuration("0s"), 0ms);
}

TEST(Duration, BareNumberIsSeconds) { EXPECT_EQ(ParseDuration("20"), 20s); }

// None of these is a whole number in binary.
TEST(Duration, FractionsAreExact) {
  EXPECT_EQ(ParseDuration("0.01s"), 10ms);
  EXPECT_EQ(ParseDuration("1.001"), 1001ms);
  EXPECT_EQ(ParseDuration("4.35s"), 4350ms);
  EXPECT_EQ(ParseDuration("0.1m"), 6s);
  EXPECT_EQ(ParseDuration("1.1h1.5m"), 66min + 90s);
  EXPECT_EQ(ParseDuration("9.0ms"), 9ms);
  EXPECT_EQ(ParseDuration("0.0000025h"), 9ms);
}

TEST(Duration, RefusesTheRestAndNamesIt) {
  for (const char* text : {"",      "s",      "20x",  "3 s",       " 3s",     "3s ",   "-3s",
                           "1h30",  "20S",    "s20",  "12345678s", ".5s",     "1.",    "1.s",
                           "1..5s", "1.5.5s", "1,5s", "1e3s",      "0.0001s", "0.5ms", "1.5h30"}) {
    try {
      (void)ParseDuration(text);
      ADD_FAILURE() << "accepted: '" << text << "'";
    } catch (const std::invalid_argument& e) {
      EXPECT_THAT(e.what(), testing::HasSubstr("'" + std::string(text) + "'"));
      EXPECT_THAT(e.what(), testing::HasSubstr("20s"));  // what to write instead
    }
  }
}

TEST(Duration, ManyDigitsDoNotOverflow) {
  EXPECT_THROW((void)ParseDuration("99999999999999999999s"), std::invalid_argument);
}

TEST(Duration, AtMost2000000Seconds) {
  EXPECT_EQ(ParseDuration("2000000s"), 2'000'000s);  // about 23 days
  EXPECT_THROW((void)ParseDuration("2000001s"), std::invalid_argument);
  EXPECT_THROW((void)ParseDuration("9999999h"), std::invalid_argument);
}

}  // namespace
}  // namespace heddle::cli
