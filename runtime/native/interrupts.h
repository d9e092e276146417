// What interrupts a native thread, and when not?
//
// Each kind of interrupt is a real-time signal; handlers run on the thread that registered them,
// wherever it stands.  Masks are this thread's own variables, not the kernel's: a signal that comes
// while its kind is masked is remembered and handled when it no longer is, as Linux on POWER does
// with interrupts.  So masking costs two stores.  An Agitator (agitator.h) sends the signals.  A
// hundred handlers per second are interrupted, after 1 to 512 instructions (single_step.h).
#pragma once

#include <pthread.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "runtime/native/thread_context.h"
#include "runtime/runtime.h"

namespace heddle::native {

inline constexpr std::size_t kInterruptKinds = 3;

/// One thread's handlers and masks.  Its own, signal handlers included; no other thread's.
class Interrupted {
 public:
  Interrupted();
  ~Interrupted();
  Interrupted(const Interrupted&) = delete;
  Interrupted& operator=(const Interrupted&) = delete;

  void SetHandler(Interrupt kind, std::function<void()> handler);
  /// A program has ended: its handlers are forgotten.
  void Clear();

  void Mask(std::size_t kind) {
    Add(masked_[kind], 1);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  /// Also runs what came meanwhile.
  void Unmask(std::size_t kind) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    Add(masked_[kind], -1);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (any_pending_.load(std::memory_order_relaxed)) [[unlikely]]
      RunPending();
  }
  bool IsMasked(std::size_t kind) const {
    for (std::size_t k = kind; k < kInterruptKinds; ++k)
      if (masked_[k].load(std::memory_order_relaxed) > 0) return true;
    return false;
  }
  /// By the signal handler.
  void Take(std::size_t kind);
  /// Sends a signal to this thread, which is `to`, unless one of that kind is still on its way:
  /// real-time signals queue, and the kernel stacks all that wait for a thread at once.
  void Send(pthread_t to, std::size_t kind);
  /// Sends the calling thread one of its kinds of interrupts, one time in `n`.
  void PerhapsInterrupt(int n);

  /// Whether a handler of this kind has begun and not ended.
  bool IsRunning(std::size_t kind) const {
    return running_[kind].load(std::memory_order_relaxed) > 0;
  }

 private:
  // Handlers in between leave the value as it was.
  static void Add(std::atomic<int>& own, int n) {
    own.store(own.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void Run(std::size_t kind);
  void RunPending();
  // A kind that may interrupt one of this kind and has a handler; kInterruptKinds: there is none.
  std::size_t Above(std::size_t kind);

  // Relaxed atomics: but for the first, written by this thread and its signal handlers only.
  std::array<std::atomic<bool>, kInterruptKinds> on_its_way_{};
  std::array<std::function<void()>, kInterruptKinds> handlers_;
  std::array<std::atomic<int>, kInterruptKinds> masked_{};
  std::array<std::atomic<bool>, kInterruptKinds> pending_{};
  std::atomic<bool> any_pending_{false};
  std::array<std::atomic<int>, kInterruptKinds> running_{};
  Random random_;
};

/// The calling thread's; null if it has never registered a handler.
inline constinit thread_local Interrupted* t_interrupted = nullptr;

void SetInterruptHandler(Interrupt kind, std::function<void()> handler);
inline void ClearInterruptHandlers() {
  if (t_interrupted != nullptr) t_interrupted->Clear();
}

/// Sends a signal to one of the threads that have handlers, for one of their handlers: any pair has
/// the same probability.  Not if one of that kind is on its way to it already.  False if nobody has
/// a handler.
bool InterruptSomebody(Random& random);

/// Sends one of `kind` to thread `number` of the run, if it has a handler for that.
void InterruptThread(int number, Interrupt kind);

/// A scope in which no handler runs, NMIs included: for what is no code under test (the allocator,
/// the harness's own tables).
class NoInterrupts {
 public:
  NoInterrupts() : interrupted_(t_interrupted) {
    if (interrupted_ != nullptr) interrupted_->Mask(kInterruptKinds - 1);
  }
  ~NoInterrupts() {
    if (interrupted_ != nullptr) interrupted_->Unmask(kInterruptKinds - 1);
  }
  NoInterrupts(const NoInterrupts&) = delete;
  NoInterrupts& operator=(const NoInterrupts&) = delete;

 private:
  Interrupted* const interrupted_;
};

}  // namespace heddle::native
