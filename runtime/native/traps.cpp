// Signal handlers behind traps.h.
#include "runtime/native/traps.h"

#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <system_error>

#include "runtime/native/code_region.h"
#include "runtime/native/flight_recorder.h"
#include "runtime/native/run_state.h"
#include "runtime/native/single_step.h"
#include "runtime/native/thread_context.h"

namespace heddle::native {
namespace {

// Where the innermost CallText of this thread goes when its text cannot go on; null outside.
constinit thread_local sigjmp_buf* t_landing = nullptr;

// Handlers of this thread that have not returned.
constinit thread_local int t_traps = 0;

struct Registration {
  TrapHandler handler;
  void* context;
};
constinit std::atomic<const Registration*> g_of_program{nullptr}, g_of_scenario{nullptr};

bool IsClaimed(const std::atomic<const Registration*>& by, TrapFrame& frame) {
  // Acquire: pairs with the release in Register; both halves are of one registration.
  const Registration* const r = by.load(std::memory_order_acquire);
  return r != nullptr && r->handler != nullptr && r->handler(r->context, frame);
}

enum class Answer { kProgram, kScenario, kNobody, kAbandoned };

// An exception must not leave the handler: text has no unwind information.
Answer Ask(TrapFrame& frame) {
  const struct Depth {
    Depth() { ++t_traps; }
    ~Depth() { --t_traps; }
  } depth;
  try {
    if (IsClaimed(g_of_program, frame)) return Answer::kProgram;
    return IsClaimed(g_of_scenario, frame) ? Answer::kScenario : Answer::kNobody;
  } catch (const Abandoned&) {
    return Answer::kAbandoned;
  }
}

constexpr std::array kSignals = {SIGTRAP, SIGILL, SIGSEGV, SIGBUS};
std::array<struct sigaction, kSignals.size()> g_previous;  // written once, before any delivery

#if defined(__x86_64__)
class SignalFrame final : public TrapFrame {
 public:
  explicit SignalFrame(void* ucontext)
      : registers_(static_cast<ucontext_t*>(ucontext)->uc_mcontext.gregs) {}
  std::uintptr_t pc() const override { return static_cast<std::uintptr_t>(registers_[REG_RIP]); }
  void set_pc(std::uintptr_t pc) override { registers_[REG_RIP] = static_cast<greg_t>(pc); }
  std::uint64_t reg(int) const override { return static_cast<std::uint64_t>(registers_[REG_RAX]); }
  void set_reg(int, std::uint64_t value) override {
    registers_[REG_RAX] = static_cast<greg_t>(value);
  }
  std::uint32_t flags() const override { return static_cast<std::uint32_t>(registers_[REG_EFL]); }
  void set_flags(std::uint32_t flags) override {
    registers_[REG_EFL] = (registers_[REG_EFL] & ~greg_t{kArithmetic}) | (flags & kArithmetic);
  }
  std::uintptr_t pop() override {
    std::uintptr_t top = 0;
    std::memcpy(&top, reinterpret_cast<void*>(registers_[REG_RSP]), sizeof top);
    registers_[REG_RSP] += static_cast<greg_t>(sizeof top);
    return top;
  }
  void push(std::uintptr_t return_address) override {
    registers_[REG_RSP] -= static_cast<greg_t>(sizeof return_address);
    // Raw memory of the interrupted stack; the signal frame is elsewhere or 128 bytes further down.
    std::memcpy(reinterpret_cast<void*>(registers_[REG_RSP]), &return_address,
                sizeof return_address);
  }
  /// Makes the interrupted thread call `function`, which never returns, when the handler has.
  void Enter(void (*function)()) {
    // As CALL leaves it: 16-byte aligned before the return address, clear of what is in use.
    registers_[REG_RSP] = ((registers_[REG_RSP] - 128) & ~greg_t{15}) - 8;
    registers_[REG_RIP] = reinterpret_cast<greg_t>(function);
  }

 private:
  static constexpr std::uint32_t kArithmetic = 0x8D5;  // OF, SF, ZF, AF, PF, CF
  greg_t* registers_;
};
#elif defined(__aarch64__)
class SignalFrame final : public TrapFrame {
 public:
  explicit SignalFrame(void* ucontext)
      : registers_(static_cast<ucontext_t*>(ucontext)->uc_mcontext) {}
  std::uintptr_t pc() const override { return registers_.pc; }
  void set_pc(std::uintptr_t pc) override { registers_.pc = pc; }
  std::uint64_t reg(int n) const override { return registers_.regs[n]; }
  void set_reg(int n, std::uint64_t value) override { registers_.regs[n] = value; }
  std::uint32_t flags() const override {
    return static_cast<std::uint32_t>(registers_.pstate & kNzcv);
  }
  void set_flags(std::uint32_t flags) override {
    registers_.pstate = (registers_.pstate & ~std::uint64_t{kNzcv}) | (flags & kNzcv);
  }
  // There is no such instruction here; a pair of these keeps the stack aligned.
  void push(std::uintptr_t value) override {
    registers_.sp -= 16;
    std::memcpy(reinterpret_cast<void*>(registers_.sp), &value, sizeof value);
  }
  std::uintptr_t pop() override {
    std::uintptr_t top = 0;
    std::memcpy(&top, reinterpret_cast<void*>(registers_.sp), sizeof top);
    registers_.sp += 16;
    return top;
  }
  void Enter(void (*function)()) {
    registers_.sp = (registers_.sp - 128) & ~std::uint64_t{15};
    registers_.pc = reinterpret_cast<std::uintptr_t>(function);
  }

