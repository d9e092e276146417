// Does the search visit as many executions of the family's programs as there are?
#include "bench/programs/family.h"

#include <gtest/gtest.h>

#include <ostream>

#include "model/explorer.h"
#include "tests/support/effort.h"

namespace heddle::bench {

void PrintTo(const FamilyRow& row, std::ostream* out) { *out << row.name(); }

namespace {

class FamilyTest : public testing::TestWithParam<FamilyRow> {};

TEST_P(FamilyTest, HasTheTablesNumberOfExecutions) {
  const FamilyRow& row = GetParam();
  if (row.slow && !IsFullEffort()) GTEST_SKIP() << "too long where everything is slow";
  const auto& models = model::AllModels();
  for (std::size_t m = 0; m < models.size(); ++m) {
    SCOPED_TRACE(models[m]->name);
    Machine machine(row.Code());
    const auto result = model::ExploreByRevisits(machine, *models[m], {}, {});
    EXPECT_FALSE(result.violation) << result.violation->message;
    EXPECT_TRUE(result.complete);
    EXPECT_EQ(result.executions, row.executions[m]);
    EXPECT_LE(result.blocked, row.max_blocked);
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, FamilyTest, testing::ValuesIn(Family()), [](const auto& row) {
  return std::string(row.param.program) + "_" + std::to_string(row.param.size);
});

}  // namespace
}  // namespace heddle::bench
