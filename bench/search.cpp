#include "bench/search.h"

#include <ctime>

namespace heddle::bench {

std::vector<std::string>& Failures() {
  static std::vector<std::string> failures;
  return failures;
}

void Fail(benchmark::State& state, const Search& search, const std::string& why) {
  Failures().push_back(search.name + ": " + why);
  state.SkipWithError(why.c_str());
}

std::optional<SearchRun> RunSearch(benchmark::State& state, const Search& search) {
  SearchRun run;
  Machine machine(search.code);
  const std::clock_t start = std::clock();
  for (auto _ : state) {
    run.result = model::ExploreByRevisits(machine, *search.model, search.options, {});
    if (!run.result.violation && (run.result.complete || search.options.max_executions)) continue;
    Fail(state, search, run.result.violation ? run.result.violation->message : "search cut short");
    return {};
  }
  run.seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC /
                static_cast<double>(state.iterations());
  const auto executions = static_cast<double>(run.result.executions);
  state.counters["executions"] = executions;
  state.counters["blocked"] = static_cast<double>(run.result.blocked);
  state.counters["exec/s"] =
      benchmark::Counter(executions, benchmark::Counter::kIsIterationInvariantRate);
  return run;
}

}  // namespace heddle::bench
