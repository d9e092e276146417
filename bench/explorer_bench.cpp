// How many executions per second does the search explore?  One iteration is one whole search; the
// counter "exec/s" is what to compare, "executions" must equal the numbers in programs.h.
#include <benchmark/benchmark.h>

#include <stdexcept>

#include "bench/programs.h"
#include "model/explorer.h"
#include "runtime/check/check.h"

namespace heddle::bench {
namespace {

void Explore(benchmark::State& state, const ModelCode& code, const model::MemoryModel& model) {
  std::uint64_t executions = 0, blocked = 0;
  Machine machine(code);
  for (auto _ : state) {
    const auto result = model::ExploreByRevisits(machine, model, {}, {});
    if (!result.complete || result.violation) throw std::logic_error("benchmark does not hold");
    executions = result.executions;
    blocked = result.blocked;
  }
  const auto per_search = static_cast<double>(executions);
  state.counters["executions"] = per_search;
  state.counters["blocked"] = static_cast<double>(blocked);
  state.counters["exec/s"] =
      benchmark::Counter(per_search, benchmark::Counter::kIsIterationInvariantRate);
}

template <typename P>
void Family(benchmark::State& state) {
  Explore(state, CodeOf<P>(static_cast<int>(state.range(0))),
          *model::AllModels()[static_cast<std::size_t>(state.range(1))]);
}

void Poke(benchmark::State& state, const char* scenario) {
  for (const Subject& s : AllSubjects())
    if (s.name() == scenario)
      Explore(state, {s.name(), s.threads, s.deliveries.front(), s.make},
              *model::AllModels()[static_cast<std::size_t>(state.range(0))]);
}

// The second argument is the model: 0 sc, 1 tso, 2 rc11.
void Sizes(benchmark::internal::Benchmark* b, std::initializer_list<int> sizes) {
  for (const int n : sizes)
    for (int m = 0; m < 3; ++m) b->Args({n, m});
  b->ArgNames({"n", "model"})->Unit(benchmark::kMillisecond);
}

BENCHMARK(Family<Increments>)->Name("inc")->Apply([](auto* b) { Sizes(b, {5, 7}); });
BENCHMARK(Family<Readers>)->Name("readers")->Apply([](auto* b) { Sizes(b, {8, 13}); });
BENCHMARK(Family<StoreBufferRing<false>>)->Name("sbring")->Apply([](auto* b) {
  Sizes(b, {7, 12});
});
BENCHMARK(Family<StoreBufferRing<true>>)->Name("sbringsc")->Apply([](auto* b) {
  Sizes(b, {7, 10});
});
BENCHMARK_CAPTURE(Poke, poke_one_site, "poke_one_site")
    ->Arg(0)
    ->Arg(1)
    ->Arg(2)
    ->ArgName("model")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Poke, poke_one_site_2, "poke_one_site_2")
    ->Arg(0)
    ->Arg(1)
    ->Arg(2)
    ->ArgName("model")
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace heddle::bench
