// What is an array of cells?  One whose indices are checked, for either backend.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <utility>

#include "runtime/source_location.h"

namespace heddle {

/// An index, and where in the source it stands: operator[] has no other parameter.
///
/// Inlined, as operator[] is: natively, an index that goes through memory is loaded in other pieces
/// than it was stored in, so x86-64 CPUs wait until their store buffer is empty.  That is a barrier
/// where the code under test has none.
struct ArrayIndex {
  template <std::integral I>
  [[gnu::always_inline]] constexpr ArrayIndex(I i, SourceLocation where = SourceLocation::Current())
      : value(static_cast<std::size_t>(i)), at(where) {}  // negative ones become huge

  std::size_t value;
  SourceLocation at;
};

/// An index that some array of N cells has checked: for who uses it again and again.
template <std::size_t N>
class CheckedIndex {
  template <typename, std::size_t, typename>
  friend class BoundedArray;
  constexpr explicit CheckedIndex(std::size_t value) : value_(value) {}
  std::size_t value_;
};

/// N cells of equal initial values.  `Bounds`, the backend, names elements and says what happens
/// beyond the end: Bounds::NameOf(array, i), Bounds::Check(array, i, size, at) -> index to use.
template <typename Cell, std::size_t N, typename Bounds>
class BoundedArray {
 public:
  static_assert(N > 0);

  template <typename T>
  BoundedArray(T initial, const char* name, SourceLocation at = SourceLocation::Current())
      : BoundedArray(initial, name, at, std::make_index_sequence<N>()) {}

  static constexpr std::size_t size() { return N; }
  [[gnu::always_inline]] Cell& operator[](ArrayIndex i) {
    return cells_[Bounds::Check(name_, i.value, N, i.at)];
  }
  [[gnu::always_inline]] const Cell& operator[](ArrayIndex i) const {
    return cells_[Bounds::Check(name_, i.value, N, i.at)];
  }

  [[gnu::always_inline]] CheckedIndex<N> Checked(ArrayIndex i) const {
    return CheckedIndex<N>(Bounds::Check(name_, i.value, N, i.at));
  }
  [[gnu::always_inline]] Cell& operator[](CheckedIndex<N> i) { return cells_[i.value_]; }

 private:
  template <typename T, std::size_t... I>
  BoundedArray(T initial, const char* name, SourceLocation at, std::index_sequence<I...>)
      : name_(name), cells_{{Cell(initial, Bounds::NameOf(name, I), at)...}} {}

  const char* name_;
  std::array<Cell, N> cells_;
};

}  // namespace heddle
