// N cells of one name, indexed by int: cells can be neither copied nor moved, so no std::vector.
#pragma once

#include <cstddef>
#include <deque>

namespace heddle::bench {

template <typename Cell>
class CellArray {
 public:
  template <typename T>
  CellArray(int n, T initial, const char* name) {
    for (int i = 0; i < n; ++i) cells_.emplace_back(initial, name);
  }
  int size() const { return static_cast<int>(cells_.size()); }
  Cell& operator[](int i) { return cells_[static_cast<std::size_t>(i)]; }

 private:
  std::deque<Cell> cells_;
};

}  // namespace heddle::bench
