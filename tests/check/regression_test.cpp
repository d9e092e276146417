// Is a failure that was found once told from one that is fixed, or cannot be replayed?
#include "runtime/check/regression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace heddle {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// The flag is read before, or after it was stored.
const std::string kLate = ":1:#2.a1a0#2.:", kEarly = ":1:#2.i#1.:";
const std::string kBroken = "MP/relaxed-publication@rc11+kernel", kMended = "MP@rc11+kernel";

Fate FateOf(const std::string& token) { return ReplayAgain(ParseToken(token)).fate; }

TEST(Regression, FatesAreToldApart) {
  EXPECT_EQ(FateOf(kBroken + kLate), Fate::kFails);
  EXPECT_EQ(FateOf(kMended + kLate), Fate::kHolds);
  EXPECT_EQ(FateOf(kBroken + kEarly), Fate::kHolds);
  // Both loads of store buffering read 0.
  EXPECT_EQ(FateOf("SB@tso+kernel:1:#1.i#2.i#2.:"), Fate::kOtherProgram) << "of three threads";
  EXPECT_EQ(FateOf("SB@tso+kernel:1:i#2.i#2.:"), Fate::kHolds);
  EXPECT_EQ(FateOf("SB@sc+kernel:1:i#2.i#2.:"), Fate::kForbidden);
  EXPECT_EQ(FateOf(kMended + ":1:#3.a1a0#2.:"), Fate::kOtherProgram) << "one event too many";
  EXPECT_EQ(FateOf(kMended + ":1:#1.i#1.:"), Fate::kOtherProgram) << "one too few";
  EXPECT_THROW(FateOf(kMended + ":1:"), std::invalid_argument);
  EXPECT_THROW(FateOf(kMended + ":2:#2.i#1.:"), std::invalid_argument);
}

TEST(Regression, IsFixedOnceItsExecutionHolds) {
  EXPECT_EQ(WhyNotFixed(kMended + kLate), "");
  EXPECT_THAT(WhyNotFixed(kBroken + kLate),
              AllOf(HasSubstr("data race on 'payload'"), HasSubstr("replay: heddle replay")));
}

TEST(Regression, WhatCannotBeReplayedIsCheckedAsAWhole) {
  const std::string other = ":1:#1.i#1.:";
  EXPECT_EQ(WhyNotFixed(kMended + other), "");
  EXPECT_THAT(WhyNotFixed(kBroken + other),
              AllOf(HasSubstr("cannot be replayed"), HasSubstr("data race on 'payload'")));
  EXPECT_EQ(WhyNotFixed("SB@sc+kernel:1:i#2.i#2.:"), "") << "the model forbids it";
  // A check that is not done acquits nobody.
  EXPECT_THAT(WhyNotFixed("qspinlock@rc11+kernel:1:#1.#1.#1.:", std::chrono::milliseconds(1)),
              HasSubstr("1 ms were too few"));
}

}  // namespace
}  // namespace heddle
