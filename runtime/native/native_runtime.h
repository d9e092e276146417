// The native backend of runtime/runtime.h: every operation is executed by this machine.
//
//   file               question
//   run_state.h        is the run over, why, and what failed first?
//   thread_context.h   what does a thread carry while it plays a scenario's CPU?
//   patience.h         how does it wait?
//   atomic.h, plain.h  what are its variables?
//   spawned.h          how does it start threads of its own?
//   code_region.h      where does text live and how is it written?
//   sync_core.h        how do CPUs drop fetched instructions, or pass a full barrier?
//   traps.h            how does text run, and who answers its traps?
//   interrupts.h       what interrupts a thread, and when not?
//   agitator.h         who sends the interrupts?
//   single_step.h      and who those that come some instructions later?
//   disturber.h        what else happens to the threads of a torture?
//   flight_recorder.h  what did each thread do last?
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "runtime/array.h"
#include "runtime/native/atomic.h"
#include "runtime/native/code_region.h"
#include "runtime/native/flight_recorder.h"
#include "runtime/native/interrupts.h"
#include "runtime/native/patience.h"
#include "runtime/native/plain.h"
#include "runtime/native/run_state.h"
#include "runtime/native/spawned.h"
#include "runtime/native/sync_core.h"
#include "runtime/native/thread_context.h"
#include "runtime/native/traps.h"
#include "runtime/runtime.h"

namespace heddle {
namespace native {

struct Bounds {
  static const char* NameOf(const char* array, std::size_t) { return array; }
  /// Throws Abandoned, with a failure recorded: there is no element to go on with.
  [[gnu::always_inline]] static std::size_t Check(const char* array, std::size_t i,
                                                  std::size_t size, SourceLocation where) {
    if (i < size) [[likely]]
      return i;
    Abandon(array, where.file, where.line);
  }

 private:
  // Out of line, and without an object on the caller's stack: readers are to stay short.
  [[noreturn, gnu::noinline, gnu::cold]] static void Abandon(const char* array, const char* file,
                                                             int line) {
    RecordFailure({.why = "index out of bounds",
                   .detail = array,
                   .where = {file, line},
                   .thread = ThreadNumber()});
    throw Abandoned{};
  }
};

}  // namespace native

struct NativeRuntime {
  template <typename T>
  using Atomic = native::Atomic<T>;
  using AtomicFlag = native::AtomicFlag;
  template <typename T>
  using Plain = native::Plain<T>;
  template <typename Cell, std::size_t N>
  using Array = BoundedArray<Cell, N, native::Bounds>;
  using CodeRegion = native::CodeRegion;
  using BarrierAll = native::BarrierAll;

  [[gnu::always_inline]] static void fence(std::memory_order order, SourceLocation = {}) {
    std::atomic_thread_fence(order);
  }

  [[gnu::always_inline]] static void fence_after_rmw(SourceLocation = {}) {
#if defined(__x86_64__)
    std::atomic_signal_fence(std::memory_order_seq_cst);  // locked instructions are full barriers
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
  }

