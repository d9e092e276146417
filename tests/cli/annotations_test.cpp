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

using testing::HasSubstr;
using testing::Not;

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

}  // namespace
}  // namespace heddle
