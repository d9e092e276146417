// What does one native thread carry while it plays a scenario's CPU?
//
// Its number, a CPU, an alternate signal stack, a seeded generator, its own counters: nothing here
// is shared while the run lasts, so counting costs no cache line transfer.
#pragma once

#include <signal.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "runtime/native/sync_core.h"
#include "runtime/native/thread_times.h"

namespace heddle::native {

enum class RunMode { kSample, kTorture };

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): one addition and a mixer per number; any seed,
/// 0 included, gives a full period.
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_(seed) {}
  constexpr std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// 0 … n-1, n in 1 … 2^31: multiplication instead of division; the bias is below n / 2^32.
  constexpr int Below(int n) {
    return static_cast<int>(((Next() >> 32) * static_cast<std::uint64_t>(n)) >> 32);
  }
  /// `shortest` (at least 1) to that times 2^octaves, log-uniformly; up to 2^31.
  constexpr std::int64_t LogUniform(std::int64_t shortest, int octaves) {
    const std::int64_t octave = shortest << Below(octaves);
    return octave + Below(static_cast<int>(octave));
  }

 private:
  std::uint64_t state_;
};

/// Who draws from a run's seed besides its threads, each from numbers of its own.
enum class Stream : std::uint64_t { kAgitator = 1, kDisturber, kStops };
constexpr std::uint64_t SeedOf(std::uint64_t seed, Stream stream) {
  return Random(seed ^ static_cast<std::uint64_t>(stream) << 56).Next();
}

/// Counts of {observation name, value} made by one thread.  The names are compared by address:
/// an Observation's name is a literal.  Not for signal handlers that interrupt an Add.
class ObservationCounts {
 public:
  static constexpr std::size_t kCapacity = 128;
  struct Entry {
    const char* name = nullptr;
    std::int64_t value = 0;
    std::uint64_t count = 0;
  };

  void Add(const char* name, std::int64_t value) {
    // Linear: a scenario's table has a few rows, and the frequent ones come first by nature.
    for (std::size_t i = 0; i < size_; ++i) {
      if (entries_[i].name == name && entries_[i].value == value) {
        ++entries_[i].count;
        return;
      }
    }
    if (size_ == kCapacity) {
      ++lost_;
    } else {
      entries_[size_++] = {name, value, 1};
    }
  }
  const Entry* begin() const { return entries_.data(); }
  const Entry* end() const { return entries_.data() + size_; }
  /// Observations that found the table full.
  std::uint64_t lost() const { return lost_; }

 private:
  std::array<Entry, kCapacity> entries_{};
  std::size_t size_ = 0;
  std::uint64_t lost_ = 0;
};

/// Makes the constructing thread CPU `thread` of a scenario until destruction, which must happen
/// on the same thread.  Contexts do not nest.
class ThreadContext {
 public:
  /// `cpu` is a logical CPU to stay on, or -1 for anywhere.  Throws std::system_error when the
  /// operating system refuses the CPU or the signal stack, std::logic_error when nested.
  ThreadContext(int thread, int cpu, RunMode mode, std::uint64_t seed);
  ~ThreadContext();
  ThreadContext(const ThreadContext&) = delete;
  ThreadContext& operator=(const ThreadContext&) = delete;

  const int thread;
  const RunMode mode;
  Random random;
  ObservationCounts observations;   // torture runs only
  std::uint64_t rounds = 0;         // again() answered true, torture runs only
  std::uint64_t traps_claimed = 0;  // written by this thread's trap handler
  std::uint64_t traps_unclaimed = 0;

 private:
  std::unique_ptr<std::byte[]> signal_stack_;
  stack_t previous_stack_{};
  SyncRegistration sync_;
  const ThreadRegistration registration_;
};

/// The calling thread's context; null outside runs.  constinit spares every access the lazy
/// initialisation that would make it unsafe in signal handlers.
inline constinit thread_local ThreadContext* t_context = nullptr;

}  // namespace heddle::native
