// The runtime concept: everything that code under test may do.
//
// Code under test is `template <Runtime Rt>` and uses nothing else.  Two backends satisfy the
// concept: ModelRuntime (runtime/model/model_runtime.h) turns each operation into an event of an
// execution graph; NativeRuntime (runtime/native/native_runtime.h) executes it on this machine.
//
//   group      operations
//   memory     Rt::Atomic<T> and Rt::AtomicFlag (std::atomic's spelling, order always explicit:
//              runtime/atomic_concept.h), Rt::Plain<T> (race-checked by the model),
//              Rt::fence(order); kernel spellings in runtime/kernel.h
//              Rt::fence_after_rmw(): a full barrier for a thread that has done a
//              read-modify-write before; nothing where that is one by itself (x86-64)
//              Rt::Plain<T>(uninitialised, name): reading it before it is written is an error
//              Rt::Array<Cell, N>(initial, name): cells by index, which is checked
//              Rt::names_threads(cell): what threads write to it tells them apart (a lock's
//              owner), yet they may be alike (kAlike in runtime/scenario.h)
//   barriers   Rt::BarrierAll, made in set-up: calling it is a full memory barrier of all threads;
//              each one has passed one between the call's beginning and its end.  So the others
//              need none where they take one side of a pairing and the caller the other: they keep
//              the compiler from reordering (kernel::barrier), no more
//   allocation Rt::make<T>(args…), Rt::try_make<T>(args…), which may return nullptr,
//              Rt::destroy(pointer).  What nobody destroys is a leak, an error at the end of an
//              execution, unless Rt::leak_ok(pointer) or the scenario's kLeaksAllowed says not.
//              Addresses are the same in every execution of the model
//              Destructors operate like other code; destroy is an Rt::MustReturn (below)
//   waiting    atomic.await(test, order, "what is awaited") until its value passes the test;
//              await_exchange and await_fetch_add also replace it, in one read-modify-write;
//              await_compare_exchange does if it is the expected one;
//              Rt::spin_until(pred, "what is awaited") for what depends on several cells
//   threads    Rt::Spawned::Start(function) and Wait() (better: Thread in runtime/sync/thread.h),
//              Rt::this_thread(), Rt::is_given_up()
//   nesting    Rt::set_interrupt_handler(kind, bound, handler): from now on the handler may run
//              nested on this thread, wherever it stands: in the model at every point, up to
//              `bound` times; natively when a signal comes.  Rt::mask(kind), Rt::unmask(kind) for
//              a kind and those below it, nesting (better: IrqsOff, PreemptionOff in
//              runtime/kernel.h).  What a handler shares with the code that it interrupts is
//              atomic.  Rt::in_handler(kind): whether one runs on this thread.
//              Rt::send_interrupt(thread, kind): natively, now; in the model it may come anywhere
//              without being sent.  Rt::interrupt_point(): natively, where interrupts are to come
//              often; Rt::linger(): natively, where a thread is to lose time now and then (the
//              model's threads may do so anywhere)
//   judging    Rt::check(condition, "why"), Rt::report(fault, message), Rt::observe(observation,
//              value), Rt::choose(n)
//   rounds     Rt::again(round, bound): loops `bound` times in the model, until the time is up
//              natively
//   text       Rt::CodeRegion(bytes, {CPUs that execute it}, isa, rule); in fetch units (bytes on
//              x86-64, or quadwords by FetchRule::kAlignedQuadword; words on arm64):
//              Rt::write_code, one store per unit, and Rt::read_code (a byte of a quadword);
//              Rt::declare_instruction tells what may come to be at an offset;
//              Rt::sync_core_all makes every CPU serialise; Rt::set_trap_handler; Rt::in_trap tells
//              whether its handler is running on this thread; Rt::call
//              arm64: Rt::clean_code is DC CVAU, Rt::invalidate_code IC IVAU of one unit,
//              Rt::synchronize_data DSB ISH, Rt::synchronize_context ISB; right after an await,
//              that comes after the awaited read (a control dependency)
//
// A cell's storage is its own: no two cells overlap, and one is accessed in its full size only.
//
// Mutexes, condition variables and the like are made of these: runtime/sync/.
//
// Two rules for the model's sake.  The predicate of spin_until writes nothing when it is false, and
// what it has put into the code's own variables then is not used.  And a thread whose execution is
// given up is unwound by an exception that leaves the operation it stands at, so what must not
// throw (a destructor, above all) operates in the scope of an `Rt::MustReturn`: there every
// operation returns, with 0 for a value, and the exception leaves the first one after that scope.
// So it is with a violation that such a scope runs into.  What loops there must end when it reads
// 0.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "isa/isa.h"
#include "isa/trap_frame.h"
#include "runtime/atomic_concept.h"
#include "runtime/source_location.h"

