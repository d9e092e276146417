// Are CPU lists read as people mean them, and mistakes explained?
#include "stress/affinity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace heddle::stress {
namespace {

TEST(CpuList, ReadsNumbersAndRanges) {
  EXPECT_EQ(ParseCpuList("0"), (std::vector<int>{0}));
  EXPECT_EQ(ParseCpuList("0-3,5"), (std::vector<int>{0, 1, 2, 3, 5}));
  EXPECT_EQ(ParseCpuList("7,2-2"), (std::vector<int>{7, 2})) << "the order given is kept";
}

class BadCpuList : public testing::TestWithParam<const char*> {};
TEST_P(BadCpuList, IsRefusedQuotingTheInput) {
  try {
    ParseCpuList(GetParam());
    FAIL() << "accepted '" << GetParam() << "'";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'" + std::string(GetParam()) + "'"));
  }
}
INSTANTIATE_TEST_SUITE_P(Inputs, BadCpuList,
                         testing::Values("", ",", "1,", "-1", "1-", "3-1", "a", "1 2", "0,0",
                                         "0-2,1", "1024", "99999999999", "+1", "0x1"));

TEST(AvailableCpus, AreAccepted) {
  ASSERT_FALSE(AvailableCpus().empty());
  EXPECT_NO_THROW(RequireAvailable(AvailableCpus()));
}

TEST(AvailableCpus, OthersAreRefusedByNumber) {
  const int missing = AvailableCpus().back() + 1;
  try {
    RequireAvailable({missing});
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("CPU " + std::to_string(missing)));
  }
}

TEST(AvailableOf, LeavesOutWhatIsNotThere) {
  const std::vector<int> all = AvailableCpus();
  EXPECT_EQ(AvailableOf({}), all);
  EXPECT_EQ(AvailableOf({1023, all.back()}), std::vector<int>{all.back()});
  EXPECT_THROW(AvailableOf({1023}), std::invalid_argument);
}

}  // namespace
}  // namespace heddle::stress
