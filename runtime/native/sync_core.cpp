// membarrier, and the signal-and-acknowledge fallback of sync_core.h.
//
// The fallback, step by step:
//   syncer   S1 fence  S2 read every slot's thread  S3 signal it  S4 wait for its acknowledgement
//   executor E1 (in the handler) serialise, full barrier  E2 acknowledge
//   newcomer N1 publish its slot  N2 serialise
// S1 and N1 are both sequentially consistent: either S2 sees the newcomer, and signals it, or N2
// comes after the syncer's code writes, and the newcomer fetches the new ones by itself.
#include "runtime/native/sync_core.h"

#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <system_error>

#include "runtime/native/run_state.h"
#include "runtime/native/waited.h"

namespace heddle::native {
namespace {

constexpr int kMaxThreads = 64;
constexpr auto kPatience = std::chrono::seconds(5);

struct alignas(64) Slot {
  std::atomic<pid_t> thread{0};  // 0: free; -1: claimed, not reachable yet
  std::atomic<std::uint64_t> acknowledged{0};
};

constinit std::array<Slot, kMaxThreads> g_slots{};
constinit thread_local Slot* t_slot = nullptr;
constinit std::atomic<std::uint64_t> g_syncs{0};
constinit std::mutex g_one_syncer;  // acknowledgements are counted, so one request at a time

int SyncSignal() { return SIGRTMIN + 3; }

int Membarrier(int command) { return static_cast<int>(syscall(SYS_membarrier, command, 0, 0)); }

// Registration is per process and, once made, lasts; sync calls before it would fail with EPERM.
bool MembarrierWorks() {
  static const bool works = Membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE) == 0 &&
                            Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE) == 0 &&
                            Membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 &&
                            Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
  return works;
}

std::atomic<SyncMethod>& Method() {
  static std::atomic<SyncMethod> method{MembarrierWorks() ? SyncMethod::kMembarrier
                                                          : SyncMethod::kSignal};
  return method;
}

void OnSyncSignal(int) {
  SerializeCore();  // E1
  std::atomic_thread_fence(std::memory_order_seq_cst);
  // E2, release: pairs with the acquire in WaitFor; the syncer must not go on before E1.
  if (t_slot != nullptr) t_slot->acknowledged.fetch_add(1, std::memory_order_release);
}

void InstallSyncHandler() {
  static const bool installed = [] {
    struct sigaction action = {};
    action.sa_handler = OnSyncSignal;
    action.sa_flags = SA_RESTART | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    if (sigaction(SyncSignal(), &action, nullptr) != 0) {
      throw std::system_error(errno, std::generic_category(), "sigaction(SIGRTMIN+3)");
    }
    return true;
  }();
  static_cast<void>(installed);
}

// S4.  A slot that changes hands needs no acknowledgement: its thread has left the text.
void WaitFor(const Slot& slot, pid_t thread, std::uint64_t before) {
  Waited waited;
  while (slot.acknowledged.load(std::memory_order_acquire) == before &&
         slot.thread.load(std::memory_order_acquire) == thread) {
    sched_yield();  // the target may need this very CPU
    if (waited.LongerThan(kPatience)) {
      RecordFailure({.why = "hang",
                     .detail = "a thread to acknowledge the sync signal",
                     .where = SourceLocation::Current()});
      return;
    }
  }
}

void SyncBySignal() {
  const std::scoped_lock lock(g_one_syncer);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // S1
  const pid_t process = getpid(), self = static_cast<pid_t>(syscall(SYS_gettid));
  for (Slot& slot : g_slots) {
    const pid_t thread = slot.thread.load(std::memory_order_seq_cst);  // S2
    if (thread <= 0 || thread == self) continue;
    const std::uint64_t before = slot.acknowledged.load(std::memory_order_relaxed);
    long sent;
    while ((sent = syscall(SYS_tgkill, process, thread, SyncSignal())) != 0 && errno == EAGAIN) {
      sched_yield();  // the queue of real-time signals is full
    }
    if (sent == 0) WaitFor(slot, thread, before);  // S3; otherwise the thread is gone
  }
  SerializeCore();  // the caller executes text, too
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace

SyncMethod CurrentSyncMethod() { return Method().load(std::memory_order_relaxed); }

void SetSyncMethod(SyncMethod method) {
  if (method == SyncMethod::kMembarrier && !MembarrierWorks()) {
    throw std::invalid_argument(
        "membarrier(PRIVATE_EXPEDITED…) is not available: use SyncMethod::kSignal");
  }
  Method().store(method, std::memory_order_relaxed);
}

void SyncCoreAll() {
  g_syncs.fetch_add(1, std::memory_order_relaxed);
  if (CurrentSyncMethod() == SyncMethod::kSignal) return SyncBySignal();
  if (Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE) != 0) {
    throw std::system_error(errno, std::generic_category(), "membarrier(SYNC_CORE)");
  }
}

void FullBarrierAll() {
  if (CurrentSyncMethod() == SyncMethod::kSignal) return SyncBySignal();
  if (Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0) {
    throw std::system_error(errno, std::generic_category(), "membarrier(PRIVATE_EXPEDITED)");
  }
}

std::uint64_t SyncCount() { return g_syncs.load(std::memory_order_relaxed); }

SyncRegistration::SyncRegistration() : slot_(-1) {
  InstallSyncHandler();
  for (int i = 0; i < kMaxThreads; ++i) {
    Slot& slot = g_slots[static_cast<std::size_t>(i)];
    pid_t free = 0;
    if (!slot.thread.compare_exchange_strong(free, -1, std::memory_order_acq_rel,
                                             std::memory_order_relaxed)) {
      continue;
    }
    slot_ = i;
    t_slot = &slot;
    slot.thread.store(static_cast<pid_t>(syscall(SYS_gettid)), std::memory_order_seq_cst);  // N1
    SerializeCore();                                                                        // N2
    return;
  }
  throw std::length_error("more than 64 threads execute text: the sync signal reaches no more");
}

SyncRegistration::~SyncRegistration() {
  // First, so that a late signal no longer counts for the slot, which may soon be another's.
  t_slot = nullptr;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  // Release: whoever sees the slot free also sees that this thread has left the text.
  g_slots[static_cast<std::size_t>(slot_)].thread.store(0, std::memory_order_release);
}

}  // namespace heddle::native
