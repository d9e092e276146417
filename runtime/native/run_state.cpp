// The record behind run_state.h.
#include "runtime/native/run_state.h"

#include <mutex>
#include <set>
#include <string>

#include "runtime/native/flight_recorder.h"

namespace heddle::native {
namespace {

// Written by the one thread whose increment of g_failures returned 0, and only then published.
Failure g_first;                                 // NOLINT: trivially destructible
constinit std::atomic<bool> g_published{false};  // release by the writer, acquire by FirstFailure
constinit std::atomic<std::uint64_t> g_failures{0};
constinit std::atomic<std::int64_t> g_stopped_at{0};  // ns of the steady clock; 0: not

std::int64_t Now() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

const char* KeptForEver(std::string_view text) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>> kept;
  const std::lock_guard lock(mutex);
  auto found = kept.find(text);
  if (found == kept.end()) found = kept.emplace(text).first;
  return found->c_str();
}

void Stop(StopCause cause) {
  std::int64_t running_on = 0;
  g_stopped_at.compare_exchange_strong(running_on, Now(), std::memory_order_relaxed,
                                       std::memory_order_relaxed);
  StopCause running = StopCause::kRunning;
  g_stop_cause.compare_exchange_strong(running, cause, std::memory_order_relaxed,
                                       std::memory_order_relaxed);
}

std::chrono::nanoseconds SinceStop() {
  const std::int64_t at = g_stopped_at.load(std::memory_order_relaxed);
  return std::chrono::nanoseconds(at == 0 ? 0 : Now() - at);
}

void BeginRun() {
  g_stopped_at.store(0, std::memory_order_relaxed);
  g_published.store(false, std::memory_order_relaxed);
  g_failures.store(0, std::memory_order_relaxed);
  g_stop_cause.store(StopCause::kRunning, std::memory_order_relaxed);
}

void RecordFailure(const Failure& failure) {
  TakeNote(Did::kFailed, 0, failure.why);
  // The counter is also the lock: exactly one caller sees 0.  A signal handler that interrupts
  // that caller only counts, so nothing here can wait for itself.
  if (g_failures.fetch_add(1, std::memory_order_relaxed) == 0) {
    g_first = failure;
    g_published.store(true, std::memory_order_release);
  }
  Stop(StopCause::kFailure);
}

std::optional<Failure> FirstFailure() {
  // Pairs with the release above; without it the fields could be read before they are written.
  if (!g_published.load(std::memory_order_acquire)) return std::nullopt;
  return g_first;
}

std::uint64_t FailureCount() { return g_failures.load(std::memory_order_relaxed); }

}  // namespace heddle::native