 private:
  static constexpr std::uint32_t kNzcv = 0xF0000000;
  mcontext_t& registers_;
};
#endif

const char* SignalName(int signal) {
  switch (signal) {
    case SIGTRAP:
      return "SIGTRAP";
    case SIGILL:
      return "SIGILL";
    case SIGSEGV:
      return "SIGSEGV";
    default:
      return "SIGBUS";
  }
}

// A signal that no text of ours raised means what it did before SetTrapHandler.
void PassOn(int signal, siginfo_t* info, void* ucontext) {
  KeepCrash(signal, info, ucontext);
  const struct sigaction* before = nullptr;
  for (std::size_t i = 0; i < kSignals.size(); ++i)
    if (kSignals[i] == signal) before = &g_previous[i];
  if ((before->sa_flags & SA_SIGINFO) != 0) return before->sa_sigaction(signal, info, ucontext);
  if (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN)
    return before->sa_handler(signal);
  sigaction(signal, before, nullptr);
  // A fault happens again on return; a trap does not, its program counter is past it already.
  if (signal == SIGTRAP) raise(signal);
}

// Runs outside the handler: jumping out of one would leave its signal stack and the bookkeeping of
// a sanitizer as if the handler went on.
[[noreturn]] void Land() { siglongjmp(*t_landing, 1); }

// Not one that somebody has sent, nor a single step: those leave the program counter elsewhere.
bool IsBreakpoint(const siginfo_t& info) {
  return info.si_code == SI_KERNEL || info.si_code == TRAP_BRKPT;
}

void OnSignal(int signal, siginfo_t* info, void* ucontext) {
  const int saved_errno = errno;
  if (signal == SIGTRAP && TakeStep(info->si_code, ucontext)) {
    errno = saved_errno;
    return;
  }
  if (signal == SIGTRAP && !IsBreakpoint(*info)) return PassOn(signal, info, ucontext);

  SignalFrame frame(ucontext);
  ThreadContext* const thread = t_context;
  // Set by CallText on this very thread, which cannot run while we do.
  sigjmp_buf* const landing = t_landing;
  if (signal == SIGTRAP) {
    const std::uintptr_t at = frame.pc() - TrapSkip(kIsa);
    const Answer answer = Ask(frame);
    if (answer == Answer::kProgram || answer == Answer::kScenario) {
      if (answer == Answer::kScenario && thread != nullptr) ++thread->traps_claimed;
      TakeNote(Did::kTrapped, at);
      errno = saved_errno;
      return;
    }
    if (answer == Answer::kAbandoned && landing != nullptr) {
      // What went wrong in the handler is recorded already.
      frame.Enter(Land);
      errno = saved_errno;
      return;
    }
    if (thread != nullptr) ++thread->traps_unclaimed;
  }
  if (landing == nullptr) return PassOn(signal, info, ucontext);
  const bool trap = signal == SIGTRAP;
  KeepCrash(signal, info, ucontext);
  TakeNote(trap ? Did::kTrapped : Did::kFaulted, frame.pc());
  RecordFailure({.why = trap ? "unhandled trap" : "fault in text",
                 .detail = trap ? "" : SignalName(signal),
                 .where = {},
                 .thread = thread != nullptr ? thread->thread : -1,
                 .address = frame.pc() - (trap ? TrapSkip(kIsa) : 0)});
  frame.Enter(Land);
  errno = saved_errno;
}

void InstallOnce() {
  static const bool installed = [] {
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      struct sigaction action = {};
      action.sa_sigaction = OnSignal;
      // ONSTACK: text may have any stack.  NODEFER: handlers nest, and a synchronous trap kills the
      // process while its signal is blocked.
      action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
      sigemptyset(&action.sa_mask);
      if (sigaction(kSignals[i], &action, &g_previous[i]) != 0) {
        throw std::system_error(errno, std::generic_category(), "sigaction");
      }
    }
    return true;
  }();
  static_cast<void>(installed);
}

void Register(std::atomic<const Registration*>& as, TrapHandler handler, void* context) {
  // Registrations live for ever: a handler that has started may still be reading an old one.
  static std::mutex mutex;
  static auto& all = *new std::deque<Registration>;  // also while the process ends
  const std::lock_guard lock(mutex);
  const Registration* const now = as.load(std::memory_order_relaxed);
  if (now == nullptr || now->handler != handler || now->context != context)
    as.store(&all.emplace_back(Registration{handler, context}), std::memory_order_release);
  if (handler != nullptr) InstallOnce();
}

}  // namespace

void SetTrapHandler(TrapHandler handler, void* context) {
  Register(g_of_scenario, handler, context);
}

void SetProgramTrapHandler(TrapHandler handler, void* context) {
  Register(g_of_program, handler, context);
}

void InstallTrapSignals() { InstallOnce(); }

bool AnswersTraps(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == OnSignal;
}

bool InTrap() { return t_traps > 0; }

// Neither inlined nor changing a local after sigsetjmp: the second return finds every value.
[[gnu::noinline]] std::uint32_t CallText(std::uintptr_t entry) {
  sigjmp_buf* const outer = t_landing;
  sigjmp_buf landing;
  if (sigsetjmp(landing, /*savemask=*/0) != 0) {
    t_landing = outer;
    throw Abandoned{};
  }
  t_landing = &landing;
  const std::uint32_t result = reinterpret_cast<std::uint32_t (*)()>(entry)();
  t_landing = outer;
  return result;
}

}  // namespace heddle::native
