// Where are the programs of a batch now, and how do they come to lie elsewhere?
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "stress/knobs.h"
#include "stress/plan.h"

namespace heddle::stress {

class PlacedPrograms {
 public:
  /// Makes `size` programs, a power of two, packed.  `seed`: of Order::kShuffled.  Throws what they
  /// throw, or std::bad_alloc.
  PlacedPrograms(const StressPlan& plan, std::size_t size, std::uint64_t seed);
  /// Between Place and Moved it leaves programs without their destructors.
  ~PlacedPrograms();
  PlacedPrograms(const PlacedPrograms&) = delete;
  PlacedPrograms& operator=(const PlacedPrograms&) = delete;

  /// Those that Place takes.
  std::vector<Layout> layouts() const;

  /// By one thread; `layout` is one of layouts().  From now on they are taken in that order.  If
  /// they lie otherwise, they are moving(): each of `step` threads calls Move with its own `first`;
  /// then, at a gate, one calls Moved.
  void Place(Layout layout, Order order);
  bool moving() const { return moving_from_ != nullptr; }
  /// Makes a share of the programs anew in the layout that Place was given.
  void Move(std::size_t first, std::size_t step) noexcept;
  void Moved() { moving_from_ = nullptr; }

  SampleBatch& batch() { return *batch_; }
  PlacesView places() const { return places_; }

 private:
  const std::unique_ptr<SampleBatch> plain_, dense_;  // dense_: or nullptr
  std::array<std::vector<std::uint32_t>, 3> orders_;  // by Order
  Layout layout_ = Layout::kPacked;
  SampleBatch* batch_;  // plain_ or dense_
  std::vector<std::uint32_t> places_;
  SampleBatch* moving_from_ = nullptr;
  std::vector<std::uint32_t> places_before_;
};

}  // namespace heddle::stress
