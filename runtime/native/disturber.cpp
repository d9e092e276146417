#include "runtime/native/disturber.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "runtime/native/flight_recorder.h"
#include "runtime/native/run_state.h"

namespace heddle::native {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr nanoseconds kShortestFreeze = milliseconds(1);

// Interrupts are SIGRTMIN + 4 … + 6: interrupts.cpp.
int FreezeSignal() { return SIGRTMIN + 7; }

constinit thread_local Disturber::Target* t_target = nullptr;

void InstallOnce(void (*handler)(int)) {
  static const bool installed = [handler] {
    struct sigaction action = {};
    action.sa_handler = handler;
    // ONSTACK: text may have any stack.  RESTART: system calls of code under test are none of ours.
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    // A CPU that stands still takes no interrupt.  Only who asks where it stands is answered.
    sigfillset(&action.sa_mask);
    sigdelset(&action.sa_mask, SIGQUIT);
    if (sigaction(FreezeSignal(), &action, nullptr) != 0)
      throw std::system_error(errno, std::generic_category(), "sigaction(SIGRTMIN+7)");
    return true;
  }();
  static_cast<void>(installed);
}

}  // namespace

std::chrono::microseconds Standstill(Random& random) {
  return std::chrono::microseconds(std::min<std::int64_t>(random.LogUniform(1000, 7), 100'000));
}

Disturber::Disturber(std::uint64_t seed, std::vector<int> cpus) : cpus_(std::move(cpus)) {
  InstallOnce(&Target::OnFreeze);
  thread_ = std::thread([this, seed] { Disturb(seed); });
}

Disturber::~Disturber() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  end_.notify_all();
  thread_.join();
}

Disturber::Target::Target(Disturber& disturber, int home)
    : disturber_(disturber),
      thread_(pthread_self()),
      id_(static_cast<pid_t>(syscall(SYS_gettid))),
      home_(home) {
  t_target = this;
  const std::lock_guard lock(disturber_.mutex_);
  disturber_.targets_.push_back(this);
}

Disturber::Target::~Target() {
  {
    const std::lock_guard lock(disturber_.mutex_);
    std::erase(disturber_.targets_, this);
    if (disturber_.away_ == this) disturber_.BringBack();
  }
  t_target = nullptr;  // a signal that is still under way finds nobody
}

void Disturber::Target::OnFreeze(int) {
  if (t_target == nullptr) return;
  const std::int64_t time = t_target->nanoseconds_.load(std::memory_order_relaxed);
  if (time == 0) return;
  const int saved_errno = errno;
  TakeNote(Did::kFroze, static_cast<std::uint64_t>(time / 1000));
  if (nanoseconds(time) >= kShortestFreeze) {
    const timespec left{time / 1'000'000'000, time % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &left, nullptr);
    t_target->disturber_.freezes_.fetch_add(1, std::memory_order_relaxed);
  } else {
    const auto end = Clock::now() + nanoseconds(time);
    while (Clock::now() < end) {
    }
    t_target->disturber_.stalls_.fetch_add(1, std::memory_order_relaxed);
  }
  t_target->nanoseconds_.store(0, std::memory_order_relaxed);  // the next one may come
  errno = saved_errno;
}

void Disturber::Disturb(std::uint64_t seed) {
  Random random(seed);
  const auto pause = [&](std::int64_t shortest, int octaves) {
    return milliseconds(random.LogUniform(shortest, octaves));
  };
  // The first ones soon, for short runs.
  auto freeze = Clock::now() + pause(1, 5), move = Clock::now() + pause(1, 5), stall = Clock::now(),
       back = Clock::time_point::max();
  std::unique_lock lock(mutex_);
  while (
      !end_.wait_until(lock, std::min({stall, freeze, move, back}), [this] { return ending_; })) {
    if (Stopped()) break;  // threads are to come to their end
    const auto now = Clock::now();
    if (now >= back) {
      BringBack();
      back = Clock::time_point::max();
    }
    if (targets_.empty()) {  // threads are about to come, or to end
      stall = freeze = move = now + milliseconds(1);
      continue;
    }
    if (now >= freeze) {
      StandStill(random, Standstill(random));
      freeze = now + pause(16, 6);
    }
    if (now >= stall) {
      StandStill(random, nanoseconds(random.LogUniform(1000, 7)));
      stall = now + microseconds(random.LogUniform(128, 5));
    }
    if (now >= move) {
      Move(random);
      if (away_ != nullptr) back = now + pause(1, 5);
      move = (away_ != nullptr ? back : now) + pause(1, 8);
    }
  }
  BringBack();
}

void Disturber::StandStill(Random& random, nanoseconds time) {
  Target& target =
      *targets_[static_cast<std::size_t>(random.Below(static_cast<int>(targets_.size())))];
  // Not again until it has gone on: it is to stand still for no longer than that.
  std::int64_t none = 0;
  if (!target.nanoseconds_.compare_exchange_strong(none, time.count(), std::memory_order_relaxed))
    return;
  // The system may have no room for another queued signal.
  if (pthread_kill(target.thread_, FreezeSignal()) != 0)
    target.nanoseconds_.store(0, std::memory_order_relaxed);
}

void Disturber::Move(Random& random) {
  if (cpus_.size() < 2 || away_ != nullptr) return;
  const Target& target =
      *targets_[static_cast<std::size_t>(random.Below(static_cast<int>(targets_.size())))];
  const auto choice = static_cast<std::size_t>(random.Below(static_cast<int>(cpus_.size())));
  const int cpu =
      cpus_[choice] != target.home_ ? cpus_[choice] : cpus_[(choice + 1) % cpus_.size()];
  if (cpu != target.home_ && MoveTo(target, cpu)) away_ = &target;
}

void Disturber::BringBack() {
  if (away_ != nullptr) MoveTo(*away_, away_->home_);
  away_ = nullptr;
}

// A CPU that has gone is none that it can be moved to.
bool Disturber::MoveTo(const Target& target, int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (sched_setaffinity(target.id_, sizeof set, &set) != 0) return false;
  migrations_.fetch_add(1, std::memory_order_relaxed);
  TakeNote(Did::kMoved, static_cast<std::uint64_t>(cpu));
  return true;
}

}  // namespace heddle::native
