// What does one execution cost, the longer it is?  The first executions, at most kRuns, of
// programs of growing size under rc11; the counter "events" is their mean length.
#include "bench/programs/family.h"
#include "bench/search.h"

namespace heddle::bench {
namespace {

constexpr std::uint64_t kRuns = 20'000;

void RunScaling(benchmark::State& state, const Search& search) {
  const auto run = RunSearch(state, search);
  if (!run) return;
  // Counted apart: a visitor's work is not the search's.
  double events = 0;
  Machine machine(search.code);
  const auto counted = model::ExploreByRevisits(
      machine, *search.model, search.options,
      [&](const model::ExecutionGraph& g) { events += static_cast<double>(g.event_count()); });
  state.counters["events"] = events / static_cast<double>(counted.executions);
}

template <typename P>
void RegisterSizes(const char* program, int from, int to, int step) {
  for (int n = from; n <= to; n += step) {
    const Search search{std::string(program) + "/" + std::to_string(n),
                        CodeOf<P>(program, n),
                        &model::Rc11(),
                        {.max_executions = kRuns}};
    Register(search, [search](benchmark::State& state) { RunScaling(state, search); });
  }
}

}  // namespace

void RegisterScaling() {
  RegisterSizes<StoreBufferRing<ModelRuntime>>("sbring", 4, 24, 4);
  RegisterSizes<Readers<ModelRuntime>>("readers", 4, 24, 4);
  RegisterSizes<Fibonacci<ModelRuntime>>("fib", 2, 8, 1);
}

}  // namespace heddle::bench
