// Is a thread of the run kept from running?
//
// On a busy machine a scheduler may leave a thread that could run without a CPU for seconds.  Who
// waits for it then waits for the machine, and that is no hang.
#pragma once

#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace heddle::native {

/// Of a thread of the run: its number for the system, 0 if there is none, and what counts its CPU
/// time.
struct ThreadClock {
  std::atomic<pid_t> id{0};
  std::atomic<clockid_t> clock{0};
};
inline constinit std::array<ThreadClock, 64> g_thread_clocks{};

/// The calling thread is one of the run's until destruction.
class ThreadRegistration {
 public:
  ThreadRegistration() {
    clockid_t clock = 0;
    if (pthread_getcpuclockid(pthread_self(), &clock) != 0) return;
    for (ThreadClock& mine : g_thread_clocks) {
      pid_t nobody = 0;
      if (!mine.id.compare_exchange_strong(nobody, kComing, std::memory_order_relaxed)) continue;
      mine.clock.store(clock, std::memory_order_relaxed);
      mine.id.store(gettid(), std::memory_order_release);
      mine_ = &mine;
      return;
    }
  }
  ~ThreadRegistration() {
    if (mine_ != nullptr) mine_->id.store(0, std::memory_order_relaxed);
  }
  ThreadRegistration(const ThreadRegistration&) = delete;
  ThreadRegistration& operator=(const ThreadRegistration&) = delete;

  static constexpr pid_t kComing = -1;

 private:
  ThreadClock* mine_ = nullptr;  // null: there are too many, and nobody waits longer for this one
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
    if (g_thread_clocks[i].id.load(std::memory_order_acquire) <= 0) return Duration(0);
    timespec time{};
    if (clock_gettime(g_thread_clocks[i].clock.load(std::memory_order_relaxed), &time) != 0)
      return Duration(0);  // it has ended
    return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
  }
  // proc(5): "number (name) state …".
  static bool CouldRun(std::size_t i) {
    const int file = open(StatOf(g_thread_clocks[i].id.load(std::memory_order_relaxed)).data(),
                          O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    std::array<char, 128> text{};
    const ssize_t size = read(file, text.data(), text.size());
    close(file);
    if (size <= 0) return false;
    const std::string_view line(text.data(), static_cast<std::size_t>(size));
    const std::size_t name_end = line.rfind(") ");
    return name_end != std::string_view::npos && line.substr(name_end + 2, 1) == "R";
  }

  // By hand, as printf may allocate.
  static std::array<char, 40> StatOf(pid_t id) {
    constexpr std::string_view kBefore = "/proc/self/task/", kBehind = "/stat";
    std::array<char, 40> path{};
    int digits = 1;
    for (pid_t left = id / 10; left > 0; left /= 10) ++digits;
    char* const number = std::copy(kBefore.begin(), kBefore.end(), path.begin());
    for (int at = digits - 1; at >= 0; --at, id /= 10)
      number[at] = static_cast<char>('0' + id % 10);
    std::copy(kBehind.begin(), kBehind.end(), number + digits);
    return path;
  }

  std::array<Duration, g_thread_clocks.size()> begun_;
};

}  // namespace heddle::native
