// Is what is shown of a failure as short as can be found, and still the same failure?
#include "runtime/check/minimise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

namespace heddle {
namespace {

// Context switches in the trace, then its events.
std::pair<int, std::size_t> LengthOf(const CheckResult& r) {
  const auto& events = r.graph->trace.events;
  int switches = 0;
  for (std::size_t i = 1; i < events.size(); ++i)
    switches += events[i].thread != events[i - 1].thread;
  return {switches, events.size()};
}

struct Case {
  const char *name, *model;
};

class Minimised : public testing::TestWithParam<Case> {
 protected:
  static CheckResult Found() {
    const auto& all = AllSubjects();
    const auto subject =
        std::ranges::find_if(all, [](const Subject& s) { return s.name() == GetParam().name; });
    return Check(*subject, *model::FindModel(GetParam().model), subject->deliveries.front(), {});
  }
};

TEST_P(Minimised, IsTheSameFailureAndShorter) {
  const CheckResult found = Found();
  ASSERT_EQ(found.verdict, CheckVerdict::kViolation);
  CheckResult shown = found;
  Minimise(shown);
  EXPECT_EQ(shown.error, found.error);
  EXPECT_LT(LengthOf(shown), LengthOf(found)) << shown.report;
  EXPECT_EQ(Replay(shown.token).report, shown.report);
  EXPECT_EQ(shown.executions, found.executions) << "what the search did is not changed";

  CheckResult again = found, shorter = shown;
  Minimise(again);
  EXPECT_EQ(again.token, shown.token);
  Minimise(shorter);
  EXPECT_EQ(shorter.token, shown.token) << "what is minimal stays so";
}

// A data race, two failed checks and a torn instruction.
INSTANTIATE_TEST_SUITE_P(Of, Minimised,
                         testing::Values(Case{"qrwlock/acquire-wait", "rc11"},
                                         Case{"stack_flag/trap-own-flag", "tso"},
                                         Case{"recursion_bits/no-transition", "tso"},
                                         Case{"poke_one_site_2/no-sync-after-tail", "sc"}));

TEST(Minimise, WhatIsMinimalStaysAsItIs) {
  const std::string token = "MP/relaxed-publication@rc11+kernel:1:#2.a1a0#2.:";
  CheckResult r = Replay(token);
  Minimise(r);
  EXPECT_EQ(r.token, token);
}

}  // namespace
}  // namespace heddle
