// The runtime concept: everything that code under test may do.
//
// Code under test is `template <Runtime Rt>` and uses nothing else.  Two backends satisfy the
// concept: ModelRuntime (runtime/model/model_runtime.h) turns each operation into an event of an
// execution graph; NativeRuntime (runtime/native/native_runtime.h) executes it on this machine.
//
//   group      operations
//   memory     Rt::Atomic<T> (std::atomic's spelling, order always explicit), Rt::Plain<T>
//              (race-checked by the model), Rt::fence(order); kernel spellings in runtime/kernel.h
//   allocation Rt::make<T>(args…), Rt::destroy(pointer)
//   waiting    Rt::spin_until(pred, "what is awaited")
//   judging    Rt::check(condition, "why"), Rt::observe(observation, value), Rt::choose(n)
//   rounds     Rt::again(round, bound): loops `bound` times in the model, until the time is up
//              natively
//   text       Rt::CodeRegion, Rt::write_code, Rt::read_code, Rt::declare_instruction,
//              Rt::sync_core_all, Rt::set_trap_handler, Rt::call
//
// Two rules for the model's sake.  The predicate of spin_until writes nothing when it is false. And
// a destructor of a local object that operates on cells is noexcept(false): a thread whose
// execution is given up is unwound by an exception that leaves the operation it stands at.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "runtime/source_location.h"

namespace heddle {

/// A named result of a scenario.  The engines put its value into the outcome (sampled scenarios)
/// or into a histogram of its own (torture scenarios).
struct Observation {
  const char* name;
  std::int64_t value = 0;
};

/// A register frame of a trapped CPU, as a trap handler sees and edits it.
/// `pc` is the address *after* the INT3 byte, as x86-64 reports it.
class TrapFrame {
 public:
  virtual std::uintptr_t pc() const = 0;
  virtual void set_pc(std::uintptr_t pc) = 0;
  /// Pushes a return address on the interrupted stack, as CALL does.
  virtual void push(std::uintptr_t return_address) = 0;

 protected:
  ~TrapFrame() = default;
};

/// Returns whether the trap was claimed; an unclaimed one is an error (the kernel's die("int3")).
using TrapHandler = bool (*)(void* context, TrapFrame& frame);

/// What an Atomic or Plain cell may hold: trivially copyable, at most 8 bytes, and without padding,
/// whose content would make runs differ.
template <typename T>
concept CellValue = std::is_trivially_copyable_v<T> && sizeof(T) <= 8 &&
                    (std::has_unique_object_representations_v<T> || std::is_floating_point_v<T>);

template <typename R>
concept Runtime = requires(typename R::template Atomic<int>& a, typename R::template Plain<int>& p,
                           typename R::CodeRegion& text, const typename R::CodeRegion& ctext,
                           Observation& seen, std::size_t offset,
                           std::span<const std::uint8_t> bytes, int expected, TrapHandler handler) {
  // Memory.
  { a.load(std::memory_order_acquire) } -> std::same_as<int>;
  a.store(1, std::memory_order_release);
  { a.exchange(1, std::memory_order_acq_rel) } -> std::same_as<int>;
  { a.fetch_add(1, std::memory_order_relaxed) } -> std::same_as<int>;
  { a.fetch_sub(1, std::memory_order_relaxed) } -> std::same_as<int>;
  { a.fetch_or(1, std::memory_order_relaxed) } -> std::same_as<int>;
  { a.fetch_and(1, std::memory_order_relaxed) } -> std::same_as<int>;
  {
    a.compare_exchange_strong(expected, 1, std::memory_order_acq_rel, std::memory_order_acquire)
    } -> std::same_as<bool>;
  { p.load() } -> std::same_as<int>;
  p.store(1);
  R::fence(std::memory_order_seq_cst);
  // Allocation, waiting, judging.
  { R::template make<int>(1) } -> std::same_as<int*>;
  R::destroy(static_cast<int*>(nullptr));
  R::spin_until([] { return true; }, "what");
  R::check(true, "why");
  R::observe(seen, 1);
  { R::choose(2) } -> std::same_as<int>;
  { R::again(0, 2) } -> std::same_as<bool>;
  // Text.  Offsets are in bytes from the region's start; address(offset) is the executable address.
  { ctext.address(offset) } -> std::same_as<std::uintptr_t>;
  { ctext.contains(std::uintptr_t{}) } -> std::same_as<bool>;
  R::write_code(text, offset, bytes);
  { R::read_code(text, offset) } -> std::same_as<std::uint8_t>;
  R::declare_instruction(text, offset, bytes);
  R::sync_core_all();
  R::set_trap_handler(handler, static_cast<void*>(nullptr));
  { R::call(text, offset) } -> std::same_as<std::uint32_t>;
};

}  // namespace heddle
