// What does a native run of a scenario take?
//
//   const StressResult result = RunStress(MakePlan<StoreBuffering>(), {.duration = 2s});
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "stress/plan.h"
#include "stress/result.h"

namespace heddle::stress {

struct StressOptions {
  std::chrono::milliseconds duration{1000};
  std::vector<int> cpus{};  // thread i runs on cpus[i % size]; empty: all that are available
  std::uint64_t seed = 1;   // of choose(), of the pacing and of disturbances; any value
  bool disturb = true;      // torture: stall, freeze, stop and move threads
  /// Where threads are moved to for a while; empty: among `cpus`.
  std::vector<int> move_to{};
  /// Of a sampled scenario: only these are tried; empty: all that suit it.
  std::vector<Knobs> settings{};
};

/// Runs the plan on pinned threads; SIGINT ends the run early, a second one the process.  One run
/// at a time per process.  Throws std::invalid_argument on unavailable CPUs, a duration below 1 ms,
/// a plan without threads, or settings with a layout that its programs do not have.
StressResult RunStress(const StressPlan& plan, const StressOptions& options);

}  // namespace heddle::stress
