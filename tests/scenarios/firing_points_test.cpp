// Do handlers of real protocols show all that they can, although they do not fire right after plain
// accesses?
//
// runtime/model/contexts.h leaves those points out; random programs are compared in
// tests/runtime/random_contexts_test.cpp.  Here some of the catalog, with mutants: those with
// handlers whose searches end within a second or so with every point.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "runtime/check/subject.h"
#include "tests/support/check_program.h"
#include "tests/support/effort.h"

namespace heddle {
namespace {

constexpr std::array<std::string_view, 8> kWithHandlers = {
    "context_nested",       "user_transition",       "rcu_nmi",    "idle_tracepoint_look",
    "idle_tracepoint_srcu", "recursion_bits_traced", "stack_flag", "uprobe_free"};

ModelCode CodeOf(const Subject& s, bool every_point) {
  return {.name = s.name(),
          .threads = s.threads,
          .delivery = s.deliveries.front(),
          .make = s.make,
          .isolated = s.isolated,
          .leaks_allowed = s.leaks_allowed,
          .spawned = s.spawned,
          .every_firing_point = every_point};
}

TEST(FiringPoints, OfTheCatalogThatAreLeftOutShowNothingElse) {
  std::set<std::string> compared;
  int fewer = 0;
  for (const Subject& s : AllSubjects()) {
    if (std::ranges::find(kWithHandlers, s.scenario) == kWithHandlers.end()) continue;
    if (!IsFullEffort() && !s.mutant.empty()) continue;
    SCOPED_TRACE(s.name());
    const Explored reduced = Explore(CodeOf(s, false)), full = Explore(CodeOf(s, true));
    compared.insert(s.scenario);
    EXPECT_EQ(reduced.error(), full.error());
    if (!full.holds()) continue;
    EXPECT_EQ(reduced.outcomes, full.outcomes);
    fewer += reduced.result.executions < full.result.executions ? 1 : 0;
  }
  EXPECT_EQ(compared.size(), kWithHandlers.size()) << "some are not in the catalog";
  EXPECT_GT(fewer, 0) << "nothing is left out";
}

}  // namespace
}  // namespace heddle
