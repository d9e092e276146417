// What happens to the threads of a torture besides interrupts?
//
// Now and then one of them freezes: it stands still for 1 to 100 ms, wherever it is, as a CPU does
// that a hypervisor or firmware takes away.  Far more often one stalls, for 1 to 128 us, as for an
// interrupt: what is wrong for some nanoseconds only is so for longer.  Now and then one is moved
// to another CPU, and back, as a scheduler does that was told so from outside.  None of these makes
// right code wrong: what a scenario calls a CPU is a thread, wherever it runs, and membarrier
// reaches it there.
//
// All are drawn log-uniformly, from a seed.  A freeze is a signal whose handler sleeps and lets no
// other one in; in a stall it spins.
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/native/thread_context.h"

namespace heddle::native {

/// For how long a CPU stands still that a hypervisor or firmware has: 1 to 100 ms, log-uniformly.
/// A time slice of another guest is some milliseconds; what is longer is rarer.
std::chrono::microseconds Standstill(Random& random);

class Disturber {
 public:
  /// Threads are moved among `cpus`: with fewer than two, never.
  Disturber(std::uint64_t seed, std::vector<int> cpus);
  /// Requires that no Target is left.
  ~Disturber();
  Disturber(const Disturber&) = delete;
  Disturber& operator=(const Disturber&) = delete;

  /// Makes the constructing thread, which stays on CPU `home` otherwise, one that is disturbed
  /// until destruction, which must happen on the same thread.  One at a time per thread.
  class Target {
   public:
    Target(Disturber& disturber, int home);
    ~Target();
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;

   private:
    friend class Disturber;
    static void OnFreeze(int);
    Disturber& disturber_;
    const pthread_t thread_;
    const pid_t id_;
    const int home_;
    std::atomic<std::int64_t> nanoseconds_{0};  // to stand still
  };

  /// Threads that stood still, so far: for 1 ms and longer, and for less.
  std::uint64_t freezes() const { return freezes_.load(std::memory_order_relaxed); }
  std::uint64_t stalls() const { return stalls_.load(std::memory_order_relaxed); }
  /// Changes of CPU, so far: there and back are two.
  std::uint64_t migrations() const { return migrations_.load(std::memory_order_relaxed); }

 private:
  using Clock = std::chrono::steady_clock;
  void Disturb(std::uint64_t seed);
  void StandStill(Random& random, std::chrono::nanoseconds time);
  void Move(Random& random);
  void BringBack();
  bool MoveTo(const Target& target, int cpu);

  const std::vector<int> cpus_;
  std::mutex mutex_;
  std::condition_variable end_;
  bool ending_ = false;           // guarded by mutex_
  std::vector<Target*> targets_;  // guarded by mutex_
  const Target* away_ = nullptr;  // guarded by mutex_: who is not on its CPU
  std::atomic<std::uint64_t> freezes_{0}, stalls_{0}, migrations_{0};
  std::thread thread_;
};

}  // namespace heddle::native
