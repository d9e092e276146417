// How many thousand executions per second of CPU time does each kind of search visit, under rc11?
// All executions; random walks; PCT of depth 3; all with at most 2 preemptions (new ones: it comes
// to most graphs on several ways).
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iterator>
#include <string_view>

#include "bench/programs/family.h"
#include "bench/search.h"
#include "model/preemption_search.h"
#include "model/random_search.h"
#include "runtime/check/subject.h"

namespace heddle::bench {
namespace {

constexpr double kSeconds = 0.5;  // CPU time of each cell, at least
constexpr int kWalks = 1000, kPctDepth = 3, kPreemptions = 2;

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Thousands of executions per second; `search`: uint64_t(Machine&, int repetition).
template <typename F>
double Rate(const ModelCode& code, F search) {
  Machine machine(code);
  std::uint64_t executions = 0;
  int repetition = 0;
  const double start = CpuSeconds();
  do {
    executions += search(machine, repetition++);
  } while (CpuSeconds() - start < kSeconds);
  return static_cast<double>(executions) / (CpuSeconds() - start) / 1e3;
}

void PrintRow(const std::string& name, const ModelCode& code) {
  const model::MemoryModel& rc11 = model::Rc11();
  const auto at_random = [&](int depth) {
    return Rate(code, [&](Machine& machine, int i) {
      return ExploreAtRandom(machine, rc11, {kWalks, static_cast<std::uint64_t>(i), depth}, {}, {})
          .executions;
    });
  };
  const double all = Rate(code, [&](Machine& machine, int) {
    return ExploreByRevisits(machine, rc11, {}, {}).executions;
  });
  const double bounded = Rate(code, [&](Machine& machine, int) {
    return model::PreemptionSearch(machine, rc11, kPreemptions).GoOn({}, {}).executions;
  });
  std::printf("| %s | %.0f | %.0f | %.0f | %.0f |\n", name.c_str(), all, at_random(0),
              at_random(kPctDepth), bounded);
  std::fflush(stdout);
}

}  // namespace

void PrintStrategies() {
  std::printf(
      "| program | all | random walk | PCT, depth %d | %d preemptions |\n|---|---|---|---|---|\n",
      kPctDepth, kPreemptions);
  // Of the others, the bounded search has too many unfinished graphs: more than executions.
  static constexpr std::string_view kRows[] = {"inc/8",    "wrn/5",     "casrot/8",
                                               "ticket/5", "seqlock/4", "treiber/4"};
  for (const FamilyRow& row : Family())
    if (std::ranges::find(kRows, row.name()) != std::end(kRows)) PrintRow(row.name(), row.Code());
  for (const Subject& s : AllSubjects())
    if (s.name() == "qspinlock" || s.name() == "poke_one_site_2")
      PrintRow(s.name(), {s.name(), s.threads, s.deliveries.front(), s.make, s.isolated,
                          s.leaks_allowed, s.spawned});
}

}  // namespace heddle::bench
