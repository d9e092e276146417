// Who sends the interrupts of a native run?
//
// A thread of its own, which interrupts threads with handlers at random, with pauses whose lengths
// are drawn log-uniformly from 1 to 256 µs: bursts hit handlers, long gaps let the code come far.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace heddle::native {

class Agitator {
 public:
  explicit Agitator(std::uint64_t seed);
  ~Agitator();
  Agitator(const Agitator&) = delete;
  Agitator& operator=(const Agitator&) = delete;

  /// How often there was somebody to interrupt.
  std::uint64_t sent() const { return sent_.load(std::memory_order_relaxed); }

 private:
  void Agitate(std::uint64_t seed);

  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> sent_{0};
  std::thread thread_;
};

}  // namespace heddle::native
