// How many executions per second does the search explore?  One iteration is one whole search.
//
//   heddle_bench             every row of bench/programs/family.h, and the patching protocol, under
//                            each model; a count that differs from the table is an error
//   heddle_bench --floor     the same, beside running the programs without any checking: a table
//   heddle_bench --strategies  bounded and random searches beside it: a table
//   heddle_bench --memory    what searches of these programs need at most: a table
//   heddle_bench --workers   two workers beside one: a table (for an idle machine)
//   heddle_bench --scaling   what one execution costs, by its length: see bench/scaling.py
//   heddle_bench --rcu       our kinds of RCU beside liburcu's: see bench/rcu_bench.cpp
//   heddle_bench --tracepoints  tracepoints in idle code: see bench/tracepoint_bench.cpp
//   heddle_bench --patching  what patching code costs on this machine: see
//                            bench/patching_bench.cpp and bench/static_key_bench.cpp
//
// Google Benchmark's own options may follow, e.g. --benchmark_filter=fib.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <string_view>

#include "bench/programs/family.h"
#include "bench/search.h"
#include "runtime/check/subject.h"

namespace heddle::bench {
namespace {

// By the search's name, for the summary.
std::map<std::string, double> times_genmc;    // our rate / GenMC's
std::map<std::string, std::string> excesses;  // blocked executions, where there are too many

// Google Benchmark's CSV and tables want the same counters in every run.
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

void RunRow(benchmark::State& state, const Search& search, const FamilyRow& row, std::size_t m) {
  const auto run = RunSearch(state, search);
  if (!run) return;
  state.counters["xGenMC"] = kUnknown;
  const auto& result = run->result;
  if (result.executions != row.executions[m]) {
    Fail(state, search,
         std::to_string(result.executions) + " executions instead of " +
             std::to_string(row.executions[m]));
    return;
  }
  if (result.blocked > row.max_blocked)
    excesses[search.name] =
        std::to_string(result.blocked) + " instead of " + std::to_string(row.max_blocked);
  // A row that took GenMC no longer than its start tells nothing.
  if (!row.genmc_seconds || (*row.genmc_seconds)[m] <= kGenmcStartup) return;
  const double ratio = ((*row.genmc_seconds)[m] - kGenmcStartup) / run->seconds;
  state.counters["xGenMC"] = times_genmc[search.name] = ratio;
}

void RegisterFamily() {
  const auto& models = model::AllModels();
  for (const FamilyRow& row : Family()) {
    for (std::size_t m = 0; m < models.size(); ++m) {
      const Search search{row.name() + "/" + std::string(models[m]->name), row.Code(), models[m]};
      Register(search,
               [search, &row, m](benchmark::State& state) { RunRow(state, search, row, m); });
    }
  }
}

void RegisterProtocol(std::string_view scenario) {
  for (const Subject& s : AllSubjects()) {
    if (s.name() != scenario) continue;
    for (const auto* model : model::AllModels()) {
      const ModelCode code{s.name(), s.threads, s.deliveries.front(), s.make};
      const Search search{s.name() + "/" + std::string(model->name), code, model};
      Register(search, [search](benchmark::State& state) {
        if (RunSearch(state, search)) state.counters["xGenMC"] = kUnknown;
      });
    }
  }
}

// On stderr, so that --benchmark_format=json stays JSON.
void PrintSummary() {
  for (const auto& [name, blocked] : excesses)
    std::fprintf(stderr, "more blocked executions than GenMC: %s: %s\n", name.c_str(),
                 blocked.c_str());
  for (const std::string& failure : Failures())
    std::fprintf(stderr, "FAILED: %s\n", failure.c_str());
  if (times_genmc.empty()) return;
  double logs = 0;
  for (const auto& [name, ratio] : times_genmc) logs += std::log(ratio);
  const auto [slowest, minimum] = *std::ranges::min_element(
      times_genmc, {}, [](const auto& name_and_ratio) { return name_and_ratio.second; });
  std::fprintf(stderr, "xGenMC over %zu rows: geometric mean %.2f, minimum %.2f (%s)\n",
               times_genmc.size(), std::exp(logs / static_cast<double>(times_genmc.size())),
               minimum, slowest.c_str());
}

}  // namespace
}  // namespace heddle::bench

int main(int argc, char** argv) {
  using namespace heddle::bench;
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "--memory") return PrintMemory() ? 0 : 1;
  if (what == "--rcu" || what == "--tracepoints") {
    (what == "--rcu" ? PrintRcu : PrintTracepoints)();
    return 0;
  }
  if (what == "--floor" || what == "--strategies" || what == "--workers") {
    (what == "--floor" ? PrintFloor : what == "--workers" ? PrintWorkers : PrintStrategies)();
    return 0;
  }
  if (what == "--scaling" || what == "--patching") {
    std::rotate(argv + 1, argv + 2, argv + argc);  // Google Benchmark does not know it
    argv[--argc] = nullptr;
    if (what == "--scaling") {
      RegisterScaling();
    } else {
      RegisterPatching();
      RegisterStaticKeys();
    }
  } else {
    RegisterFamily();
    RegisterProtocol("poke_one_site");
    RegisterProtocol("poke_one_site_2");
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  PrintSummary();
  return Failures().empty() ? 0 : 1;
}
