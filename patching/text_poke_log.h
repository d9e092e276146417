// What did the text hold when?  The record that a decoder of branch traces needs.
//
// A trace tells which way each branch went, not what the branches were: the decoder takes those
// from an image of the text, and brings the image up to date at each event.  That is right if no
// CPU runs the old instruction after the event, or the new one before it; breakpoints show in the
// trace by themselves.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/runtime.h"

namespace heddle {

struct TextPoke {
  std::uint32_t offset;  ///< in the region, in bytes
  std::uint32_t before, after;
};

/// Of one patcher, which appends; anybody may ask how many events there have been.  Keeps the
/// latest `kCapacity`.
template <Runtime Rt, std::size_t kCapacity>
class TextPokeLog {
 public:
  void Append(const TextPoke& event) {
    const std::size_t i = events_ % kCapacity;
    offset_[i].store(event.offset);
    before_[i].store(event.before);
    after_[i].store(event.after);
    count_.store(++events_, std::memory_order_release);
  }

  /// Events so far.  Those are visible, as is what came before them.
  std::size_t count() const { return count_.load(std::memory_order_acquire); }
  /// Event number `n`, of the latest kCapacity.  Requires that none is being appended.
  TextPoke operator[](std::size_t n) {
    const std::size_t i = n % kCapacity;
    return {offset_[i].load(), before_[i].load(), after_[i].load()};
  }

 private:
  template <typename T>
  using Cells = typename Rt::template Array<typename Rt::template Plain<T>, kCapacity>;

  Cells<std::uint32_t> offset_{0U, "event.offset"};
  Cells<std::uint32_t> before_{0U, "event.before"}, after_{0U, "event.after"};
  typename Rt::template Atomic<std::size_t> count_{0, "events"};
  std::size_t events_ = 0;  // the patcher's own
};

}  // namespace heddle
