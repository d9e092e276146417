#include "runtime/native/flight_recorder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

#include "runtime/native/traps.h"

namespace heddle::native {
namespace {

constexpr std::array kDeaths = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
std::array<struct sigaction, kDeaths.size()> g_before;  // written by CatchDeaths only
constinit std::atomic<bool> g_has_crash{false};
int g_own_memory = -1;  // /proc/self/mem: reads what may not be there without a fault

std::size_t RingIndex() {
  const std::size_t last = FlightRecord::kThreads - 1;
  return t_context != nullptr ? std::min(static_cast<std::size_t>(t_context->thread), last) : last;
}

void ReadRegisters(const ucontext_t& at, Whereabouts& stop) {
#if defined(__x86_64__)
  const auto& r = at.uc_mcontext.gregs;
  constexpr std::array kOrder = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI,
                                 REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                 REG_R12, REG_R13, REG_R14, REG_R15, REG_EFL};
  for (std::size_t i = 0; i < kOrder.size(); ++i)
    stop.registers[i] = static_cast<std::uint64_t>(r[kOrder[i]]);
  stop.pc = static_cast<std::uint64_t>(r[REG_RIP]);
#elif defined(__aarch64__)
  for (std::size_t i = 0; i < 31; ++i) stop.registers[i] = at.uc_mcontext.regs[i];
  stop.registers[31] = at.uc_mcontext.sp;
  stop.registers[32] = at.uc_mcontext.pstate;
  stop.pc = at.uc_mcontext.pc;
#endif
}

void ReadCode(Whereabouts& stop) {
  // As much before as behind; a page boundary or a bad address makes it less.
  for (const std::uint64_t before : {std::uint64_t{Whereabouts::kCode / 2}, std::uint64_t{0}}) {
    stop.code_begin = stop.pc - before;
    const ssize_t count = pread(g_own_memory, stop.code.data(), stop.code.size(),
                                static_cast<off_t>(stop.code_begin));
    if (count <= 0) continue;
    stop.code_size = static_cast<std::size_t>(count);
    return;
  }
}

void Keep(Whereabouts& stop, int signal, const siginfo_t* info, const void* ucontext) {
  stop.thread = t_context != nullptr ? t_context->thread : -1;
  stop.address =
      signal == SIGSEGV || signal == SIGBUS ? reinterpret_cast<std::uint64_t>(info->si_addr) : 0;
  ReadRegisters(*static_cast<const ucontext_t*>(ucontext), stop);
  ReadCode(stop);
  // Pairs with whoever looks while this thread is alive; after its death there is nothing to order.
  stop.signal.store(signal, std::memory_order_release);
}

void OnDeath(int signal, siginfo_t* info, void* ucontext) {
  const int saved_errno = errno;
  KeepCrash(signal, info, ucontext);
  for (std::size_t i = 0; i < kDeaths.size(); ++i)
    if (kDeaths[i] == signal) sigaction(signal, &g_before[i], nullptr);
  // A fault happens again on return, and is answered as before; what was sent does not.
  if (info->si_code <= 0 || signal == SIGTRAP || signal == SIGSYS) raise(signal);
  errno = saved_errno;
}

void OnQuestion(int signal, siginfo_t* info, void* ucontext) {
  const int saved_errno = errno;
  const auto i = g_flight_record->asked.fetch_add(1, std::memory_order_relaxed);
  if (i < FlightRecord::kThreads) Keep(g_flight_record->stops[i], signal, info, ucontext);
  errno = saved_errno;
}

void Install(int signal, void (*handler)(int, siginfo_t*, void*), struct sigaction* before) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, before);
}

}  // namespace

const char* Name(Did did) {
  switch (did) {
    case Did::kNothing:
      return "nothing";
    case Did::kWroteCode:
      return "wrote code";
    case Did::kSynced:
      return "synchronised all CPUs";
    case Did::kTrapped:
      return "trapped";
    case Did::kFaulted:
      return "faulted";
    case Did::kInterrupted:
      return "a handler begins";
    case Did::kReturned:
      return "a handler ends";
    case Did::kWaits:
      return "waits";
    case Did::kFailed:
      return "failed";
    case Did::kFroze:
      return "frozen";
    case Did::kMoved:
      return "moved a thread";
  }
  return "?";
}

const std::vector<const char*>& RegisterNames() {
#if defined(__x86_64__)
  static const std::vector<const char*> names = {"rax", "rbx", "rcx", "rdx", "rsi",   "rdi",
                                                 "rbp", "rsp", "r8",  "r9",  "r10",   "r11",
                                                 "r12", "r13", "r14", "r15", "rflags"};
#else
  static const std::vector<const char*> names = {
      "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10",
      "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
      "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp",  "pstate"};
#endif
  return names;
}

FlightRecord* NewFlightRecord() {
  void* const memory = mmap(nullptr, sizeof(FlightRecord), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "mmap of a flight record");
  return new (memory) FlightRecord;
}

void TakeNote(Did did, std::uint64_t value, const char* what) {
  FlightRecord* const record = g_flight_record;
  if (record == nullptr) return;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  auto& ring = record->rings[RingIndex()];
  // By one thread, but for the last ring and handlers that come in between: those may overwrite
  // each other's note, which is as good as any.
  const std::uint64_t count = ring.count.load(std::memory_order_relaxed);
  ring.notes[count % FlightRecord::kNotes] = {
      static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
          static_cast<std::uint64_t>(now.tv_nsec),
      value, what, did};
  ring.count.store(count + 1, std::memory_order_release);
}

std::vector<Note> NotesOf(const FlightRecord::Ring& ring) {
  const std::uint64_t count = ring.count.load(std::memory_order_acquire);
  const std::uint64_t kept = std::min<std::uint64_t>(count, FlightRecord::kNotes);
  std::vector<Note> notes;
  for (std::uint64_t i = count - kept; i < count; ++i)
    notes.push_back(ring.notes[i % FlightRecord::kNotes]);
  return notes;
}

void KeepCrash(int signal, const siginfo_t* info, const void* ucontext) {
  if (g_flight_record == nullptr) return;
  Whereabouts& crash = g_flight_record->crash;
  if (!g_has_crash.exchange(true, std::memory_order_relaxed)) {
    TakeNote(Did::kFailed, 0, "a signal that nobody answers");  // says when
    Keep(crash, signal, info, ucontext);
    return;
  }
  // Another thread was first: it must have kept its place before this one ends the process.
  for (int i = 0; i < 200 && crash.signal.load(std::memory_order_acquire) == 0; ++i) {
    const timespec millisecond{0, 1'000'000};
    nanosleep(&millisecond, nullptr);
  }
}

void CatchDeaths() {
  g_own_memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  g_has_crash.store(false, std::memory_order_relaxed);
  for (std::size_t i = 0; i < kDeaths.size(); ++i) {
    struct sigaction now = {};
    sigaction(kDeaths[i], nullptr, &now);
    if (!AnswersTraps(now)) Install(kDeaths[i], OnDeath, &g_before[i]);  // else it calls KeepCrash
  }
  Install(SIGQUIT, OnQuestion, nullptr);
}

}  // namespace heddle::native
