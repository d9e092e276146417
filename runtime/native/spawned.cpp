#include "runtime/native/spawned.h"

#include <array>
#include <atomic>
#include <exception>
#include <stdexcept>
#include <vector>

#include "runtime/native/interrupts.h"
#include "runtime/native/run_state.h"
#include "runtime/native/thread_times.h"

namespace heddle::native {
namespace {

std::array<std::atomic<bool>, kMostThreads> g_taken{};
std::atomic<std::uint64_t> g_lives{0};
std::atomic<int> g_spawned{0};

class Number {
 public:
  Number() {
    for (int i = 0; i < kMostThreads; ++i) {
      // Acquire, pairs with the release below: what the last owner kept under this number.
      if (g_taken[static_cast<std::size_t>(i)].exchange(true, std::memory_order_acquire)) continue;
      number_ = {i, g_lives.fetch_add(1, std::memory_order_relaxed) + 1};
      return;
    }
    throw std::length_error("more than 48 threads use ThreadSlots");
  }
  ~Number() {
    g_taken[static_cast<std::size_t>(number_.index)].store(false, std::memory_order_release);
  }
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;
  ThreadSlot get() const { return number_; }

 private:
  ThreadSlot number_;
};

thread_local std::vector<std::thread> t_detached;

void Run(const std::function<void()>& body, SourceLocation at) {
  const ThreadRegistration registration;
  try {
    body();
  } catch (const Abandoned&) {
    // Recorded where it was thrown.
  } catch (const std::exception& e) {
    const NoInterrupts no_interrupts;  // whose handlers might report, too
    RecordFailure({.why = "an exception left a spawned thread",
                   .detail = KeptForEver(e.what()),
                   .where = at,
                   .thread = -1});
  }
  ClearInterruptHandlers();  // they may refer to what ends with the body
  WaitForDetached();
}

}  // namespace

ThreadSlot ThisThread() {
  static thread_local const Number number;
  return number.get();
}

Spawned Spawned::Start(std::function<void()> body, SourceLocation at) {
  Spawned spawned;
  spawned.number_ = g_spawned.fetch_add(1, std::memory_order_relaxed);
  spawned.thread_ = std::thread([body = std::move(body), at] { Run(body, at); });
  return spawned;
}

void Spawned::Leave() { t_detached.push_back(std::move(thread_)); }

void WaitForDetached() {
  for (std::thread& thread : std::exchange(t_detached, {})) thread.join();
}

}  // namespace heddle::native
