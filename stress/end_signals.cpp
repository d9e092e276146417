#include "stress/end_signals.h"

#include <signal.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>

#include "runtime/native/run_state.h"

namespace heddle::stress {
namespace {

constexpr auto& kSignals = EndSignals::kSignals;
std::array<struct sigaction, kSignals.size()> g_before;
constinit std::atomic<bool> g_lives{false}, g_came{false};
constinit std::atomic<pid_t> g_child{0};

void OnSignal(int signal) {
  const int saved_errno = errno;
  g_came.store(true, std::memory_order_relaxed);
  native::Stop(native::StopCause::kInterrupted);
  if (const pid_t child = g_child.load(std::memory_order_relaxed); child > 0) kill(child, signal);
  errno = saved_errno;
}

void Install(int flags, std::array<struct sigaction, kSignals.size()>* before) {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    const bool hangs_up = kSignals[i] == SIGHUP;
    struct sigaction was = {};
    sigaction(kSignals[i], nullptr, &was);
    if (before != nullptr) (*before)[i] = was;
    if (hangs_up && was.sa_handler == SIG_IGN) continue;  // nohup
    struct sigaction action = {};
    action.sa_handler = OnSignal;
    action.sa_flags = hangs_up ? 0 : flags;  // terminal and shell may send one each
    sigemptyset(&action.sa_mask);
    sigaction(kSignals[i], &action, nullptr);
  }
}

}  // namespace

EndSignals::EndSignals() : outermost_(!g_lives.exchange(true, std::memory_order_relaxed)) {
  if (!outermost_) return;
  g_came.store(false, std::memory_order_relaxed);
  Install(static_cast<int>(SA_RESETHAND), &g_before);
}

void EndSignals::BeginChild() {
  g_child.store(0, std::memory_order_relaxed);
  g_came.store(false, std::memory_order_relaxed);
  g_lives.store(true, std::memory_order_relaxed);  // those of the run leave the handlers alone
  Install(0, nullptr);
}

EndSignals::~EndSignals() {
  if (!outermost_) return;
  for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &g_before[i], nullptr);
  g_lives.store(false, std::memory_order_relaxed);
}

bool EndSignals::Came() { return g_came.load(std::memory_order_relaxed); }

void EndSignals::PassTo(pid_t child) { g_child.store(child, std::memory_order_relaxed); }

}  // namespace heddle::stress
