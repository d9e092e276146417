// What if code under test does to its process what it can?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

Output Unruly(const std::string& arguments) {
  return Shell(std::string(HEDDLE_UNRULY_CHECK) + " " + arguments);
}

TEST(CliUnruly, ACheckOfCodeThatExitsIsAFailure) {
  for (const char* workers : {"", " --workers 2"}) {
    const Output o = Unruly(std::string("check exits --model sc") + workers);
    EXPECT_THAT(o.status, AnyOf(1, 3)) << o.out << o.err;  // 3: a worker ended
    EXPECT_THAT(o.err, HasSubstr("exits under sc called exit()"));
  }
}

}  // namespace
}  // namespace heddle
