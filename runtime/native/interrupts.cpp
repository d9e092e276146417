#include "runtime/native/interrupts.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "runtime/native/flight_recorder.h"
#include "runtime/native/run_state.h"
#include "runtime/native/single_step.h"

namespace heddle::native {
namespace {

// Sync signals are SIGRTMIN + 3: sync_core.cpp.
int SignalOf(std::size_t kind) { return SIGRTMIN + 4 + static_cast<int>(kind); }

// Who can be interrupted.  A thread leaves before it ends, so whoever holds the mutex may signal
// all that are here.
struct Registry {
  struct Target {
    pthread_t thread;
    int number;  // of the scenario's thread, or -1
    Interrupted* whose;
    std::array<bool, kInterruptKinds> has_handler;
  };
  std::mutex mutex;
  std::vector<Target> targets;
};

Registry& TheRegistry() {
  static auto& registry = *new Registry;  // also while the process ends
  return registry;
}

// Seldom: a step costs some microseconds, so 8 ms leave three quarters of the speed, 1 ms a sixth.
bool IsTimeForSteps() {
  using std::chrono::steady_clock;
  static constinit thread_local steady_clock::time_point next{};
  const auto now = steady_clock::now();
  if (now < next) return false;
  next = now + std::chrono::milliseconds(8);
  return true;
}

void OnInterrupt(int signal) {
  const int saved_errno = errno;
  if (t_interrupted != nullptr) t_interrupted->Take(static_cast<std::size_t>(signal - SignalOf(0)));
  errno = saved_errno;
}

void InstallOnce() {
  static const bool installed = [] {
    for (std::size_t kind = 0; kind < kInterruptKinds; ++kind) {
      struct sigaction action = {};
      action.sa_handler = OnInterrupt;
      // NODEFER: which kind interrupts which is Interrupted's to say.  ONSTACK: text may have any
      // stack.  RESTART: system calls of code under test are none of ours.
      action.sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART;
      sigemptyset(&action.sa_mask);
      if (sigaction(SignalOf(kind), &action, nullptr) != 0)
        throw std::system_error(errno, std::generic_category(), "sigaction of a real-time signal");
    }
    return true;
  }();
  static_cast<void>(installed);
}

}  // namespace

Interrupted::Interrupted()
    : random_(t_context != nullptr ? t_context->random.Next()
                                   : reinterpret_cast<std::uintptr_t>(this)) {
  InstallOnce();
  t_interrupted = this;
}

Interrupted::~Interrupted() {
  Clear();
  t_interrupted = nullptr;  // a signal that is still under way finds nobody
}

void Interrupted::SetHandler(Interrupt kind, std::function<void()> handler) {
  const auto k = static_cast<std::size_t>(kind);
  Mask(kInterruptKinds - 1);  // the function is not called while it is replaced
  handlers_[k] = std::move(handler);
  {
    Registry& registry = TheRegistry();
    const std::lock_guard lock(registry.mutex);
    auto mine = std::find_if(registry.targets.begin(), registry.targets.end(),
                             [this](const auto& t) { return t.whose == this; });
    if (mine == registry.targets.end())
      mine = registry.targets.insert(
          mine, {pthread_self(), t_context != nullptr ? t_context->thread : -1, this, {}});
    mine->has_handler[k] = static_cast<bool>(handlers_[k]);
  }
  Unmask(kInterruptKinds - 1);
}

void Interrupted::Clear() {
  {
    Mask(kInterruptKinds - 1);
    Registry& registry = TheRegistry();
    const std::lock_guard lock(registry.mutex);
    std::erase_if(registry.targets, [this](const auto& t) { return t.whose == this; });
  }
  for (auto& pending : pending_) pending.store(false, std::memory_order_relaxed);
  any_pending_.store(false, std::memory_order_relaxed);
  for (auto& handler : handlers_) handler = nullptr;
  // A thread that was given up has left its masks as they were.
  for (auto& masked : masked_) masked.store(0, std::memory_order_relaxed);
}

void Interrupted::Send(pthread_t to, std::size_t kind) {
  if (on_its_way_[kind].exchange(true, std::memory_order_relaxed)) return;
  // The system may have no room for another queued signal.
  if (pthread_kill(to, SignalOf(kind)) != 0)
    on_its_way_[kind].store(false, std::memory_order_relaxed);
}

void Interrupted::Take(std::size_t kind) {
  on_its_way_[kind].store(false, std::memory_order_relaxed);
  if (IsMasked(kind)) {
    pending_[kind].store(true, std::memory_order_relaxed);
    any_pending_.store(true, std::memory_order_relaxed);
  } else {
    Run(kind);
    if (any_pending_.load(std::memory_order_relaxed)) RunPending();
  }
}

void Interrupted::Run(std::size_t kind) {
  if (!handlers_[kind]) return;
  Mask(kind);
  Add(running_[kind], 1);
  TakeNote(Did::kInterrupted, kind);
  try {
    const std::size_t above = Above(kind);
    const bool steps = above < kInterruptKinds && IsTimeForSteps();
    const int after = steps ? static_cast<int>(random_.LogUniform(1, 9)) : 0;
    const SingleSteps then(
        after, [](void* k) { t_interrupted->Take(reinterpret_cast<std::size_t>(k)); },
        reinterpret_cast<void*>(above));
    handlers_[kind]();
  } catch (const Abandoned&) {
    // Recorded where it was thrown; what was interrupted finds the run stopped, too.
  }
  TakeNote(Did::kReturned, kind);
  Add(running_[kind], -1);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  Add(masked_[kind], -1);
}

std::size_t Interrupted::Above(std::size_t kind) {
  std::size_t above = kInterruptKinds;
  int n = 0;
  for (std::size_t k = kind + 1; k < kInterruptKinds; ++k)
    if (handlers_[k] && random_.Below(++n) == 0) above = k;
  return above;
}

void Interrupted::RunPending() {
  any_pending_.store(false, std::memory_order_relaxed);
  for (std::size_t kind = kInterruptKinds; kind-- > 0;) {
    if (!pending_[kind].load(std::memory_order_relaxed)) continue;
    if (IsMasked(kind)) {
      any_pending_.store(true, std::memory_order_relaxed);  // for a later Unmask
    } else {
      pending_[kind].store(false, std::memory_order_relaxed);
      Run(kind);
      kind = kInterruptKinds;  // one may have come meanwhile, of any kind
    }
  }
}

void Interrupted::PerhapsInterrupt(int n) {
  if (random_.Below(n) != 0) return;
  const auto kind = static_cast<std::size_t>(random_.Below(static_cast<int>(kInterruptKinds)));
  if (handlers_[kind]) Send(pthread_self(), kind);
}

void SetInterruptHandler(Interrupt kind, std::function<void()> handler) {
  static thread_local std::unique_ptr<Interrupted> mine;
  if (mine == nullptr) mine = std::make_unique<Interrupted>();
  mine->SetHandler(kind, std::move(handler));
}

bool InterruptSomebody(Random& random) {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  std::vector<std::pair<const Registry::Target*, std::size_t>> handlers;
  for (const auto& target : registry.targets)
    for (std::size_t kind = 0; kind < kInterruptKinds; ++kind)
      if (target.has_handler[kind]) handlers.emplace_back(&target, kind);
  if (handlers.empty()) return false;
  const auto& [target, kind] =
      handlers[static_cast<std::size_t>(random.Below(static_cast<int>(handlers.size())))];
  target->whose->Send(target->thread, kind);
  return true;
}

void InterruptThread(int number, Interrupt kind) {
  const auto k = static_cast<std::size_t>(kind);
  const NoInterrupts no_interrupts;  // whose handlers might take the registry's mutex, too
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  for (const auto& target : registry.targets)
    if (target.number == number && target.has_handler[k]) target.whose->Send(target.thread, k);
}

}  // namespace heddle::native