  template <typename T, typename... Args>
  static T* make(Args&&... args) {
    const native::NoInterrupts no_interrupts;
    return new T(std::forward<Args>(args)...);
  }
  /// Fails now and then where it would not: one time in 16, in a run.
  template <typename T, typename... Args>
  static T* try_make(Args&&... args) {
    if (choose(16) == 15) return nullptr;
    const native::NoInterrupts no_interrupts;
    return new (std::nothrow) T(std::forward<Args>(args)...);
  }
  /// Poisons it before it is freed, so that whoever still reads it notices.
  template <typename T>
  static void destroy(T* object) {
    static_assert(!std::is_polymorphic_v<T>, "T is the whole object");
    if (object == nullptr) return;
    const native::NoInterrupts no_interrupts;
    object->~T();
    std::memset(static_cast<void*>(object), kPoison, sizeof(T));
    asm volatile("" : : "r"(object) : "memory");  // or the compiler takes it for a dead store
    if constexpr (alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
      ::operator delete (object, std::align_val_t{alignof(T)});
    else
      ::operator delete(object);
  }
  static constexpr int kPoison = 0xdb;  ///< as a pointer, no address; as a number, negative
  static void leak_ok(const void*) {}
  template <typename Cell>
  static void names_threads(const Cell&) {}

  /// Waits until `pred()`; see patience.h for when it gives up.
  template <std::predicate Pred>
  static void spin_until(Pred&& pred, const char* what,
                         SourceLocation where = SourceLocation::Current()) {
    if (pred()) return;
    native::Patience patience(what, native::ThreadNumber(), where);
    do {
      patience.Wait();
    } while (!pred());
  }

  using Spawned = native::Spawned;
  /// Nothing is given up here before a thread's harness says so.
  struct MustReturn {
    MustReturn() {}
    ~MustReturn() {}
  };
  static ThreadSlot this_thread() { return native::ThisThread(); }
  static bool is_given_up() { return native::Stopped(); }
  /// Like a violation of check().
  static void report(Fault fault, const std::string& message,
                     SourceLocation where = SourceLocation::Current()) {
    const native::NoInterrupts no_interrupts;
    native::RecordFailure({.why = fault == Fault::kMisuse ? "misuse" : "deadlock",
                           .detail = native::KeptForEver(message),
                           .where = where,
                           .thread = native::ThreadNumber()});
  }

  /// A violation is recorded and ends the run; the caller goes on until the run's end.
  [[gnu::always_inline]] static void check(bool condition, const char* why,
                                           SourceLocation where = SourceLocation::Current()) {
    if (!condition) [[unlikely]] {
      native::RecordFailure({.why = why, .where = where, .thread = native::ThreadNumber()});
    }
  }

  /// Sampled scenarios: sets the value, once per program.  Torture runs: counts one sample in the
  /// calling thread, and leaves the value alone, as several threads may observe the same thing.
  [[gnu::always_inline]] static void observe(Observation& seen, std::int64_t value) {
    native::ThreadContext* const context = native::t_context;
    if (context != nullptr && context->mode == native::RunMode::kTorture) {
      const native::NoInterrupts no_interrupts;
      context->observations.Add(seen.name, value);
    } else {
      seen.value = value;
    }
  }

  /// 0 … n-1 (n >= 1) from the thread's seeded generator; 0 outside a run.
  static int choose(int n) {
    return native::t_context != nullptr ? native::t_context->random.Below(n) : 0;
  }

  /// Torture runs: true until the run is stopped.  Otherwise: round < bound.
  static bool again(int round, int bound) {
    native::ThreadContext* const context = native::t_context;
    if (context == nullptr || context->mode != native::RunMode::kTorture) return round < bound;
    if (native::Stopped()) return false;
    ++context->rounds;
    return true;
  }

  // Nesting: see interrupts.h.
  static void set_interrupt_handler(Interrupt kind, int /*bound*/, std::function<void()> handler,
                                    SourceLocation = {}) {
    native::SetInterruptHandler(kind, std::move(handler));
  }
  static void mask(Interrupt kind, SourceLocation where = SourceLocation::Current()) {
    if (kind == Interrupt::kNmi) return report(Fault::kMisuse, "an NMI cannot be masked", where);
    if (native::t_interrupted != nullptr)
      native::t_interrupted->Mask(static_cast<std::size_t>(kind));
  }
  static void unmask(Interrupt kind, SourceLocation = {}) {
    if (native::t_interrupted != nullptr)
      native::t_interrupted->Unmask(static_cast<std::size_t>(kind));
  }
  static bool in_handler(Interrupt kind) {
    return native::t_interrupted != nullptr &&
           native::t_interrupted->IsRunning(static_cast<std::size_t>(kind));
  }
  /// Nothing if `thread`, a scenario's, has no handler for it, or one is on its way.
  static void send_interrupt(int thread, Interrupt kind) { native::InterruptThread(thread, kind); }
  static void interrupt_point() {
    if (native::t_interrupted != nullptr) native::t_interrupted->PerhapsInterrupt(16);
  }
  /// One time in four for 1 to 1024 pauses (40 to 140 cycles each), and now and then for up to some
  /// milliseconds: a turn of the scheduler, where threads share a CPU.
  static void linger() {
    interrupt_point();
    if (choose(4) != 0) return;
    const int pauses = 1 << choose(choose(32) == 0 ? 19 : 11);
    for (int i = 0; i < pauses; ++i) native::CpuRelax();
    interrupt_point();
  }

  // Text: see code_region.h, sync_core.h and traps.h.
  static void write_code(CodeRegion& text, std::size_t offset, std::span<const std::uint8_t> bytes,
                         SourceLocation = {}) {
    native::TakeNote(native::Did::kWroteCode, offset << 8 | bytes[0]);
    text.Write(offset, bytes);
  }
  static std::uint32_t read_code(const CodeRegion& text, std::size_t offset, SourceLocation = {}) {
    return text.Read(offset);
  }
  /// Tells the model where instructions begin; the CPU knows.
  static void declare_instruction(CodeRegion&, std::size_t, std::span<const std::uint8_t>) {}
  static void clean_code(CodeRegion& text, std::size_t offset, SourceLocation = {}) {
    text.Clean(offset);
  }
  static void invalidate_code(CodeRegion& text, std::size_t offset, SourceLocation = {}) {
    text.Invalidate(offset);
  }
  static void synchronize_data(SourceLocation = {}) { native::DrainStores(); }
  static void synchronize_context(SourceLocation = {}) { native::SerializeCore(); }
  static void sync_core_all(SourceLocation = {}) {
    native::SyncCoreAll();
    native::TakeNote(native::Did::kSynced);
  }
  static void set_trap_handler(TrapHandler handler, void* context) {
    native::SetTrapHandler(handler, context);
  }
  static bool in_trap() { return native::InTrap(); }
  static std::uint32_t call(const CodeRegion& text, std::size_t offset, SourceLocation = {}) {
    return native::CallText(text.address(offset));
  }
};

static_assert(Runtime<NativeRuntime>);

}  // namespace heddle
