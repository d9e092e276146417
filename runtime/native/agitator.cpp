#include "runtime/native/agitator.h"

#include <chrono>

#include "runtime/native/interrupts.h"
#include "runtime/native/thread_times.h"

namespace heddle::native {

Agitator::Agitator(std::uint64_t seed) : thread_([this, seed] { Agitate(seed); }) {}

Agitator::~Agitator() {
  stopping_.store(true, std::memory_order_relaxed);
  thread_.join();
}

void Agitator::Agitate(std::uint64_t seed) {
  const ThreadRegistration registration;  // who wants a lock that it has waits for it
  constexpr auto kWhenThereIsNobody = std::chrono::milliseconds(2);
  constexpr int kLongestPause = 9;  // 2^8 µs
  Random random(SeedOf(seed, Stream::kAgitator));
  while (!stopping_.load(std::memory_order_relaxed)) {
    if (InterruptSomebody(random)) {
      sent_.fetch_add(1, std::memory_order_relaxed);
      std::this_thread::sleep_for(std::chrono::microseconds(1 << random.Below(kLongestPause)));
    } else {
      std::this_thread::sleep_for(kWhenThereIsNobody);
    }
  }
}

}  // namespace heddle::native
