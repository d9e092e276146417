// Do messages between processes arrive as they were sent?
#include "runtime/check/wire.h"

#include <gtest/gtest.h>

#include "runtime/check/search_job.h"

namespace heddle {
namespace {

JobReport Sample() {
  JobReport report;
  report.tally.executions = 7;
  report.tally.phases.advancing = 0.25;
  report.tally.outcomes = {{{}, 1}, {{-1, 42}, 2}};
  report.rest = model::SearchTask{{3, 1, 0}, 2};
  report.violation = FoundViolation{{1, 2}, model::ErrorKind::kDeadlock, "why\n", "1:#2."};
  report.listing = std::string("a\0b", 3);
  report.tasks = {{{1}, 0}, {{}, 0}};
  report.probes = {3, 1.5, 2.5};
  return report;
}

TEST(Wire, ReportsArriveAsTheyWereSent) {
  JobReport sent = Sample(), got;
  Packer packer;
  packer(sent);
  Unpacker unpacker(packer.bytes());
  unpacker(got);
  EXPECT_EQ(got.tally.executions, 7U);
  EXPECT_EQ(got.tally.phases.advancing, 0.25);
  EXPECT_EQ(got.tally.outcomes, sent.tally.outcomes);
  EXPECT_EQ(got.rest->path, sent.rest->path);
  EXPECT_EQ(got.rest->floor, 2U);
  EXPECT_EQ(got.violation->kind, model::ErrorKind::kDeadlock);
  EXPECT_EQ(got.violation->message, "why\n");
  EXPECT_EQ(got.listing, sent.listing);
  ASSERT_EQ(got.tasks.size(), 2U);
  EXPECT_EQ(got.tasks[0].path, sent.tasks[0].path);
  EXPECT_EQ(got.probes.squares, 2.5);
}

TEST(Wire, CutOffMessagesAreRefused) {
  JobReport sent = Sample();
  Packer packer;
  packer(sent);
  for (std::size_t n = 0; n < packer.bytes().size(); ++n) {
    JobReport got;
    const std::string cut = packer.bytes().substr(0, n);
    Unpacker unpacker(cut);
    EXPECT_THROW(unpacker(got), std::runtime_error) << n;
  }
}

}  // namespace
}  // namespace heddle
