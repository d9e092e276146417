// How are the programs of a sampled scenario run, batch after batch?
//
//     gate     the last thread learns what the batches so far have shown and picks the next setting
//     [move    each thread makes a share of the programs anew in another layout, then a gate]
//     run      each thread runs its part of every program, paced
//     gate
//     renew    each thread counts the outcomes of a share of the programs and makes them anew
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "stress/pacing.h"
#include "stress/placed_programs.h"
#include "stress/plan.h"
#include "stress/result.h"
#include "stress/tuner.h"

namespace heddle::stress {

/// How often the calling thread has lost its CPU to others.
long Preemptions();

class Sampling {
 public:
  /// `shared_cpus`: threads share CPUs, so slots are no use.  `settings`: as in StressOptions;
  /// throws std::invalid_argument if their layouts are not the programs'.
  Sampling(const StressPlan& plan, bool shared_cpus, const std::vector<Knobs>& settings,
           std::uint64_t seed, Gate& gate);

  /// By each thread 0 … plan.threads-1, at once; returns when the run is stopped or the gate
  /// broken.
  void Work(int thread);

  // When all threads have returned.
  Histogram Outcomes() const;
  std::vector<KnobCount> KnobCounts() const { return tuner_.Counts(); }
  Pace TotalPace() const;

 private:
  struct alignas(native::kCacheLine) Worker {
    Histogram outcomes;  // that nobody has learnt yet
    Pace pace;
  };
  using Clock = std::chrono::steady_clock;

  void Prepare();
  void Start();
  void Learn();
  Histogram Collected() const;
  void Forget();
  PlacesView Taken() const;
  bool RunBatch(int thread, Worker& worker);

  Gate& gate_;
  const int threads_;
  const bool shared_cpus_;
  PlacedPrograms programs_;
  std::vector<Worker> workers_;
  HandshakeCounter handshake_;
  // Written at gates only.
  Tuner tuner_;
  Histogram unattributed_;  // of batches that were renewed by another setting
  Knobs knobs_;
  int batches_left_ = 0;  // until another setting is picked
  Clock::time_point picked_at_{};
  std::uint64_t start_ = 0;  // of slot 0, in Ticks
  bool done_ = false;
};

}  // namespace heddle::stress
