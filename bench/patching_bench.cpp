// What does live patching cost on this machine?  One iteration changes one batch of sites while
// executors call the patched function all the time: with the INT3 protocol, or in a stopped
// machine.
//
//   time                  of one batch, from checking its sites until no CPU may execute anything
//                         but the new instructions: the window, from the first store on, is shorter
//   sites_per_s           instructions replaced per second; their inverse is the cost of one
//   executor_calls_per_s  of all executors, while patching goes on
//   slow_down             calls per second before patching began / while it goes on
#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "bench/search.h"
#include "patching/stop_machine.h"
#include "patching/stopped_text.h"
#include "patching/x86_int3.h"
#include "runtime/native/native_runtime.h"

namespace heddle::bench {

#if defined(__x86_64__)
namespace {

using Rt = NativeRuntime;
using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostSites = 64, kLength = 5;
using Poker = X86Int3<Rt, kMostSites>;

// kMostSites 5-byte NOPs, then RET.
std::array<std::uint8_t, kMostSites * kLength + 1> Nops() {
  std::array<std::uint8_t, kMostSites * kLength + 1> code{};
  const auto nop = X86Instruction::Nop(kLength).Encode();
  for (std::size_t i = 0; i < kMostSites * kLength; ++i) code[i] = nop[i % kLength];
  code.back() = X86Instruction::Return().Encode()[0];
  return code;
}

// A NOP, or a jump to the next instruction: the function does the same either way.
X86Instruction Version(const Rt::CodeRegion& text, std::size_t offset, bool jump) {
  const std::uintptr_t site = text.address(offset);
  return jump ? *X86Instruction::Jump(site, site + kLength) : X86Instruction::Nop(kLength);
}

constexpr int kExecutors = 2;  // CPUs 1 and 2; the patcher is CPU 0

class Executors {
 public:
  /// Each calls the text and then `between(cpu)`, again and again.
  template <typename F>
  Executors(Rt::CodeRegion& text, F between) {
    for (int cpu = 1; cpu <= kExecutors; ++cpu) {
      threads_.emplace_back([this, &text, cpu, between](const std::stop_token& stop) {
        const native::ThreadContext context(cpu, -1, native::RunMode::kSample, 1);
        while (!stop.stop_requested()) {
          Rt::call(text, 0);
          between(cpu);
          calls_.fetch_add(1, std::memory_order_relaxed);
        }
      });
    }
    while (calls() == 0) std::this_thread::yield();
  }
  std::uint64_t calls() const { return calls_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> calls_{0};
  std::vector<std::jthread> threads_;  // joined first
};

double PerSecond(std::uint64_t calls, Clock::duration time) {
  return static_cast<double>(calls) / std::chrono::duration<double>(time).count();
}

// Calls `patch(jump)` once per iteration, which makes all sites jumps, or NOPs, and says whether it
// could.
template <typename F>
void Measure(benchmark::State& state, const Executors& executors, F patch) {
  const auto idle_from = Clock::now();
  const std::uint64_t idle_calls = executors.calls();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const double idle = PerSecond(executors.calls() - idle_calls, Clock::now() - idle_from);

  bool jump = false;
  const auto from = Clock::now();
  const std::uint64_t before = executors.calls();
  for (auto _ : state) {
    jump = !jump;
    if (patch(jump)) continue;
    state.SkipWithError("a patch was refused");
    break;
  }
  const double busy = PerSecond(executors.calls() - before, Clock::now() - from);
  if (native::FailureCount() != 0) state.SkipWithError("text failed: see heddle stress");
  state.counters["sites_per_s"] = benchmark::Counter(
      static_cast<double>(state.iterations() * state.range(0)), benchmark::Counter::kIsRate);
  state.counters["executor_calls_per_s"] = busy;
  state.counters["slow_down"] = idle / busy;
}

void PokeByInt3(benchmark::State& state) {
  native::BeginRun();
  Rt::CodeRegion text(Nops(), {1, 2});
  Poker poker(text, {});
  // Until the executors have been joined: their last traps may come late.
  struct Handler {
    explicit Handler(Poker& p) { Rt::set_trap_handler(&Poker::OnTrap, &p); }
    ~Handler() { Rt::set_trap_handler(nullptr, nullptr); }
  } const handler(poker);
  const native::ThreadContext context(0, -1, native::RunMode::kSample, 1);
  const Executors executors(text, [](int) {});
  Measure(state, executors, [&](bool jump) {
    Poker::Batch batch(text);
    for (std::size_t i = 0; i < static_cast<std::size_t>(state.range(0)); ++i) {
      const std::size_t offset = i * kLength;
      if (batch.Add(offset, Version(text, offset, !jump), Version(text, offset, jump)) !=
          PatchError::kNone)
        return false;
    }
    return poker.Poke(batch) == PatchError::kNone;
  });
}

// Executors take part in a stop between two calls.
void PatchStopped(benchmark::State& state) {
  native::BeginRun();
  Rt::CodeRegion text(Nops(), {1, 2});
  StopMachine<Rt, 1 + kExecutors> machine;
  StoppedText<Rt, 1 + kExecutors> patch(text);
  const native::ThreadContext context(0, -1, native::RunMode::kSample, 1);
  const Executors executors(text, [&machine](int cpu) { machine.Serve(cpu); });
  std::vector<std::uint8_t> bytes;  // of all sites, one behind the other
  Measure(state, executors, [&](bool jump) {
    bytes.clear();
    for (std::size_t i = 0; i < static_cast<std::size_t>(state.range(0)); ++i) {
      const auto one = Version(text, i * kLength, jump).Encode();
      bytes.insert(bytes.end(), one.begin(), one.begin() + kLength);
    }
    patch.Prepare(0, bytes);
    machine.Stop(0, patch);
    return true;
  });
}

}  // namespace

void RegisterPatching() {
  const auto add = [](const char* name, void (*run)(benchmark::State&)) {
    benchmark::RegisterBenchmark(name, run)
        ->Arg(1)
        ->Arg(static_cast<int>(kMostSites))
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  };
  add("poke/int3/sites", &PokeByInt3);
  add("poke/stop_machine/sites", &PatchStopped);
}
#else
void RegisterPatching() {}
#endif

}  // namespace heddle::bench
