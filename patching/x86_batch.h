// Which instructions are to change together?  Sites sorted by address, each checked when it is
// added: its bytes are known and are the expected ones, the new ones fit.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "isa/x86_64.h"
#include "patching/patch_error.h"
#include "runtime/runtime.h"

namespace heddle {

struct X86Patch {
  std::size_t offset = 0;  ///< of the site in its region
  std::size_t length = 0;  ///< bytes, 1 … 6
  X86Instruction to;
  X86Instruction meanwhile;  ///< what a CPU that traps does; INT3: another owner's business

  /// INT3 takes the first byte only: nobody decodes what is behind it.
  bool to_trap() const { return to.op == X86Instruction::Op::kTrap; }
  bool has_tail() const { return length > 1 && !to_trap(); }
};

/// A patcher's own; at most `kCapacity` sites of one region.  `kSorted` = false is a mutant.
template <Runtime Rt, std::size_t kCapacity, bool kSorted = true>
class X86Batch {
 public:
  using Region = typename Rt::CodeRegion;

  explicit X86Batch(Region& text) : text_(text) {}

  std::size_t size() const { return size_; }
  const X86Patch* begin() const { return patches_.data(); }
  const X86Patch* end() const { return patches_.data() + size_; }
  void Clear() { size_ = 0; }

  /// Replaces `now` at `offset` by `to`; CPUs that trap meanwhile do the latter already.  Both have
  /// one length, except that INT3 can stand in the place of any instruction.
  [[nodiscard]] PatchError Add(std::size_t offset, const X86Instruction& now,
                               std::optional<X86Instruction> to) {
    return Add(offset, now, to, to);
  }

  /// CPUs that trap do `meanwhile`: of the same length as `to`, or INT3.
  [[nodiscard]] PatchError Add(std::size_t offset, const X86Instruction& now,
                               std::optional<X86Instruction> to,
                               std::optional<X86Instruction> meanwhile) {
    if (!to || !meanwhile) return PatchError::kOutOfReach;
    if (size_ == kCapacity) return PatchError::kBatchFull;
    const bool from_trap = now.op == X86Instruction::Op::kTrap;
    X86Patch patch{offset, from_trap ? to->length : now.length, *to, *meanwhile};
    if (!Fits(*to, patch.length) || !Fits(*meanwhile, patch.length))
      return PatchError::kLengthMismatch;
    if (offset > text_.size() || patch.length > text_.size() - offset)
      return PatchError::kOutsideRegion;
    for (const X86Patch& p : *this)
      if (offset < p.offset + p.length && p.offset < offset + patch.length)
        return PatchError::kOverlap;
    if (const PatchError error = Compare(offset, now); error != PatchError::kNone) return error;
    const auto bytes = to->Encode();
    Rt::declare_instruction(text_, offset, std::span(bytes).first(to->length));
    Insert(patch);
    return PatchError::kNone;
  }

 private:
  static bool Fits(const X86Instruction& insn, std::size_t length) {
    return insn.length != 0 && (insn.length == length || insn.op == X86Instruction::Op::kTrap);
  }

  // Byte by byte, as a CPU decodes: what follows the instruction may be another's site.
  PatchError Compare(std::size_t offset, const X86Instruction& expected) {
    X86Instruction::Bytes bytes{};
    std::size_t length = 0;
    for (std::size_t needed = 1; length < needed; ++length) {
      if (offset + length == text_.size()) return PatchError::kUnknownBytes;
      bytes[length] = static_cast<std::uint8_t>(Rt::read_code(text_, offset + length));
      needed = X86BytesNeeded(std::span(bytes).first(length + 1));
    }
    const X86Instruction found = X86Instruction::Decode(std::span(bytes).first(length));
    if (found.op == X86Instruction::Op::kUnknown) return PatchError::kUnknownBytes;
    return found == expected ? PatchError::kNone : PatchError::kUnexpectedBytes;
  }

  void Insert(const X86Patch& patch) {
    std::size_t i = size_++;
    for (; kSorted && i > 0 && patch.offset < patches_[i - 1].offset; --i)
      patches_[i] = patches_[i - 1];
    patches_[i] = patch;
  }

  Region& text_;
  std::array<X86Patch, kCapacity> patches_{};
  std::size_t size_ = 0;
};

}  // namespace heddle
