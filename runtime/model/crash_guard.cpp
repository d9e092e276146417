#include "runtime/model/crash_guard.h"

#include <cxxabi.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <typeinfo>

#include "runtime/model/exception_state.h"
#include "runtime/model/library_code.h"

namespace heddle {
namespace {

using std::chrono::nanoseconds;

std::atomic<nanoseconds> hang_timeout{std::chrono::seconds(2)};

nanoseconds CpuTime() {
  struct timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

// 0 where nobody has told how to find it.
std::uintptr_t ProgramCounter([[maybe_unused]] const void* ucontext) {
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(
      static_cast<const ucontext_t*>(ucontext)->uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return static_cast<const ucontext_t*>(ucontext)->uc_mcontext.pc;
#else
  return 0;
#endif
}

void Copy(const char* text, Crash& crash) {
  std::strncpy(crash.what.data(), text, crash.what.size() - 1);
}

// What the exception being handled says.
void DescribeException(Crash& crash) {
  const std::exception_ptr exception = std::current_exception();
  if (!exception) return;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    Copy(e.what(), crash);
  } catch (...) {
    Copy("one that is no std::exception", crash);
  }
}

}  // namespace

constinit thread_local CrashGuard* CrashGuard::active_ = nullptr;

CrashGuard::CrashGuard() : signals_(OnSignal, OnTerminate) { FindLibraryCode(); }

void CrashGuard::set_hang_timeout(std::chrono::milliseconds timeout) {
  hang_timeout.store(timeout, std::memory_order_relaxed);
}

// A function of its own, so that no caller's variable is lost by siglongjmp.
[[gnu::noinline]] bool CrashGuard::CallOnThisStack(void (*f)(void*), void* argument) {
  struct Scope {
    explicit Scope(CrashGuard& g) : guard(g), outer(std::exchange(active_, &g)) {
      guard.may_land_ = true;
    }
    ~Scope() {
      guard.may_land_ = false;
      active_ = outer;
    }
    CrashGuard& guard;
    CrashGuard* const outer;
    const ExceptionState exceptions = ExceptionState::Current();
  };
  Progress();
  const Scope scope(*this);
  if (sigsetjmp(landing_, /*savemask=*/0) == 0) {
    f(argument);
    return true;
  }
  ExceptionState::Current() = scope.exceptions;
  return false;
}

void CrashGuard::Leave(const Crash& crash) {
  if (fiber_ != nullptr) {
    crash_ = crash;
    crashed_ = true;
    fiber_->Leave();
    crashed_ = false;
  } else if (may_land_) {
    crash_ = crash;
    siglongjmp(landing_, 1);
  }
}

bool CrashGuard::OnSignal(int signal, const siginfo_t& info, void* ucontext) {
  CrashGuard* const guard = active_;  // of this thread, which cannot run while its handler does
  if (signal == FatalSignals::kTick) {
    if (info.si_code != SI_TIMER) return false;
    if (guard != nullptr) guard->OnTick(ProgramCounter(ucontext));
    return true;
  }
  return guard != nullptr && guard->OnCrash(signal, info);
}

bool CrashGuard::OnCrash(int signal, const siginfo_t& info) {
  // A fault, or raise() and abort(); but not what another process sends.
  if (info.si_code <= 0 && (info.si_code != SI_TKILL || info.si_pid != getpid())) return false;
  Crash crash;
  crash.signal = signal;
  crash.code = info.si_code;
  if (info.si_code > 0) crash.address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  if (signal == SIGSEGV && fiber_ != nullptr && fiber_->IsInGuardPage(crash.address))
    crash.kind = Crash::Kind::kStackOverflow;
  Leave(crash);
  return false;
}

void CrashGuard::OnTick(std::uintptr_t program_counter) {
  const nanoseconds now = CpuTime(), timeout = hang_timeout.load(std::memory_order_relaxed);
  const std::uint64_t progress = progress_.load(std::memory_order_relaxed);
  if (progress != progress_seen_) {
    progress_seen_ = progress;
    seen_at_ = now;
    return;
  }
  const nanoseconds stuck = now - seen_at_;
  if (timeout == nanoseconds(0) || stuck < timeout) return;
  // Leaving malloc() half-way would break the explorer's own next one.  A loop of the code under
  // test will be elsewhere at one of the next looks, thousands of them.
  if (IsLibraryCode(program_counter) && stuck < 2 * timeout) return FatalSignals::TickSoon();
  Crash crash;
  crash.kind = Crash::Kind::kEndlessLoop;
  Leave(crash);
}

void CrashGuard::OnFailedAssertion(const char* what) {
  if (active_ == nullptr) return;
  Crash crash;
  crash.kind = Crash::Kind::kAssertion;
  Copy(what, crash);
  active_->Leave(crash);
}

void CrashGuard::OnTerminate() {
  CrashGuard* const guard = active_;
  if (guard != nullptr) {
    Crash crash;
    crash.kind = Crash::Kind::kTerminate;
    DescribeException(crash);
    if (std::current_exception()) abi::__cxa_end_catch();  // frees it: nobody else will
    guard->Leave(crash);
  }
  FatalSignals::previous_terminate()();
  std::abort();
}

}  // namespace heddle
