// How does the harness run a scenario whose type it does not know?
//
// The virtual calls are per batch of samples, or per thread of a torture run: the loops over
// samples are compiled for each scenario.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/native/native_runtime.h"
#include "stress/histogram.h"
#include "stress/pacing.h"

namespace heddle::stress {

/// An array of fresh programs.  Between two gates each thread calls Run with its own number; then
/// each calls CollectAndRenew for its share of the programs, disjoint from the others'.
class SampleBatch {
 public:
  virtual ~SampleBatch() = default;
  /// Runs one thread of every program.  False if the pacer gave up.
  virtual bool Run(int thread, SlotPacer& pacer) = 0;
  virtual bool Run(int thread, HandshakePacer& pacer) = 0;
  /// Counts the outcomes of programs first, first + step, …, and replaces them by fresh ones.
  virtual void CollectAndRenew(std::size_t first, std::size_t step, Histogram& outcomes) = 0;
};

template <typename Program>
void FinishIfAny(Program& program) {
  if constexpr (requires { program.Finish(); }) program.Finish();
}

template <typename Program>
class SampleBatchOf final : public SampleBatch {
 public:
  explicit SampleBatchOf(std::size_t size) : cells_(size) {
    for (Cell& cell : cells_) cell.program.emplace();
  }
  bool Run(int thread, SlotPacer& pacer) override { return RunPaced(thread, pacer); }
  bool Run(int thread, HandshakePacer& pacer) override { return RunPaced(thread, pacer); }

  void CollectAndRenew(std::size_t first, std::size_t step, Histogram& outcomes) override {
    for (std::size_t k = first; k < cells_.size(); k += step) {
      Program& program = *cells_[k].program;
      FinishIfAny(program);
      const auto observed = program.Observed();
      std::array<std::int64_t, std::tuple_size_v<decltype(program.Observed())>> outcome;
      for (std::size_t i = 0; i < outcome.size(); ++i) outcome[i] = observed[i].value;
      outcomes.Add(outcome);
      cells_[k].program.emplace();
    }
  }

 private:
  // Own lines: a sample must not disturb the next one.
  struct alignas(native::kCacheLine) Cell {
    std::optional<Program> program;
  };

  template <typename Pacer>
  bool RunPaced(int thread, Pacer& pacer) {
    for (std::size_t k = 0; k < cells_.size(); ++k) {
      Program& program = *cells_[k].program;
      if (!pacer.Await(k)) return false;
      program.Thread(thread);
      native::WaitForDetached();
    }
    return true;
  }

  std::vector<Cell> cells_;
};

/// One program that runs until the run is stopped.
class TortureProgram {
 public:
  virtual ~TortureProgram() = default;
  virtual void Run(int thread) = 0;
  /// After all threads.  May check; what it observes is not counted.
  virtual void Finish() = 0;
  /// The names of the observations, in table order.
  virtual std::vector<std::string> Names() const = 0;
};

template <typename Program>
class TortureProgramOf final : public TortureProgram {
 public:
  void Run(int thread) override {
    program_.Thread(thread);
    native::WaitForDetached();
  }
  void Finish() override { FinishIfAny(program_); }
  std::vector<std::string> Names() const override {
    std::vector<std::string> names;
    for (const Observation& observation : program_.Observed()) names.push_back(observation.name);
    return names;
  }

 private:
  Program program_;
};

}  // namespace heddle::stress
