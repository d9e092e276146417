// The Linux kernel's memory operations, spelled over any Runtime.
//
//   kernel                C++20                    why
//   READ_ONCE             relaxed load             a single, untorn access; no order by itself
//   WRITE_ONCE            relaxed store            likewise
//   smp_load_acquire      acquire load             the same definition
//   smp_store_release     release store            the same definition
//   smp_mb                seq_cst fence            the only fence that orders a store before a load
//   smp_mb__after_atomic  Rt::fence_after_rmw      where a read-modify-write is no full barrier yet
//   barrier               signal fence             keeps the compiler from reordering, not the CPU:
//                                                  the light side of Rt::BarrierAll
//   smp_rmb               acquire fence            orders earlier atomic loads before later loads,
//                                                  as smp_rmb does, and before stores, too
//   smp_wmb               release fence            orders earlier accesses, loads included, before
//                                                  later atomic stores; smp_wmb orders stores only
//   rcu_dereference       acquire load             C++ has no usable dependency order (consume is
//                                                  promoted to acquire), nor do the models
//
// Where the C++ side is stronger, a check cannot find a bug that needs the kernel's weaker order.
// Where the kernel is stronger (it orders more around smp_mb and by dependencies), a check may
// report an outcome that the kernel's model excludes.
#pragma once

#include <atomic>

#include "runtime/runtime.h"
#include "runtime/source_location.h"

namespace heddle::kernel {

// The call site is passed on, so that reports name the scenario's line and not this file's.

template <typename Cell>
[[gnu::always_inline]] inline auto read_once(const Cell& cell,
                                             SourceLocation where = SourceLocation::Current()) {
  return cell.load(std::memory_order_relaxed, where);
}

template <typename Cell, typename T>
[[gnu::always_inline]] inline void write_once(Cell& cell, T value,
                                              SourceLocation where = SourceLocation::Current()) {
  cell.store(value, std::memory_order_relaxed, where);
}

template <typename Cell>
[[gnu::always_inline]] inline auto smp_load_acquire(
    const Cell& cell, SourceLocation where = SourceLocation::Current()) {
  return cell.load(std::memory_order_acquire, where);
}

template <typename Cell, typename T>
[[gnu::always_inline]] inline void smp_store_release(
    Cell& cell, T value, SourceLocation where = SourceLocation::Current()) {
  cell.store(value, std::memory_order_release, where);
}

template <typename Cell>
[[gnu::always_inline]] inline auto rcu_dereference(
    const Cell& cell, SourceLocation where = SourceLocation::Current()) {
  return cell.load(std::memory_order_acquire, where);
}

/// Full barrier.  Usage: smp_mb<Rt>().
template <typename Rt>
[[gnu::always_inline]] inline void smp_mb(SourceLocation where = SourceLocation::Current()) {
  Rt::fence(std::memory_order_seq_cst, where);
}

/// Full barrier of a thread that has done a read-modify-write before it.
template <typename Rt>
[[gnu::always_inline]] inline void smp_mb_after_atomic(
    SourceLocation where = SourceLocation::Current()) {
  Rt::fence_after_rmw(where);
}

/// The model does not reorder as compilers do beyond what CPUs may, so there it is nothing.
[[gnu::always_inline]] inline void barrier() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

template <typename Rt>
[[gnu::always_inline]] inline void smp_rmb(SourceLocation where = SourceLocation::Current()) {
  Rt::fence(std::memory_order_acquire, where);
}

template <typename Rt>
[[gnu::always_inline]] inline void smp_wmb(SourceLocation where = SourceLocation::Current()) {
  Rt::fence(std::memory_order_release, where);
}

/// A scope in which interrupts are off: local_irq_save … local_irq_restore.  NMIs still come.
template <typename Rt>
class IrqsOff {
 public:
  explicit IrqsOff(SourceLocation where = SourceLocation::Current()) : where_(where) {
    Rt::mask(Interrupt::kIrq, where_);
  }
  ~IrqsOff() { Rt::unmask(Interrupt::kIrq, where_); }
  IrqsOff(const IrqsOff&) = delete;
  IrqsOff& operator=(const IrqsOff&) = delete;

 private:
  SourceLocation where_;
};

/// A scope in which the thread is not preempted: preempt_disable … preempt_enable.
template <typename Rt>
class PreemptionOff {
 public:
  explicit PreemptionOff(SourceLocation where = SourceLocation::Current()) : where_(where) {
    Rt::mask(Interrupt::kPreemption, where_);
  }
  ~PreemptionOff() { Rt::unmask(Interrupt::kPreemption, where_); }
  PreemptionOff(const PreemptionOff&) = delete;
  PreemptionOff& operator=(const PreemptionOff&) = delete;

 private:
  SourceLocation where_;
};

}  // namespace heddle::kernel
