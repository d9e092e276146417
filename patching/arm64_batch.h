// Which words shall change at once, and may they?
//
// A batch is the patcher's own: a sorted list of sites, each with what it holds and what it shall.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "isa/arm64.h"
#include "patching/patch_error.h"
#include "runtime/runtime.h"

namespace heddle {

struct Arm64Patch {
  std::size_t offset = 0;  ///< in the region, in bytes
  Arm64Instruction now, to;
};

template <Runtime Rt, std::size_t kCapacity>
class Arm64Batch {
 public:
  using Region = typename Rt::CodeRegion;

  explicit Arm64Batch(Region& text) : text_(&text) {}

  /// `to`: none if it is a branch that does not reach its target, as its maker tells.  Reads the
  /// site, which must hold `now` until the batch is applied.
  [[nodiscard]] PatchError Add(std::size_t offset, const Arm64Instruction& now,
                               const std::optional<Arm64Instruction>& to) {
    if (offset >= text_->size() || text_->size() - offset < Arm64Instruction::kLength)
      return PatchError::kOutsideRegion;
    if (offset % Arm64Instruction::kLength != 0) return PatchError::kUnaligned;
    if (!to) return PatchError::kOutOfReach;
    if (!now.IsSafeToModify() || !to->IsSafeToModify()) return PatchError::kUnsafeWord;
    Arm64Patch* const place =
        std::lower_bound(patches_.data(), patches_.data() + size_, offset,
                         [](const Arm64Patch& p, std::size_t o) { return p.offset < o; });
    if (place != patches_.data() + size_ && place->offset == offset) return PatchError::kOverlap;
    if (size_ == kCapacity) return PatchError::kBatchFull;
    if (Rt::read_code(*text_, offset) != now.Encode()) return PatchError::kUnexpectedBytes;
    std::move_backward(place, patches_.data() + size_, patches_.data() + size_ + 1);
    *place = {offset, now, *to};
    ++size_;
    return PatchError::kNone;
  }

  // By offset.
  const Arm64Patch* begin() const { return patches_.data(); }
  const Arm64Patch* end() const { return patches_.data() + size_; }
  std::size_t size() const { return size_; }

 private:
  Region* text_;
  std::array<Arm64Patch, kCapacity> patches_{};
  std::size_t size_ = 0;
};

}  // namespace heddle
