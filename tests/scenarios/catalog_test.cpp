// Does every scenario of the catalog hold, and does every mutant end as its description says?
#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>
#include <vector>

#include "runtime/check/check.h"
#include "tests/support/effort.h"

namespace heddle {
namespace {

struct Case {
  const Subject* subject;
  const model::MemoryModel* model;
  TrapDelivery delivery;
};

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  for (const Subject& s : AllSubjects())
    for (const TrapDelivery d : s.deliveries)
      for (const model::MemoryModel* m : UsualModels(s)) cases.push_back({&s, m, d});
  return cases;
}

std::string CaseName(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.subject->name() + "_" + std::string(info.param.model->name) + "_" +
                     Name(info.param.delivery);
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

// The few searches that would take seconds (poke_one_site_user and _2, and mutants of dropped steps
// that are not needed) are cut after this many executions: then no violation so far is all that is
// asked, and `heddle check` is what completes them.  Mutants that must fail are never cut.  Under
// Arm's models an execution takes ten times as long.
std::uint64_t Enough(const Subject& s) {
  return Effort(std::uint64_t{s.isa == Isa::kArm64 ? 2'000U : 20'000U});
}

class Catalog : public testing::TestWithParam<Case> {};

TEST_P(Catalog, IsAsExpected) {
  const auto& [subject, model, delivery] = GetParam();
  CheckOptions options;
  const bool must_fail =
      !subject->mutant.empty() && !subject->expected(model->name, delivery).error.empty();
  if (!must_fail) options.max_executions = Enough(*subject);
  const CheckResult r = Check(*subject, *model, delivery, options);
  if (r.verdict == CheckVerdict::kInconclusive) {
    EXPECT_GE(r.executions + r.blocked, Enough(*subject));
    EXPECT_EQ(r.error, "");
    return;
  }
  EXPECT_TRUE(r.AsExpected()) << r.message << "\n" << r.report;
  if (!must_fail) return;
  // The report comes from a replay of the token, so replaying it again tells the very same.
  const CheckResult again = Replay(r.token);
  EXPECT_EQ(again.verdict, CheckVerdict::kViolation);
  EXPECT_EQ(again.error, r.error);
  EXPECT_EQ(again.message, r.message);
  EXPECT_EQ(again.token, r.token);
  if (subject->shape == Shape::kSample) {
    EXPECT_EQ(again.report, r.report);
    EXPECT_EQ(Replay(r.token).report, r.report);
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Catalog, testing::ValuesIn(AllCases()), CaseName);

TEST(CatalogReports, ReportsOfTextMutantsAreIdenticalAgain) {
  for (const Subject& s : AllSubjects()) {
    if (s.mutant != "no-int3") continue;
    const CheckResult r = Check(s, model::Rc11(), s.deliveries.front(), {});
    EXPECT_EQ(Replay(r.token).report, r.report);
  }
}

TEST(CatalogReports, SayThatTrapsWereDeliveredLate) {
  for (const Subject& s : AllSubjects()) {
    if (s.name() != "poke_one_site/strict") continue;
    const CheckResult r = Check(s, model::Rc11(), TrapDelivery::kUser, {});
    ASSERT_EQ(r.verdict, CheckVerdict::kViolation);
    EXPECT_NE(r.report.find("(user-space traps)"), std::string::npos) << r.report;
  }
}

TEST(CatalogDescriptions, NamesAreUniqueAndNothingIsEmpty) {
  std::set<std::string> names;
  for (const Subject& s : AllSubjects()) {
    SCOPED_TRACE(s.name());
    EXPECT_TRUE(names.insert(s.name()).second) << "a second one of this name";
    EXPECT_FALSE(s.scenario.empty());
    EXPECT_FALSE(s.what.empty()) << "a scenario has a question, a mutant says what it changed";
    EXPECT_EQ(s.what.find('\n'), std::string::npos);
    EXPECT_GE(s.threads, 1);
    EXPECT_LE(s.threads, 8);
    EXPECT_FALSE(s.deliveries.empty());
    EXPECT_FALSE(s.observations.empty());
    for (const std::string& o : s.observations) EXPECT_FALSE(o.empty());
    EXPECT_EQ(std::set<std::string>(s.observations.begin(), s.observations.end()).size(),
              s.observations.size());
  }
}

TEST(CatalogDescriptions, TablesFitTheObservations) {
  for (const Subject& s : AllSubjects()) {
    SCOPED_TRACE(s.name());
    std::set<std::vector<std::int64_t>> rows;
    for (const Expect& row : s.expected_outcomes) {
      EXPECT_TRUE(rows.insert(row.outcome).second) << "two rows for one outcome";
      EXPECT_FALSE(row.why.empty());
      if (s.shape == Shape::kSample) {
        EXPECT_EQ(row.outcome.size(), s.observations.size());
      } else {
        ASSERT_EQ(row.outcome.size(), 2U);  // {observation index, value}
        EXPECT_LT(static_cast<std::size_t>(row.outcome[0]), s.observations.size());
      }
      // sc is the strongest model and rc11 the weakest: what a stronger one allows, so do they.
      EXPECT_LE(row.sc == Grade::kForbidden ? 0 : 1, row.tso == Grade::kForbidden ? 0 : 1);
      EXPECT_LE(row.tso == Grade::kForbidden ? 0 : 1, row.rc11 == Grade::kForbidden ? 0 : 1);
      EXPECT_NE(row.sc, Grade::kWeak) << "weak means: allowed, but not by sc";
    }
  }
}

TEST(CatalogDescriptions, EveryMutantSaysWhy) {
  for (const Subject& s : AllSubjects()) {
    if (s.mutant.empty()) continue;
    for (const TrapDelivery d : s.deliveries)
      for (const model::MemoryModel* m : UsualModels(s))
        EXPECT_FALSE(s.expected(m->name, d).why.empty()) << s.name() << " under " << m->name;
  }
}

TEST(Globs, MatchWholeNames) {
  EXPECT_TRUE(MatchesGlob("*", "MP"));
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("M?", "MP"));
  EXPECT_TRUE(MatchesGlob("poke*user", "poke_one_site_user"));
  EXPECT_TRUE(MatchesGlob("MP/*", "MP/relaxed-publication"));
  EXPECT_FALSE(MatchesGlob("M", "MP"));
  EXPECT_FALSE(MatchesGlob("MP?", "MP"));
  EXPECT_FALSE(MatchesGlob("", "MP"));
  EXPECT_FALSE(MatchesGlob("*user", "poke_one_site"));
}

}  // namespace
}  // namespace heddle
