// A bounded queue of one producer and one consumer, as a program would use it: Ring<NativeRuntime>.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <optional>

#include "runtime/runtime.h"

template <heddle::Runtime Rt, std::memory_order kPublish = std::memory_order_release>
class Ring {
 public:
  /// False if the ring is full.
  bool Push(int value) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);  // the producer's own
    if (tail - head_.load(std::memory_order_acquire) == kCapacity) return false;
    slot_[tail % kCapacity].store(value);
    tail_.store(tail + 1, kPublish);
    return true;
  }
  std::optional<int> Pop() {
    const std::size_t head = head_.load(std::memory_order_relaxed);  // the consumer's own
    if (head == tail_.load(std::memory_order_acquire)) return std::nullopt;
    const int value = slot_[head % kCapacity].load();
    head_.store(head + 1, std::memory_order_release);
    return value;
  }

 private:
  static constexpr std::size_t kCapacity = 2;
  std::array<typename Rt::template Plain<int>, kCapacity> slot_{{{0, "slot 0"}, {0, "slot 1"}}};
  typename Rt::template Atomic<std::size_t> head_{0, "head"}, tail_{0, "tail"};
};
