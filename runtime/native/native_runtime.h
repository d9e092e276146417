// The native backend of runtime/runtime.h: every operation is executed by this machine.
//
//   file               question
//   run_state.h        is the run over, why, and what failed first?
//   thread_context.h   what does a thread carry while it plays a scenario's CPU?
//   patience.h         how does it wait?
//   code_region.h      where does text live and how is it written?
//   sync_core.h        how do CPUs drop fetched instructions?
//   traps.h            how does text run, and who answers its traps?
//
// Memory operations are always inlined, so that a constant order selects one instruction at compile
// time; without optimisation every access is sequentially consistent, and weak outcomes vanish.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "runtime/native/code_region.h"
#include "runtime/native/patience.h"
#include "runtime/native/run_state.h"
#include "runtime/native/sync_core.h"
#include "runtime/native/thread_context.h"
#include "runtime/native/traps.h"
#include "runtime/runtime.h"

namespace heddle {
namespace native {

/// Cells get a cache line each: sharing one would order what the scenario leaves unordered, as one
/// line moves between CPUs as a whole.
inline constexpr std::size_t kCacheLine = 64;

/// std::atomic that, like the model's, has a name (which only the model prints).
template <CellValue T>
class alignas(kCacheLine) Atomic {
 public:
  constexpr Atomic(T initial, const char* /*name*/) : cell_(initial) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  [[gnu::always_inline]] T load(std::memory_order order, SourceLocation = {}) const {
    return cell_.load(order);
  }
  [[gnu::always_inline]] void store(T value, std::memory_order order, SourceLocation = {}) {
    cell_.store(value, order);
  }
  [[gnu::always_inline]] T exchange(T value, std::memory_order order, SourceLocation = {}) {
    return cell_.exchange(value, order);
  }
  [[gnu::always_inline]] bool compare_exchange_strong(T& expected, T desired,
                                                      std::memory_order success,
                                                      std::memory_order failure,
                                                      SourceLocation = {}) {
    return cell_.compare_exchange_strong(expected, desired, success, failure);
  }
  [[gnu::always_inline]] T fetch_add(T delta, std::memory_order order,
                                     SourceLocation = {}) requires std::integral<T> {
    return cell_.fetch_add(delta, order);
  }
  [[gnu::always_inline]] T fetch_sub(T delta, std::memory_order order,
                                     SourceLocation = {}) requires std::integral<T> {
    return cell_.fetch_sub(delta, order);
  }
  [[gnu::always_inline]] T fetch_or(T bits, std::memory_order order,
                                    SourceLocation = SourceLocation::Current()) {
    return cell_.fetch_or(bits, order);
  }
  [[gnu::always_inline]] T fetch_and(T bits, std::memory_order order,
                                     SourceLocation = SourceLocation::Current()) {
    return cell_.fetch_and(bits, order);
  }

 private:
  std::atomic<T> cell_;
  static_assert(std::atomic<T>::is_always_lock_free);  // signal handlers use it
};

/// Ordinary memory: the model looks for races on it, ThreadSanitizer does here.
template <CellValue T>
class alignas(kCacheLine) Plain {
 public:
  constexpr Plain(T initial, const char* /*name*/) : cell_(initial) {}
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  [[gnu::always_inline]] T load(SourceLocation = {}) const { return cell_; }
  [[gnu::always_inline]] void store(T value, SourceLocation = {}) { cell_ = value; }

 private:
  T cell_;
};

/// The calling thread's number in the scenario, -1 outside a run.
inline int ThreadNumber() { return t_context != nullptr ? t_context->thread : -1; }

}  // namespace native

struct NativeRuntime {
  template <typename T>
  using Atomic = native::Atomic<T>;
  template <typename T>
  using Plain = native::Plain<T>;
  using CodeRegion = native::CodeRegion;

  [[gnu::always_inline]] static void fence(std::memory_order order, SourceLocation = {}) {
    std::atomic_thread_fence(order);
  }

  template <typename T, typename... Args>
  static T* make(Args&&... args) {
    return new T(std::forward<Args>(args)...);
  }
  template <typename T>
  static void destroy(T* object) {
    delete object;
  }

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

  // Text: see code_region.h, sync_core.h and traps.h.
  static void write_code(CodeRegion& text, std::size_t offset, std::span<const std::uint8_t> bytes,
                         SourceLocation = {}) {
    text.Write(offset, bytes);
  }
  static std::uint8_t read_code(const CodeRegion& text, std::size_t offset, SourceLocation = {}) {
    return text.Read(offset);
  }
  /// Tells the model where instructions begin; the CPU knows.
  static void declare_instruction(CodeRegion&, std::size_t, std::span<const std::uint8_t>) {}
  static void sync_core_all(SourceLocation = {}) { native::SyncCoreAll(); }
  static void set_trap_handler(TrapHandler handler, void* context) {
    native::SetTrapHandler(handler, context);
  }
  static std::uint32_t call(const CodeRegion& text, std::size_t offset, SourceLocation = {}) {
    return native::CallText(text.address(offset));
  }
};

static_assert(Runtime<NativeRuntime>);

}  // namespace heddle
