// Does --symmetry change what a check of the catalog's scenarios with alike threads says?
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "runtime/check/check.h"

namespace heddle {
namespace {

// Outcomes without who had which.
std::set<std::vector<std::int64_t>> Nameless(const Outcomes& outcomes) {
  std::set<std::vector<std::int64_t>> result;
  for (const auto& [values, times] : outcomes) {
    std::vector<std::int64_t> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    result.insert(sorted);
  }
  return result;
}

TEST(SymmetryOfTheCatalog, ChangesNoVerdict) {
  int compared = 0;
  for (const Subject& subject : AllSubjects()) {
    if (subject.alike.empty()) continue;
    for (const char* name : {"sc", "tso", "rc11"}) {
      const model::MemoryModel& model = *model::FindModel(name);
      SCOPED_TRACE(subject.name() + " under " + name);
      const TrapDelivery delivery = subject.deliveries.front();
      const CheckResult all = Check(subject, model, delivery, {});
      CheckOptions options;
      options.symmetry = true;
      const CheckResult reduced = Check(subject, model, delivery, options);
      EXPECT_EQ(reduced.AsExpected(), all.AsExpected());
      EXPECT_EQ(reduced.error, all.error);
      EXPECT_TRUE(reduced.symmetry);
      if (all.verdict == CheckVerdict::kViolation) continue;
      EXPECT_LT(reduced.executions, all.executions);
      EXPECT_EQ(Nameless(reduced.outcomes), Nameless(all.outcomes));
      ++compared;
    }
  }
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace heddle
