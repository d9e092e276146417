// What is an atomic variable natively?  std::atomic in a cache line of its own, with the model's
// signatures.
//
// Operations are always inlined, so that a constant order selects one instruction at compile time;
// without optimisation every access is sequentially consistent, and weak outcomes vanish.  Orders
// that the standard forbids are not looked for: the model finds them.
//
// 16-byte atomics are calls into libatomic, which uses CMPXCHG16B on x86-64; other processors are
// left out, where it may take a lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "runtime/native/patience.h"
#include "runtime/native/plain.h"
#include "runtime/native/thread_context.h"
#include "runtime/runtime.h"

namespace heddle::native {

/// The calling thread's number in the scenario, -1 outside a run.
inline int ThreadNumber() { return t_context != nullptr ? t_context->thread : -1; }

#if defined(__x86_64__)
inline constexpr std::size_t kLargestAtomic = 16;
#else
inline constexpr std::size_t kLargestAtomic = 8;
#endif

/// std::atomic that, like the model's, has a name (which only the model prints).  `kAlign`:
/// plain.h.
template <CellValue T, std::size_t kAlign = kCacheLine>
class alignas(kAlign) Atomic {
 public:
  using Order = std::memory_order;
  using Difference = DifferenceOf<T>;

  constexpr Atomic(T initial, const char* name, SourceLocation = {})
      : cell_(initial), name_(name) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  [[gnu::always_inline]] T load(Order order, SourceLocation = {}) const {
    return cell_.load(order);
  }
  [[gnu::always_inline]] void store(T value, Order order, SourceLocation = {}) {
    cell_.store(value, order);
  }
  [[gnu::always_inline]] T exchange(T value, Order order, SourceLocation = {}) {
    return cell_.exchange(value, order);
  }
  [[gnu::always_inline]] bool compare_exchange_strong(T& expected, T desired, Order success,
                                                      Order failure, SourceLocation = {}) {
    return cell_.compare_exchange_strong(expected, desired, success, failure);
  }
  [[gnu::always_inline]] bool compare_exchange_strong(T& expected, T desired, Order order,
                                                      SourceLocation = {}) {
    return cell_.compare_exchange_strong(expected, desired, order, FailureOrderOf(order));
  }
  [[gnu::always_inline]] bool compare_exchange_weak(T& expected, T desired, Order success,
                                                    Order failure, SourceLocation = {}) {
    return cell_.compare_exchange_weak(expected, desired, success, failure);
  }
  [[gnu::always_inline]] bool compare_exchange_weak(T& expected, T desired, Order order,
                                                    SourceLocation = {}) {
    return cell_.compare_exchange_weak(expected, desired, order, FailureOrderOf(order));
  }
  [[gnu::always_inline]] T fetch_add(Difference n, Order order,
                                     SourceLocation = {}) requires AdditiveValue<T> {
    return cell_.fetch_add(n, order);
  }
  [[gnu::always_inline]] T fetch_sub(Difference n, Order order,
                                     SourceLocation = {}) requires AdditiveValue<T> {
    return cell_.fetch_sub(n, order);
  }
  [[gnu::always_inline]] T fetch_or(T bits, Order order,
                                    SourceLocation = {}) requires BitwiseValue<T> {
    return cell_.fetch_or(bits, order);
  }
  [[gnu::always_inline]] T fetch_and(T bits, Order order,
                                     SourceLocation = {}) requires BitwiseValue<T> {
    return cell_.fetch_and(bits, order);
  }
  [[gnu::always_inline]] T fetch_xor(T bits, Order order,
                                     SourceLocation = {}) requires BitwiseValue<T> {
    return cell_.fetch_xor(bits, order);
  }

