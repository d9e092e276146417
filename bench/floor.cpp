// How far is the search from its floor?  For each row that GenMC was timed on, in nanoseconds of
// CPU time per execution under rc11: running the program's own operations once from the start,
// without any checking (the floor of a search that re-runs the program for each execution); the
// search when the whole program is re-run; the search when only the threads that changed are
// (isolated).
#include <cstdio>
#include <ctime>

#include "bench/programs/family.h"
#include "bench/search.h"
#include "model/execution_builder.h"

namespace heddle::bench {
namespace {

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The last execution of the search, over and over: nothing but the program's own operations, each
// given the answer that it had.
double FloorOf(ModelCode code) {
  code.isolated = false;
  Machine machine(code);
  model::ExecutionGraph graph;
  model::ExploreByRevisits(machine, model::Rc11(), {},
                           [&](const model::ExecutionGraph& g) { graph = g; });
  model::ExecutionBuilder builder(machine);
  constexpr int kRuns = 200'000;
  const double start = CpuSeconds();
  for (int i = 0; i < kRuns; ++i) (void)builder.Sync(graph);
  return (CpuSeconds() - start) / kRuns;
}

double SearchCost(ModelCode code, bool isolated) {
  code.isolated = isolated;
  Machine machine(code);
  std::uint64_t executions = 0;
  const double start = CpuSeconds();
  do {
    executions += model::ExploreByRevisits(machine, model::Rc11(), {}, {}).executions;
  } while (CpuSeconds() - start < 0.2);
  return (CpuSeconds() - start) / static_cast<double>(executions);
}

}  // namespace

void PrintFloor() {
  std::printf(
      "| program | floor | whole re-runs | isolated | isolated / floor | GenMC |\n"
      "|---|---|---|---|---|---|\n");
  for (const FamilyRow& row : Family()) {
    if (!row.genmc_seconds) continue;
    const double genmc =
        ((*row.genmc_seconds)[2] - kGenmcStartup) / static_cast<double>(row.executions[2]);
    const double floor = FloorOf(row.Code()), isolated = SearchCost(row.Code(), true);
    std::printf("| %s | %.0f ns | %.0f ns | %.0f ns | %.1f | %.0f ns |\n", row.name().c_str(),
                floor * 1e9, SearchCost(row.Code(), false) * 1e9, isolated * 1e9, isolated / floor,
                genmc * 1e9);
    std::fflush(stdout);
  }
}

}  // namespace heddle::bench
