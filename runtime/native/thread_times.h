// Is a thread of the run kept from running?
//
// On a busy machine a scheduler may leave a thread that could run without a CPU for seconds.  Who
// waits for it then waits for the machine, and that is no hang.
#pragma once

#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string_view>

namespace heddle::native {

/// Of a thread of the run: its number for the system, 0 if there is none, and what counts its CPU
/// time.
struct ThreadClock {
  std::atomic<pid_t> id{0};
  std::atomic<clockid_t> clock{0};
};
inline constinit std::array<ThreadClock, 64> g_thread_clocks{};

/// The calling thread is `thread` of the scenario until destruction.
class ThreadRegistration {
 public:
  explicit ThreadRegistration(int thread) : thread_(static_cast<std::size_t>(thread)) {
    clockid_t clock = 0;
    if (thread_ >= g_thread_clocks.size() || pthread_getcpuclockid(pthread_self(), &clock) != 0)
      return;
    g_thread_clocks[thread_].clock.store(clock, std::memory_order_relaxed);
    g_thread_clocks[thread_].id.store(gettid(), std::memory_order_release);
  }
  ~ThreadRegistration() {
    if (thread_ < g_thread_clocks.size())
      g_thread_clocks[thread_].id.store(0, std::memory_order_relaxed);
  }
  ThreadRegistration(const ThreadRegistration&) = delete;
  ThreadRegistration& operator=(const ThreadRegistration&) = delete;

 private:
  const std::size_t thread_;
};

/// Asked by a thread that waits, from when it begins to.  May be used in signal handlers.
class ThreadTimes {
 public:
  using Duration = std::chrono::nanoseconds;

  ThreadTimes() {
    for (std::size_t i = 0; i < begun_.size(); ++i) begun_[i] = Now(i);
  }
  /// Whether some thread could run now, and has had less CPU time than this since then.
  bool SomeoneStarves(Duration least) const {
    for (std::size_t i = 0; i < begun_.size(); ++i) {
      const Duration now = Now(i);
      if (now.count() != 0 && now - begun_[i] < least && CouldRun(i)) return true;
    }
    return false;
  }

 private:
  static Duration Now(std::size_t i) {
    if (g_thread_clocks[i].id.load(std::memory_order_acquire) == 0) return Duration(0);
    timespec time{};
    if (clock_gettime(g_thread_clocks[i].clock.load(std::memory_order_relaxed), &time) != 0)
      return Duration(0);  // it has ended
    return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
  }
  // proc(5): "number (name) state …".
  static bool CouldRun(std::size_t i) {
    std::array<char, 64> path{};
    std::snprintf(path.data(), path.size(), "/proc/self/task/%d/stat",
                  g_thread_clocks[i].id.load(std::memory_order_relaxed));
    const int file = open(path.data(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    std::array<char, 128> text{};
    const ssize_t size = read(file, text.data(), text.size());
    close(file);
    if (size <= 0) return false;
    const std::string_view line(text.data(), static_cast<std::size_t>(size));
    const std::size_t name_end = line.rfind(") ");
    return name_end != std::string_view::npos && line.substr(name_end + 2, 1) == "R";
  }

  std::array<Duration, g_thread_clocks.size()> begun_;
};

}  // namespace heddle::native
