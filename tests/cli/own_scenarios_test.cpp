// Is a program with scenarios of its own the heddle command over these, and over no others?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Output Ring(const std::string& arguments) {
  return Shell(std::string(HEDDLE_RING_CHECK) + " " + arguments);
}

TEST(CliOwnScenarios, AreListedAlone) {
  const Output o = Ring("list");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_THAT(o.out, AllOf(HasSubstr("ring "), HasSubstr("/relaxed "), Not(HasSubstr("MP"))));
}

TEST(CliOwnScenarios, HoldAndTheirMutantIsCaughtAndReplayed) {
  const Output all = Ring("check '*'");
  EXPECT_EQ(all.status, 0) << all.out << all.err;
  const Output mutant = Ring("check ring/relaxed --model rc11 --reports");
  EXPECT_EQ(mutant.status, 0) << mutant.out << mutant.err;
  EXPECT_THAT(mutant.out, HasSubstr("data race on 'slot 0'"));
  const std::string before = "heddle replay '";
  const std::size_t begin = mutant.out.find(before);
  ASSERT_NE(begin, std::string::npos) << mutant.out;
  const std::size_t token = begin + before.size();
  const Output replayed =
      Ring("replay '" + mutant.out.substr(token, mutant.out.find('\'', token) - token) + "'");
  EXPECT_EQ(replayed.status, 1) << replayed.out << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("data race on 'slot 0'"));
}

TEST(CliOwnScenarios, RunNatively) {
  const Output o = Ring("stress ring --duration 500ms --mutants 1s --seed 1");
  EXPECT_THAT(o.status, testing::AnyOf(0, 4)) << o.out << o.err;  // 4: a busy machine
  EXPECT_THAT(o.out, AllOf(HasSubstr("ring/relaxed"), Not(HasSubstr("failure of"))));
}

TEST(CliOwnScenarios, DoNotKnowOurs) {
  for (const std::string command : {"check MP", "stress MP --duration 1s", "list MP"}) {
    const Output o = Ring(command);
    EXPECT_EQ(o.status, 2) << command;
    EXPECT_THAT(o.err, HasSubstr("no scenario matches 'MP'")) << command;
  }
}

}  // namespace
}  // namespace heddle
