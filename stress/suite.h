// What does a native run of a scenario take, and what does it give back?
//
//   const StressResult result = RunStress(MakePlan<StoreBuffering>(), {.duration = 2s});
//
// A run never proves anything: kPassed says that nothing forbidden was seen.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "runtime/native/native_runtime.h"
#include "runtime/scenario.h"
#include "stress/programs.h"

namespace heddle::stress {

/// A scenario, or one of its mutants, ready to run natively.
struct StressPlan {
  std::string name;  // "MP", or "MP/relaxed-publication"
  int threads = 0;   // 1 … 8
  Shape shape = Shape::kSample;
  bool control = false;  // must show its weak outcomes, or the harness is not to be trusted
  std::vector<Expect> expected;
  std::function<std::unique_ptr<SampleBatch>(std::size_t size)> make_batch;  // kSample
  std::function<std::unique_ptr<TortureProgram>()> make_program;             // kTorture
};

struct StressOptions {
  std::chrono::milliseconds duration{1000};
  std::vector<int> cpus{};  // thread i runs on cpus[i % size]; empty: all that are available
  std::uint64_t seed = 1;   // of choose() and of the pacing; any value
};

enum class StressVerdict {
  kPassed,      // nothing forbidden was seen
  kFailed,      // a forbidden outcome, a failed check, an unhandled trap or a hang
  kNotTrusted,  // no sample at all, or a control without its weak outcome
};
std::string_view Name(StressVerdict verdict);  // "passed", "failed", "harness not trusted"

struct OutcomeCount {
  std::vector<std::int64_t> outcome;  // kTorture: {observation index, value}
  std::uint64_t count = 0;            // 0: a row of the table that was not seen
  Grade grade = Grade::kForbidden;    // by this architecture's column
  std::string why;
};

struct StressResult {
  std::string scenario;
  StressVerdict verdict = StressVerdict::kNotTrusted;
  std::vector<OutcomeCount> outcomes;  // the table's rows in order, then outcomes in no row
  std::uint64_t samples = 0;           // kTorture: observations
  std::uint64_t rounds = 0;            // kTorture: again() answered true, all threads
  std::uint64_t traps = 0;             // claimed ones
  std::uint64_t unhandled_traps = 0;
  std::uint64_t syncs = 0;  // sync_core_all calls
  double late_percent = 0;  // slot pacing: samples that a thread came too late for
  std::uint64_t seed = 0;
  std::chrono::milliseconds duration{0};  // as run
  bool interrupted = false;               // by SIGINT
  std::vector<std::string> failures;      // sentences; the first is the cause
  std::vector<std::string> notes;
};

/// The model whose grades apply on this machine: "tso" on x86-64, else "rc11".
std::string_view NativeModel();

/// Runs the plan on pinned threads; SIGINT ends the run early, a second one the process.  One run
/// at a time per process.  Throws std::invalid_argument on unavailable CPUs, a duration below 1 ms
/// or a plan without threads.
StressResult RunStress(const StressPlan& plan, const StressOptions& options);

/// The plan of scenario `Descriptor`, or of its mutant `Variant`, judged by the scenario's table.
/// Racy mutants have undefined behaviour natively: leave those to the model.
template <typename Descriptor, typename Variant = Descriptor>
StressPlan MakePlan() {
  using Program = typename Variant::template Program<NativeRuntime>;
  StressPlan plan;
  plan.name = std::string(Descriptor::kName);
  if constexpr (!std::is_same_v<Descriptor, Variant>)
    plan.name += "/" + std::string(Variant::kName);
  plan.threads = Descriptor::kThreads;
  plan.shape = Descriptor::kShape;
  if constexpr (requires { Descriptor::kControl; }) plan.control = Descriptor::kControl;
  plan.expected = Descriptor::Expected();
  if constexpr (Descriptor::kShape == Shape::kSample) {
    plan.make_batch = [](std::size_t size) -> std::unique_ptr<SampleBatch> {
      return std::make_unique<SampleBatchOf<Program>>(size);
    };
  } else {
    plan.make_program = []() -> std::unique_ptr<TortureProgram> {
      return std::make_unique<TortureProgramOf<Program>>();
    };
  }
  return plan;
}

}  // namespace heddle::stress
