// How does the harness run a scenario whose type it does not know?
//
// The virtual calls are per batch of samples, or per thread of a torture run: the loops over
// samples are compiled for each scenario.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/native/native_runtime.h"
#include "stress/cache_lines.h"
#include "stress/histogram.h"
#include "stress/layout.h"
#include "stress/pacing.h"

namespace heddle::stress {

/// The programs of a batch in the order in which they are taken: where each begins, in lines of the
/// batch's memory (BatchMemory::LineOf).
using PlacesView = std::span<const std::uint32_t>;

/// Fresh programs, at places of the batch's memory.  Between two gates each thread calls Run with
/// its own number; then each calls CollectAndRenew for its share of the programs, disjoint from the
/// others'.
class SampleBatch {
 public:
  virtual ~SampleBatch() = default;
  virtual const BatchMemory& memory() const = 0;

  /// Makes programs at `places` first, first + step, ….  If one throws, those are destroyed.
  virtual void Make(PlacesView places, std::size_t first, std::size_t step) = 0;
  virtual void Destroy(PlacesView places, std::size_t first, std::size_t step) = 0;
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

template <typename Program>
class SampleBatchOf final : public SampleBatch {
 public:
  SampleBatchOf(const std::vector<Layout>& layouts, std::size_t size)
      : memory_(layouts, kLines, size) {}
  const BatchMemory& memory() const override { return memory_; }
  static_assert(alignof(Program) <= 4096, "memory begins at a page");

  void Make(PlacesView places, std::size_t first, std::size_t step) override {
    std::size_t k = first;
    try {
      for (; k < places.size(); k += step) std::construct_at(Place(places[k]));
    } catch (...) {
      Destroy(places.first(k), first, step);
      throw;
    }
  }
  void Destroy(PlacesView places, std::size_t first, std::size_t step) override {
    for (std::size_t k = first; k < places.size(); k += step) std::destroy_at(&At(places[k]));
  }

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
      if (k + kAhead * step < places.size()) Prefetch(At(places[k + kAhead * step]));
      Program& program = At(places[k]);
      FinishIfAny(program);
      const auto observed = program.Observed();
      std::array<std::int64_t, kValues> outcome;
      for (std::size_t i = 0; i < kValues; ++i) outcome[i] = observed[i].value;
      recent.Add(outcome);
      std::destroy_at(&program);
      [&]() noexcept { std::construct_at(&program); }();  // else it would be destroyed twice
      if (flush) FlushFromCaches(program);
    }
  }

 private:
  // Own lines: a sample must not disturb the next one.
  static constexpr std::size_t kLines =
      (sizeof(Program) + native::kCacheLine - 1) / native::kCacheLine;
  Program* Place(std::uint32_t line) const {
    return reinterpret_cast<Program*>(memory_.begin() + std::size_t{line} * native::kCacheLine);
  }
  Program& At(std::uint32_t line) const { return *std::launder(Place(line)); }

  // Most lines of a program are in the cache of another CPU, which takes longer than to renew one.
  static constexpr std::size_t kAhead = 4;

  template <typename Pacer>
  bool RunPaced(int thread, PlacesView places, Pacer& pacer) {
    for (std::size_t k = 0; k < places.size(); ++k) {
      Program& program = At(places[k]);
      if (!pacer.Await(k)) return false;
      program.Thread(thread);
      native::ClearInterruptHandlers();
      native::WaitForDetached();
    }
    return true;
  }

  const BatchMemory memory_;
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
