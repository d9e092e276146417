// How does the harness run a scenario whose type it does not know?
//
// The virtual calls are per batch of samples, or per thread of a torture run: the loops over
// samples are compiled for each scenario.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/native/native_runtime.h"
#include "stress/histogram.h"
#include "stress/pacing.h"

namespace heddle::stress {

/// In which order the programs of a batch are taken: Places in knobs.h.
using PlacesView = std::span<const std::uint32_t>;

/// An array of fresh programs.  Between two gates each thread calls Run with its own number; then
/// each calls CollectAndRenew for its share of the programs, disjoint from the others'.
class SampleBatch {
 public:
  virtual ~SampleBatch() = default;
  /// Runs one thread of every program.  False if the pacer gave up.
  virtual bool Run(int thread, PlacesView places, SlotPacer& pacer) = 0;
  virtual bool Run(int thread, PlacesView places, HandshakePacer& pacer) = 0;
  virtual bool Run(int thread, PlacesView places, FreePacer& pacer) = 0;
  /// Counts the outcomes of programs first, first + step, … of `places`, and replaces them by fresh
  /// ones, which no cache holds if `flush`.
  virtual void CollectAndRenew(PlacesView places, std::size_t first, std::size_t step, bool flush,
                               Histogram& outcomes) = 0;
};

template <typename Program>
void FinishIfAny(Program& program) {
  if constexpr (requires { program.Finish(); }) program.Finish();
}

/// Writes `size` bytes back to memory and drops them from all caches.
inline void FlushFromCaches(const void* begin, std::size_t size) {
  for (std::size_t i = 0; i < size; i += native::kCacheLine) {
    const char* const line = static_cast<const char*>(begin) + i;
#if defined(__x86_64__)
    __builtin_ia32_clflush(line);
#elif defined(__aarch64__)
    asm volatile("dc civac, %0" : : "r"(line) : "memory");
#endif
  }
}

template <typename Program>
class SampleBatchOf final : public SampleBatch {
 public:
  explicit SampleBatchOf(std::size_t size) : cells_(size) {}
  bool Run(int thread, PlacesView places, SlotPacer& pacer) override {
    return RunPaced(thread, places, pacer);
  }
  bool Run(int thread, PlacesView places, HandshakePacer& pacer) override {
    return RunPaced(thread, places, pacer);
  }
  bool Run(int thread, PlacesView places, FreePacer& pacer) override {
    return RunPaced(thread, places, pacer);
  }

  void CollectAndRenew(PlacesView places, std::size_t first, std::size_t step, bool flush,
                       Histogram& outcomes) override {
    constexpr std::size_t kValues =
        std::tuple_size_v<decltype(std::declval<const Program&>().Observed())>;
    RecentOutcomes<kValues> recent(outcomes);
    for (std::size_t k = first; k < places.size(); k += step) {
      if (k + kAhead * step < places.size()) Prefetch(cells_[places[k + kAhead * step]]);
      Cell& cell = cells_[places[k]];
      FinishIfAny(cell.program);
      const auto observed = cell.program.Observed();
      std::array<std::int64_t, kValues> outcome;
      for (std::size_t i = 0; i < kValues; ++i) outcome[i] = observed[i].value;
      recent.Add(outcome);
      std::destroy_at(&cell.program);
      [&]() noexcept { std::construct_at(&cell.program); }();  // else it would be destroyed twice
      if (flush) FlushFromCaches(&cell, sizeof cell);
    }
  }

 private:
  // Own lines: a sample must not disturb the next one.
  struct alignas(native::kCacheLine) Cell {
    Program program;
  };

  // Most lines of a program are in the cache of another CPU, which takes longer than to renew one.
  static constexpr std::size_t kAhead = 4;
  static void Prefetch(const Cell& cell) {
    for (std::size_t i = 0; i < sizeof cell; i += native::kCacheLine)
      __builtin_prefetch(reinterpret_cast<const char*>(&cell) + i, /*for writing*/ 1);
  }

  template <typename Pacer>
  bool RunPaced(int thread, PlacesView places, Pacer& pacer) {
    for (std::size_t k = 0; k < places.size(); ++k) {
      Program& program = cells_[places[k]].program;
      if (!pacer.Await(k)) return false;
      program.Thread(thread);
      native::ClearInterruptHandlers();
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
    native::ClearInterruptHandlers();
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
