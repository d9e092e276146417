// How does a thread make every CPU of the process drop instructions it has already fetched, or
// pass a full memory barrier?
//
// By default with membarrier(PRIVATE_EXPEDITED_SYNC_CORE): every CPU that runs a thread of this
// process serialises before it returns to user space; or with membarrier(PRIVATE_EXPEDITED), which
// sends them a full barrier only.  Kernels without both get a fallback: each registered thread is
// sent a signal whose handler serialises, passes a full barrier and acknowledges.
//
// Neither waits for signal handlers to finish: a trap taken before the call may reach its SIGTRAP
// handler after it.  Patching protocols must not conclude otherwise.
#pragma once

#include <cstdint>

#include "runtime/source_location.h"

namespace heddle::native {

enum class SyncMethod { kMembarrier, kSignal };

/// The method in use: chosen by asking the kernel, once, unless a test chose another.
SyncMethod CurrentSyncMethod();

/// Chooses the method; for tests, while no other thread synchronises.
/// Throws std::invalid_argument when the kernel lacks it.
void SetSyncMethod(SyncMethod method);

/// Returns after every thread of the process (kSignal: every registered one), the caller included,
/// has executed a serialising instruction that comes after the caller's earlier stores.  A
/// registered thread that does not acknowledge within 5 s is recorded as a hang.  Not for signal
/// handlers.
void SyncCoreAll();

/// Returns after every thread of the process (kSignal: every registered one), the caller included,
/// has passed a full memory barrier since the call began.  Otherwise as SyncCoreAll.
void FullBarrierAll();

/// Rt::BarrierAll.  Making one asks the kernel for the method, which takes milliseconds once.
class BarrierAll {
 public:
  BarrierAll() { CurrentSyncMethod(); }
  void operator()(SourceLocation = {}) { FullBarrierAll(); }
};

/// Calls of SyncCoreAll since the process started.
std::uint64_t SyncCount();

/// Serialises the calling CPU: later instructions are fetched after it.
inline void SerializeCore() {
#if defined(__x86_64__)
  unsigned leaf = 0, b, c = 0, d;
  asm volatile("cpuid" : "+a"(leaf), "=b"(b), "+c"(c), "=d"(d) : : "memory");
#elif defined(__aarch64__)
  asm volatile("isb" : : : "memory");
#else
#error "SerializeCore: name this architecture's context-synchronising instruction"
#endif
}

/// Waits for the calling CPU's earlier stores and cache maintenance, in this process's view.
inline void DrainStores() {
#if defined(__aarch64__)
  asm volatile("dsb ish" : : : "memory");
#else
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/// Makes the constructing thread one that the signal method reaches, until destruction, which must
/// happen on the same thread.  At most 64 threads at a time; throws std::length_error beyond.
class SyncRegistration {
 public:
  SyncRegistration();
  ~SyncRegistration();
  SyncRegistration(const SyncRegistration&) = delete;
  SyncRegistration& operator=(const SyncRegistration&) = delete;

 private:
  int slot_;
};

}  // namespace heddle::native
