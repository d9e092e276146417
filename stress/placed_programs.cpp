#include "stress/placed_programs.h"

namespace heddle::stress {

PlacedPrograms::PlacedPrograms(const StressPlan& plan, std::size_t size, std::uint64_t seed)
    : plain_(plan.make_batch(size)),
      dense_(plan.make_dense_batch ? plan.make_dense_batch(size) : nullptr),
      batch_(plain_.get()) {
  for (const Order order : {Order::kNext, Order::kStride, Order::kShuffled})
    orders_[static_cast<std::size_t>(order)] = Places(order, size, seed);
  Place(layout_, Order::kNext);
  batch_->Make(places_, 0, 1);
}

PlacedPrograms::~PlacedPrograms() {
  if (!moving()) batch_->Destroy(places_, 0, 1);
}

std::vector<Layout> PlacedPrograms::layouts() const {
  std::vector<Layout> all = plain_->memory().layouts();
  if (dense_ != nullptr) all.push_back(Layout::kDense);
  return all;
}

void PlacedPrograms::Place(Layout layout, Order order) {
  if (layout != layout_) {
    moving_from_ = batch_;
    places_before_ = places_;
  }
  layout_ = layout;
  batch_ = layout == Layout::kDense ? dense_.get() : plain_.get();
  places_ = orders_[static_cast<std::size_t>(order)];
  for (std::uint32_t& place : places_) place = batch_->memory().LineOf(layout, place);
}

// Every layout has memory of its own, so nobody waits until the others' programs are out of the
// way.
void PlacedPrograms::Move(std::size_t first, std::size_t step) noexcept {
  moving_from_->Destroy(places_before_, first, step);
  batch_->Make(places_, first, step);
}

}  // namespace heddle::stress
