// What does a disabled and an enabled static key cost beside a plain branch that is always
// predicted, and what does switching one cost?
//
// Each loop counts; after each number it asks
//   none     nothing
//   plain    a flag in memory, loaded relaxed: predicted, and in the first-level cache
//   key      the text (keys/branch.h)
// and what it does if the answer is yes is the same, a second addition.  Compare `key/off` with
// `plain/off` and with `none`, and `key/on` with `plain/on`, of one run; in ns per pass of the
// loop.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <utility>

#include "bench/search.h"
#include "keys/key.h"

namespace heddle::bench {
namespace {

constexpr int kPasses = 10'000, kBranches = 8;
constinit std::atomic<bool> g_flag{false};

template <typename Asks>
[[gnu::always_inline]] inline void Pass(std::uint64_t& sum, Asks asks) {
  sum += 1;
  asm volatile("" : "+r"(sum));  // one after the other
  if (asks()) [[unlikely]] {
    sum += 3;
    asm volatile("" : "+r"(sum));  // a branch, no conditional move
  }
}

template <typename Asks>
[[gnu::noinline]] std::uint64_t Loop(Asks asks) {
  std::uint64_t sum = 0;
  for (int i = 0; i < kPasses; ++i) {
    [&]<int... kNumbers>(std::integer_sequence<int, kNumbers...>) {
      ((static_cast<void>(kNumbers), Pass(sum, asks)), ...);
    }
    (std::make_integer_sequence<int, kBranches>());
  }
  return sum;
}

template <typename Asks>
void Time(benchmark::State& state, Asks asks) {
  for (auto _ : state) benchmark::DoNotOptimize(Loop(asks));
  state.counters["per_branch"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kPasses * kBranches,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void None(benchmark::State& state) {
  Time(state, [] { return false; });
}
void Plain(benchmark::State& state, bool on) {
  g_flag = on;
  Time(state, [] { return g_flag.load(std::memory_order_relaxed); });
}
void KeyBranch(benchmark::State& state, bool on) {
  keys::Key key("bench.branch");
  if (on) key.Inc();
  Time(state, [] { return keys::StaticBranch<"bench.branch">(); });
}

// On and off again; nobody executes the site meanwhile.
void Switch(benchmark::State& state) {
  keys::Key key("bench.branch");
  for (auto _ : state) {
    key.Inc();
    key.Dec();
  }
}

}  // namespace

void RegisterStaticKeys() {
  benchmark::RegisterBenchmark("static_key/none", &None);
  benchmark::RegisterBenchmark("static_key/plain/off", &Plain, false);
  benchmark::RegisterBenchmark("static_key/key/off", &KeyBranch, false);
  benchmark::RegisterBenchmark("static_key/plain/on", &Plain, true);
  benchmark::RegisterBenchmark("static_key/key/on", &KeyBranch, true);
  benchmark::RegisterBenchmark("static_key/switch_on_and_off", &Switch)->UseRealTime();
}

}  // namespace heddle::bench
