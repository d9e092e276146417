// How do threads start the same sample at the same moment?
//
// A race of a few dozen cycles is lost if one thread starts late.  Three tools, all spinning,
// because waking a sleeping thread takes thousands of cycles:
//   Gate           all threads meet, once per batch; the last one prepares the next step
//   SlotPacer      sample k of a batch starts at clock time T + k * period on every thread: no
//                  communication at all between samples; needs a clock that CPUs share
//   HandshakePacer a counter that all threads increment before each sample; slower and less
//                  precise, but works with any clock and when threads share a CPU
#pragma once

#include <sched.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/native/native_runtime.h"

namespace heddle::stress {

#if defined(__x86_64__)
inline constexpr bool kSharedClock = true;  // the invariant TSC of every x86-64 in use
inline std::uint64_t Ticks() { return __builtin_ia32_rdtsc(); }
#else
inline constexpr bool kSharedClock = false;  // arm64's counter ticks too slowly for slots
inline std::uint64_t Ticks() { return 0; }
#endif

/// A barrier for `parties` threads.  Once broken it stays so and lets everybody through.
class Gate {
 public:
  explicit Gate(int parties) : parties_(parties) {}

  /// Waits for all; the last to arrive calls `prepare()` first, and everybody sees its effects.
  /// Returns false when the gate is broken.
  template <typename Prepare>
  bool Arrive(Prepare&& prepare) {
    const unsigned round = round_.load(std::memory_order_acquire);
    // acq_rel: the last one sees what the others did before, and its prepare comes after.
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == parties_) {
      prepare();
      arrived_.store(0, std::memory_order_relaxed);  // published by the next line
      round_.store(round + 1, std::memory_order_release);
    }
    for (unsigned spins = 1; round_.load(std::memory_order_acquire) == round; ++spins) {
      if (broken()) return false;
      native::CpuRelax();
      if (spins % 1024 == 0) sched_yield();
    }
    return !broken();
  }
  void Break() { broken_.store(true, std::memory_order_release); }
  bool broken() const { return broken_.load(std::memory_order_acquire); }

 private:
  const int parties_;
  alignas(native::kCacheLine) std::atomic<int> arrived_{0};
  alignas(native::kCacheLine) std::atomic<unsigned> round_{0};
  std::atomic<bool> broken_{false};
};

class SlotPacer {
 public:
  /// Ticks between samples.  About the length of a sample, to several times that: short ones make
  /// many samples, long ones let the store buffers drain and the slow scenarios keep up.  Which
  /// one provokes an outcome best differs by machine and scenario, so batches draw among them.
  static constexpr std::array<std::uint64_t, 5> kPeriods = {120, 150, 200, 250, 400};
  /// From the gate to the first slot: longer than the gate's release takes to reach every CPU.
  static constexpr std::uint64_t kLead = 3000;

  /// Slot k is at `start` + k * `period`, in Ticks.
  SlotPacer(std::uint64_t start, std::uint64_t period) : start_(start), period_(period) {}

  /// Waits for slot k.  Always true.
  [[gnu::always_inline]] bool Await(std::size_t k) {
    const std::uint64_t slot = start_ + k * period_;
    if (Ticks() > slot) {
      ++late_;
    } else {
      // No pause instruction: it is coarser than the race it should time.
      while (Ticks() < slot) {
      }
    }
    return true;
  }
  /// Samples whose slot had passed already when the thread came.
  std::uint64_t late() const { return late_; }

 private:
  const std::uint64_t start_, period_;
  std::uint64_t late_ = 0;
};

/// The shared part of a hand-shake: reset it, at a gate, before each batch.
struct alignas(native::kCacheLine) HandshakeCounter {
  std::atomic<std::uint64_t> arrivals{0};
};

class HandshakePacer {
 public:
  /// `share_cpus`: the others may need this CPU, so yield at once instead of spinning.
  HandshakePacer(HandshakeCounter& counter, const Gate& gate, int parties, bool share_cpus)
      : counter_(counter),
        gate_(gate),
        parties_(static_cast<std::uint64_t>(parties)),
        spins_per_yield_(share_cpus ? 16 : 4096) {}

  /// Waits until all threads have come to sample k.  False when the gate is broken.
  bool Await(std::size_t k) {
    // Relaxed, on purpose: the pacing must not order the samples' own accesses.  Each program is
    // fresh and was handed over by the gate, so there is nothing else to order.
    counter_.arrivals.fetch_add(1, std::memory_order_relaxed);
    const std::uint64_t all = (k + 1) * parties_;
    for (unsigned spins = 1; counter_.arrivals.load(std::memory_order_relaxed) < all; ++spins) {
      native::CpuRelax();
      if (spins % spins_per_yield_ != 0) continue;
      if (gate_.broken()) return false;
      sched_yield();
    }
    return true;
  }

 private:
  HandshakeCounter& counter_;
  const Gate& gate_;
  const std::uint64_t parties_;
  const unsigned spins_per_yield_;
};

}  // namespace heddle::stress
