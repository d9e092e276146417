// How do threads start the same sample at the same moment?
//
// A race of a few dozen cycles is lost if one thread starts late.  Four ways; none sleeps where
// threads have a CPU each, because waking takes thousands of cycles:
//   Gate           all threads meet, once per batch; the last one prepares the next step
//   SlotPacer      sample k of a batch starts at clock time T + k * period on every thread: no
//                  communication at all between samples; needs a clock that CPUs share
//   HandshakePacer a counter that all threads increment before each sample; slower and less
//                  precise, but works with any clock and when threads share a CPU
//   FreePacer      nothing: threads meet by chance, and far apart
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
  /// `share_cpus`: the others may need this CPU, so sleep soon.
  explicit Gate(int parties, bool share_cpus = false)
      : parties_(parties), share_cpus_(share_cpus) {}

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
      round_.notify_all();
    }
    for (int spins = 1; round_.load(std::memory_order_acquire) == round; ++spins) {
      if (broken()) return false;
      // On a CPU of its own a thread spins until the scheduler takes it: where other programs want
      // the CPUs, threads meet only if each waits for the others with all of its time slice.
      if (share_cpus_ && spins % kSpins == 0) {
        round_.wait(round, std::memory_order_acquire);
      } else if (spins % kSpinsOfASlice == 0) {
        sched_yield();  // to a real-time thread's equals, who would starve
      } else {
        native::CpuRelax();
      }
    }
    return !broken();
  }
  void Break() {
    broken_.store(true, std::memory_order_release);
    round_.fetch_add(1, std::memory_order_release);
    round_.notify_all();
  }
  bool broken() const { return broken_.load(std::memory_order_acquire); }

 private:
  static constexpr int kSpins = 64, kSpinsOfASlice = 1 << 16;

  const int parties_;
  const bool share_cpus_;
  alignas(native::kCacheLine) std::atomic<int> arrived_{0};
  alignas(native::kCacheLine) std::atomic<unsigned> round_{0};
  std::atomic<bool> broken_{false};
};

class SlotPacer {
 public:
  /// Ticks between samples.  About the length of a sample, to several times that: short ones make
  /// many samples, long ones let the store buffers drain and the slow scenarios keep up.
  static constexpr std::array<std::uint64_t, 6> kPeriods = {100, 120, 150, 200, 250, 400};
  /// From the gate to the first slot: longer than the gate's release takes to reach every CPU.
  static constexpr std::uint64_t kLead = 3000;
  static constexpr std::uint64_t kFarthest = 1'000'000'000;  // some 0.3 s, more than a batch

  /// Slot k is at `start` + k * `period`, in Ticks.
  SlotPacer(std::uint64_t start, std::uint64_t period) : start_(start), period_(period) {}

  /// Waits for slot k.  Always true.
  [[gnu::always_inline]] bool Await(std::size_t k) {
    const std::uint64_t slot = start_ + k * period_;
    // Too far ahead: this CPU's counter is not the others'.
    if (const std::uint64_t now = Ticks(); now > slot || slot - now > kFarthest) {
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
        spins_per_yield_(share_cpus ? 16 : 256),
        yields_left_(share_cpus ? ~0u : 64) {}

  /// Waits until all threads have come to sample k.  False when the gate is broken.
  bool Await(std::size_t k) {
    // Relaxed, on purpose: the pacing must not order the samples' own accesses.  Each program is
    // fresh and was handed over by the gate, so there is nothing else to order.
    counter_.arrivals.fetch_add(1, std::memory_order_relaxed);
    if (yields_left_ == 0) return true;
    const std::uint64_t all = (k + 1) * parties_;
    for (unsigned spins = 1; counter_.arrivals.load(std::memory_order_relaxed) < all; ++spins) {
      native::CpuRelax();
      if (spins % spins_per_yield_ != 0) continue;
      if (gate_.broken()) return false;
      // Others have the CPUs, or the run is over: a sample is not worth a turn of the scheduler.
      if (--yields_left_ == 0 || native::Stopped()) return true;
      sched_yield();
    }
    return true;
  }

 private:
  HandshakeCounter& counter_;
  const Gate& gate_;
  const std::uint64_t parties_;
  const unsigned spins_per_yield_;
  unsigned yields_left_;  // then threads meet by chance until the batch ends
};

class FreePacer {
 public:
  [[gnu::always_inline]] bool Await(std::size_t) { return true; }
};

}  // namespace heddle::stress
