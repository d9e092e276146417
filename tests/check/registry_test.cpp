// Are the scenarios of a program all there, once, and is a bad list refused?
#include "runtime/check/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace heddle {
namespace {

Subject Named(const std::string& scenario, const std::string& mutant) {
  Subject s;
  s.scenario = scenario;
  s.mutant = mutant;
  return s;
}

std::string Complaint(const std::vector<Subject>& subjects) {
  try {
    RefuseBadCatalog(subjects);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return {};
}

TEST(Registry, HasOurCatalogInItsOrder) {
  const auto& all = AllSubjects();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.front().scenario, "MP");
  EXPECT_EQ(all.back().scenario, "uprobe_free");
}

TEST(Registry, RefusesTwoOfOneName) {
  EXPECT_EQ(Complaint({Named("A", ""), Named("A", "m"), Named("B", "m"), Named("B", "")}), "");
  EXPECT_THAT(Complaint({Named("A", ""), Named("B", ""), Named("A", "")}),
              testing::HasSubstr("named 'A'"));
  EXPECT_THAT(Complaint({Named("A", ""), Named("A", "m"), Named("A", "m")}),
              testing::HasSubstr("named 'A/m'"));
}

TEST(Registry, RefusesNone) { EXPECT_THAT(Complaint({}), testing::HasSubstr("no scenarios")); }

}  // namespace
}  // namespace heddle