namespace heddle {

/// Instead of an initial value: there is none.
struct Uninitialised {};
inline constexpr Uninitialised uninitialised{};

/// A named result of a scenario.  The engines put its value into the outcome (sampled scenarios)
/// or into a histogram of its own (torture scenarios).
struct Observation {
  const char* name;
  std::int64_t value = 0;
};

/// Where a thread keeps what is its own.
struct ThreadSlot {
  /// 0 … kMostThreads - 1, unlike that of any other thread that is alive.
  int index = 0;
  /// Unlike that of any other thread in any execution: tells what an earlier thread left behind.
  std::uint64_t life = 0;
};
inline constexpr int kMostThreads = 48;

/// What Rt::report reports: a rule of use that was broken, or a wait that cannot end.
enum class Fault { kMisuse, kDeadlock };

/// What a kernel's sync_core_all may do wrong: `Rt::set_sync_flaw(flaw)`, before threads run, puts
/// it into the model's, for mutants.
enum class SyncFlaw {
  kNone,
  kSkipsCaller,     ///< the calling CPU does not serialise
  kInterruptsOnly,  ///< the other CPUs acknowledge, but do not serialise
};

/// What interrupts a thread, from the lowest: each kind is masked while a handler of it or of a
/// higher one runs.  Preemption is the scheduler's, which the thread's task does not notice; an NMI
/// cannot be masked.
enum class Interrupt { kPreemption, kIrq, kNmi };

/// Returns whether the trap was claimed; an unclaimed one is an error (the kernel's die("int3")).
using TrapHandler = bool (*)(void* context, TrapFrame& frame);

template <typename R>
concept Runtime = requires(typename R::template Plain<int>& p, typename R::CodeRegion& text,
                           const typename R::CodeRegion& ctext, Observation& seen,
                           std::size_t offset, std::span<const std::uint8_t> bytes,
                           TrapHandler handler) {
  // Memory.
  requires BitwiseAtomicCell < typename R::template Atomic<int>,
  int > ;
  requires AdditiveAtomicCell < typename R::template Atomic<double>,
  double > ;
  requires AdditiveAtomicCell < typename R::template Atomic<int*>,
  int* > ;
  requires AtomicCell < typename R::template Atomic<bool>,
  bool > ;
  requires AtomicFlagCell<typename R::AtomicFlag>;
  { p.load() } -> std::same_as<int>;
  p.store(1);
  R::fence(std::memory_order_seq_cst);
  R::fence_after_rmw();
  requires std::default_initializable<typename R::BarrierAll>;
  requires requires(typename R::BarrierAll & barrier_all) { barrier_all(); };
  requires requires(typename R::template Atomic<int> & cell) { R::names_threads(cell); };
  // Threads.
  { R::Spawned::Start(std::function<void()>()) } -> std::same_as<typename R::Spawned>;
  { R::this_thread() } -> std::same_as<ThreadSlot>;
  { R::is_given_up() } -> std::same_as<bool>;
  requires std::default_initializable<typename R::MustReturn>;
  // Nesting.
  R::set_interrupt_handler(Interrupt::kIrq, 1, std::function<void()>());
  R::mask(Interrupt::kPreemption);
  R::unmask(Interrupt::kPreemption);
  { R::in_handler(Interrupt::kNmi) } -> std::same_as<bool>;
  R::send_interrupt(0, Interrupt::kIrq);
  R::interrupt_point();
  R::linger();
  // Allocation, waiting, judging.
  { R::template make<int>(1) } -> std::same_as<int*>;
  { R::template try_make<int>(1) } -> std::same_as<int*>;
  R::destroy(static_cast<int*>(nullptr));
  R::leak_ok(static_cast<int*>(nullptr));
  requires requires(typename R::template Array<typename R::template Plain<int>, 2> & array) {
    { array[1] } -> std::same_as<typename R::template Plain<int>&>;
  };
  requires std::constructible_from < typename R::template Plain<int>, Uninitialised,
  const char* > ;
  R::spin_until([] { return true; }, "what");
  R::check(true, "why");
  R::report(Fault::kMisuse, std::string());
  R::observe(seen, 1);
  { R::choose(2) } -> std::same_as<int>;
  { R::again(0, 2) } -> std::same_as<bool>;
  // Text.  Offsets are in bytes from the region's start; address(offset) is the executable address.
  { ctext.address(offset) } -> std::same_as<std::uintptr_t>;
  { ctext.contains(std::uintptr_t{}) } -> std::same_as<bool>;
  { ctext.size() } -> std::same_as<std::size_t>;
  { ctext.isa() } -> std::same_as<Isa>;
  R::write_code(text, offset, bytes);
  { R::read_code(text, offset) } -> std::same_as<std::uint32_t>;
  R::declare_instruction(text, offset, bytes);
  R::clean_code(text, offset);
  R::invalidate_code(text, offset);
  R::synchronize_data();
  R::synchronize_context();
  R::sync_core_all();
  R::set_trap_handler(handler, static_cast<void*>(nullptr));
  { R::in_trap() } -> std::same_as<bool>;
  { R::call(text, offset) } -> std::same_as<std::uint32_t>;
};

}  // namespace heddle
