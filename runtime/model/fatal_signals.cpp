#include "runtime/model/fatal_signals.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>

#include "runtime/model/address_sanitizer.h"

#ifndef sigev_notify_thread_id  // glibc before 2.38 documents it without defining it
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace heddle {
namespace {

// SIGTRAP: __builtin_trap() on arm64.
constexpr std::array kSignals = {
    SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, FatalSignals::kTick};

// Of the process; written under `mutex`, and only while no handler of ours is installed.
std::mutex mutex;
int users = 0;
std::array<struct sigaction, kSignals.size()> previous;
FatalSignals::Handler handler = nullptr;
std::terminate_handler previous_terminate_handler = nullptr;

const char* Name(int signal) {
  switch (signal) {
    case SIGSEGV:
      return "segmentation fault";
    case SIGBUS:
      return "bus error";
    case SIGFPE:
      return "arithmetic fault";
    case SIGILL:
      return "illegal instruction";
    case SIGTRAP:
      return "trap instruction";
    default:
      return "abort()";
  }
}

void Print(const char* text) {
  // Nothing can be done if it fails: the process ends.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
}

// Not the code under test: whoever cared before gets it (a sanitizer, the native backend).
void PassOn(int signal, siginfo_t* info, void* ucontext) {
  const struct sigaction* before = nullptr;
  for (std::size_t i = 0; i < kSignals.size(); ++i)
    if (kSignals[i] == signal) before = &previous[i];
  if ((before->sa_flags & SA_SIGINFO) != 0) return before->sa_sigaction(signal, info, ucontext);
  if (before->sa_handler == SIG_IGN && info->si_code <= 0) return;
  if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN)
    return before->sa_handler(signal);
  if (info->si_code == SI_USER || signal == FatalSignals::kTick) {  // kill(1) means what it says
    ::signal(signal, SIG_DFL);
    raise(signal);
    return;
  }
  Print("heddle: bug in Heddle: ");
  Print(Name(signal));
  Print(" outside the code under test\n");
  _exit(3);
}

// What each thread needs.
class ThreadSignals {
 public:
  void Acquire() {
    if (users_++ > 0) return;
    // Not from the heap, whose layout shows in reports.
    memory_ = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    stack_t stack = {};
    stack.ss_sp = memory_;
    stack.ss_size = kBytes;
    if (sigaltstack(&stack, &previous_) != 0)
      throw std::system_error(errno, std::generic_category(), "sigaltstack");
    StartTimers();
  }
  void Release() {
    if (--users_ > 0) return;
    if (has_timers_) {
      timer_delete(periodic_);
      timer_delete(soon_);
    }
    has_timers_ = false;
    sigaltstack(&previous_, nullptr);
    asan::ForgetFrames(memory_, kBytes);  // others will be mapped here
    munmap(memory_, kBytes);
  }
  // No handler is active but the one that asks, and those that it interrupted.
  void ForgetHandlersThatLeft() {
    if (users_ > 0) asan::ForgetFrames(memory_, kBytes);
  }
  void AfterFork() {
    has_timers_ = false;
    if (users_ > 0) StartTimers();
  }
  void TickSoon() {
    if (!has_timers_) return;
    struct itimerspec once = {};
    // Not always the same, which a loop may happen to take.
    once.it_value.tv_nsec = 50'000 + (soon_count_++ * 37 % 100) * 1'000;
    timer_settime(soon_, 0, &once, nullptr);
  }

 private:
  void StartTimers() {
    struct sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = FatalSignals::kTick;
    event.sigev_notify_thread_id = static_cast<pid_t>(syscall(SYS_gettid));
    if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &periodic_) != 0) return;
    // CPU time is looked at a few hundred times per second only, a clock much more often.
    has_timers_ = timer_create(CLOCK_MONOTONIC, &event, &soon_) == 0;
    if (!has_timers_) {
      timer_delete(periodic_);
      return;
    }
    struct itimerspec period = {};
    period.it_interval.tv_nsec = period.it_value.tv_nsec = FatalSignals::kTickNanoseconds;
    timer_settime(periodic_, 0, &period, nullptr);
  }

  static constexpr std::size_t kBytes = 64 * 1024;  // AVX-512 alone takes 3 KiB

  int users_ = 0;
  void* memory_ = nullptr;
  stack_t previous_ = {};
  timer_t periodic_ = {}, soon_ = {};
  bool has_timers_ = false;
  unsigned soon_count_ = 0;
};

thread_local ThreadSignals this_thread;

void OnSignal(int signal, siginfo_t* info, void* ucontext) {
  const int saved_errno = errno;
  this_thread.ForgetHandlersThatLeft();
  if (!handler(signal, *info, ucontext)) PassOn(signal, info, ucontext);
  errno = saved_errno;
}

void Install(FatalSignals::Handler to, std::terminate_handler on_terminate) {
  handler = to;
  previous_terminate_handler = std::set_terminate(on_terminate);
  static const int registered = pthread_atfork(nullptr, nullptr, [] { this_thread.AfterFork(); });
  static_cast<void>(registered);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    struct sigaction action = {};
    action.sa_sigaction = OnSignal;
    // NODEFER: a handler that leaves its fiber never returns, which would unblock the signal.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(kSignals[i], &action, &previous[i]);
  }
}

}  // namespace

FatalSignals::FatalSignals(Handler to, std::terminate_handler on_terminate) {
  const std::lock_guard lock(mutex);
  if (users++ == 0) Install(to, on_terminate);
  this_thread.Acquire();
}

FatalSignals::~FatalSignals() {
  const std::lock_guard lock(mutex);
  this_thread.Release();  // first: a tick without its handler would end the process
  if (--users > 0) return;
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &previous[i], nullptr);
  std::set_terminate(previous_terminate_handler);
}

void FatalSignals::TickSoon() { this_thread.TickSoon(); }

std::terminate_handler FatalSignals::previous_terminate() { return previous_terminate_handler; }

}  // namespace heddle
