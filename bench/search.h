// One benchmark: the search of one program under one model, over and over.
#pragma once

#include <benchmark/benchmark.h>

#include <optional>
#include <string>
#include <vector>

#include "model/explorer.h"
#include "runtime/model/machine.h"

namespace heddle::bench {

struct Search {
  std::string name;  ///< "inc/8/rc11"
  ModelCode code;
  const model::MemoryModel* model = nullptr;
  model::ExploreOptions options = {};
};

struct SearchRun {
  model::ExploreResult result;
  double seconds = 0;  ///< CPU time of one search
};

/// What went wrong so far, one line each; main() fails if there is any.
std::vector<std::string>& Failures();
void Fail(benchmark::State& state, const Search& search, const std::string& why);

/// Runs the whole search once per iteration and sets the counters executions, blocked and exec/s.
/// Nothing if the program has an error or the search ended early without being told to.
std::optional<SearchRun> RunSearch(benchmark::State& state, const Search& search);

template <typename F>
void Register(const Search& search, F run) {
  benchmark::RegisterBenchmark(search.name.c_str(), run)->Unit(benchmark::kMillisecond);
}

/// What --floor prints: floor.cpp.
void PrintFloor();

/// What --strategies prints: strategies.cpp.
void PrintStrategies();

/// What --memory and --workers print: resources.cpp.  False if a search takes too much memory.
bool PrintMemory();
void PrintWorkers();

/// What --rcu prints: rcu_bench.cpp.
void PrintRcu();
/// What --tracepoints prints: tracepoint_bench.cpp.
void PrintTracepoints();

/// The benchmarks of --scaling: scaling_bench.cpp.
void RegisterScaling();
/// Native patching: see patching_bench.cpp.
void RegisterPatching();
/// Static keys of this program: see static_key_bench.cpp.
void RegisterStaticKeys();

}  // namespace heddle::bench
