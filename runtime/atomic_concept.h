// What does an atomic variable offer?  C++20's std::atomic, spelled the same, with two differences:
// an order is never defaulted, and every operation knows where it stands in the source.
//
//   operation                        for T
//   load, store, exchange,           every CellValue
//   compare_exchange_{weak,strong},
//   wait, notify_one, notify_all
//   fetch_add, fetch_sub             integers but bool; floating point; pointers (in elements)
//   fetch_and, fetch_or, fetch_xor   integers but bool
//   plain_load, plain_store          every CellValue: accesses to the storage that are not atomic,
//                                    as std::atomic_init and a constructor make; they can race
//
// Orders that the standard forbids (a release load, …) fail the check.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <type_traits>

namespace heddle {

/// What an Atomic or Plain cell may hold: trivially copyable, at most 8 bytes or 16, and without
/// padding, whose content would make runs differ.
template <typename T>
concept CellValue = std::is_trivially_copyable_v<T> &&(sizeof(T) <= 8 || sizeof(T) == 16) &&
                    (std::has_unique_object_representations_v<T> ||
                     (std::is_floating_point_v<T> && sizeof(T) <= 8));

template <typename T>
concept BitwiseValue = std::integral<T> && !std::same_as<T, bool> && sizeof(T) <= 8;

template <typename T>
concept AdditiveValue = BitwiseValue<T> || std::floating_point<T> ||
    (std::is_pointer_v<T>&& std::is_object_v<std::remove_pointer_t<T>>);

/// What fetch_add adds to a T.
template <typename T>
using DifferenceOf = std::conditional_t<std::is_pointer_v<T>, std::ptrdiff_t, T>;

// [atomics.types.operations] and [atomics.flag]; consume is promoted to acquire everywhere.
constexpr bool IsLoadOrder(std::memory_order o) {
  return o != std::memory_order_release && o != std::memory_order_acq_rel;
}
constexpr bool IsStoreOrder(std::memory_order o) {
  return o == std::memory_order_relaxed || o == std::memory_order_release ||
         o == std::memory_order_seq_cst;
}
/// The failure order of a compare-exchange that is given one order.
constexpr std::memory_order FailureOrderOf(std::memory_order success) {
  return success == std::memory_order_acq_rel   ? std::memory_order_acquire
         : success == std::memory_order_release ? std::memory_order_relaxed
                                                : success;
}

template <typename A, typename T>
concept AtomicCell = requires(A& a, const A& c, T value, T& expected, std::memory_order order,
                              bool (*test)(T)) {
  { c.load(order) } -> std::same_as<T>;
  a.store(value, order);
  { a.exchange(value, order) } -> std::same_as<T>;
  { a.compare_exchange_strong(expected, value, order, order) } -> std::same_as<bool>;
  { a.compare_exchange_strong(expected, value, order) } -> std::same_as<bool>;
  { a.compare_exchange_weak(expected, value, order, order) } -> std::same_as<bool>;
  { a.compare_exchange_weak(expected, value, order) } -> std::same_as<bool>;
  c.wait(value, order);
  a.notify_one();
  a.notify_all();
  { c.plain_load() } -> std::same_as<T>;
  a.plain_store(value);
  { c.await(test, order, "what") } -> std::same_as<T>;
  { a.await_exchange(test, value, order, "what") } -> std::same_as<T>;
  { a.await_compare_exchange(test, value, value, order, "what") } -> std::same_as<T>;
};

template <typename A, typename T>
concept AdditiveAtomicCell = AtomicCell<A, T> &&
    requires(A& a, DifferenceOf<T> n, std::memory_order order) {
  { a.fetch_add(n, order) } -> std::same_as<T>;
  { a.fetch_sub(n, order) } -> std::same_as<T>;
};

template <typename A, typename T>
concept BitwiseAtomicCell = AdditiveAtomicCell<A, T> &&
    requires(A& a, T bits, std::memory_order order, bool (*test)(T)) {
  { a.fetch_and(bits, order) } -> std::same_as<T>;
  { a.fetch_or(bits, order) } -> std::same_as<T>;
  { a.fetch_xor(bits, order) } -> std::same_as<T>;
  { a.await_fetch_add(test, bits, order, "what") } -> std::same_as<T>;
};

/// std::atomic_flag, clear at first.
template <typename F>
concept AtomicFlagCell = requires(F& f, const F& c, bool old, std::memory_order order) {
  { c.test(order) } -> std::same_as<bool>;
  { f.test_and_set(order) } -> std::same_as<bool>;
  f.clear(order);
  c.wait(old, order);
  f.notify_one();
  f.notify_all();
};

}  // namespace heddle
