#include "runtime/native/single_step.h"

#include <signal.h>
#include <ucontext.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include <atomic>

#include "runtime/native/traps.h"

#if defined(__SANITIZE_THREAD__)
#define HEDDLE_SIGNALS_ARE_LATE
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HEDDLE_SIGNALS_ARE_LATE
#endif
#endif

namespace heddle::native {

#if defined(__x86_64__) && !defined(HEDDLE_SIGNALS_ARE_LATE)

namespace {

constexpr greg_t kTrapFlag = 1 << 8;

// The thread's own, its signal handlers' included.
struct Pending {
  std::atomic<int> left{0};  // instructions; 0: none is awaited
  void (*act)(void*) = nullptr;
  void* context = nullptr;
};
constinit thread_local Pending t_pending;

}  // namespace

bool CanSingleStep() { return true; }

SingleSteps::SingleSteps(int instructions, void (*act)(void* context), void* context) {
  if (instructions == 0 || t_pending.left.load(std::memory_order_relaxed) != 0) return;
  InstallTrapSignals();
  armed_ = true;
  t_pending.act = act;
  t_pending.context = context;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  t_pending.left.store(instructions, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  __writeeflags(__readeflags() | static_cast<unsigned long long>(kTrapFlag));
}

// The next step finds that none is awaited, and is the last one.
SingleSteps::~SingleSteps() {
  if (armed_) t_pending.left.store(0, std::memory_order_relaxed);
}

bool TakeStep(int si_code, void* ucontext) {
  auto& flags = static_cast<ucontext_t*>(ucontext)->uc_mcontext.gregs[REG_EFL];
  // Virtual machines lose DR6.BS now and then (one step in some million); then Linux takes a step
  // for INT1 and says TRAP_BRKPT.  INT3 is SI_KERNEL.
  const bool stepped = si_code == TRAP_TRACE || ((flags & kTrapFlag) != 0 && si_code == TRAP_BRKPT);
  if (!stepped) return false;
  const int left = t_pending.left.load(std::memory_order_relaxed);
  if (left > 1) {
    t_pending.left.store(left - 1, std::memory_order_relaxed);
    return true;  // the flag is set in what is returned to
  }
  flags &= ~kTrapFlag;
  if (left == 0) return true;
  // Before it acts, which may begin the next count.
  t_pending.left.store(0, std::memory_order_relaxed);
  t_pending.act(t_pending.context);
  return true;
}

#else

bool CanSingleStep() { return false; }
SingleSteps::SingleSteps(int, void (*)(void*), void*) {}
SingleSteps::~SingleSteps() { static_cast<void>(armed_); }
bool TakeStep(int, void*) { return false; }

#endif

}  // namespace heddle::native