  /// Polls, unlike std::atomic: a blocked thread would not notice the end of a run.  So a missing
  /// notification does no harm here; the model finds it.
  void wait(T old, Order order, SourceLocation where = SourceLocation::Current()) const {
    for (Patience patience(name_, ThreadNumber(), where); SameBits(cell_.load(order), old);)
      patience.Wait();
  }
  void notify_one(SourceLocation = {}) {}
  void notify_all(SourceLocation = {}) {}

  [[gnu::always_inline]] T plain_load(SourceLocation = {}) const {
    return reinterpret_cast<const T&>(cell_);
  }
  [[gnu::always_inline]] void plain_store(T value, SourceLocation = {}) {
    reinterpret_cast<T&>(cell_) = value;
  }

  template <typename Test>
  T await(Test test, Order order, const char* what,
          SourceLocation where = SourceLocation::Current()) const {
    T value = cell_.load(order);
    for (Patience patience(what, ThreadNumber(), where); !test(value); value = cell_.load(order))
      patience.Wait();
    return value;
  }
  template <typename Test>
  T await_exchange(Test test, T desired, Order order, const char* what,
                   SourceLocation where = SourceLocation::Current()) {
    return AwaitUpdate(
        test, [&](T) { return desired; }, order, what, where);
  }
  template <typename Test>
  T await_fetch_add(Test test, Difference n, Order order, const char* what,
                    SourceLocation where = SourceLocation::Current()) requires AdditiveValue<T> {
    return AwaitUpdate(
        test, [&](T old) { return static_cast<T>(old + n); }, order, what, where);
  }

  template <typename Test>
  T await_compare_exchange(Test test, T expected, T desired, Order order, const char* what,
                           SourceLocation where = SourceLocation::Current()) {
    // By a compare-exchange also where it only reads: on x86 that one is a full fence, as the model
    // has it.
    for (Patience patience(what, ThreadNumber(), where);; patience.Wait()) {
      T value = expected;
      if (cell_.compare_exchange_strong(value, desired, order) || test(value)) return value;
    }
  }

 private:
  // As wait and compare-exchange compare.
  static bool SameBits(const T& a, const T& b) { return std::memcmp(&a, &b, sizeof(T)) == 0; }

  template <typename Test, typename Compute>
  T AwaitUpdate(Test test, Compute compute, Order order, const char* what, SourceLocation where) {
    T value = cell_.load(std::memory_order_relaxed);
    for (Patience patience(what, ThreadNumber(), where);;) {
      if (!test(value)) {
        patience.Wait();
        value = cell_.load(std::memory_order_relaxed);
      } else if (cell_.compare_exchange_weak(value, compute(value), order,
                                             std::memory_order_relaxed)) {
        return value;
      }
    }
  }

  std::atomic<T> cell_;
  const char* name_;  // what a wait that never ends has waited for
  static_assert(sizeof(T) <= kLargestAtomic, "16-byte atomics: natively on x86-64 only");
  // Signal handlers use it.
  static_assert(std::atomic<T>::is_always_lock_free || sizeof(T) == 16);
  // For plain accesses: the value is the atomic's only and so its first member.
  static_assert(sizeof(std::atomic<T>) == sizeof(T) && std::is_standard_layout_v<std::atomic<T>>);
};

class AtomicFlag {
 public:
  using Order = std::memory_order;
  constexpr explicit AtomicFlag(const char* name, SourceLocation = {}) : set_(false, name) {}

  [[gnu::always_inline]] bool test(Order order, SourceLocation = {}) const {
    return set_.load(order);
  }
  [[gnu::always_inline]] bool test_and_set(Order order, SourceLocation = {}) {
    return set_.exchange(true, order);
  }
  [[gnu::always_inline]] void clear(Order order, SourceLocation = {}) { set_.store(false, order); }
  void wait(bool old, Order order, SourceLocation where = SourceLocation::Current()) const {
    set_.wait(old, order, where);
  }
  void notify_one(SourceLocation = {}) {}
  void notify_all(SourceLocation = {}) {}

 private:
  Atomic<bool> set_;
};

}  // namespace heddle::native
