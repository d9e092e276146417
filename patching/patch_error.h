// What can be wrong with a request to change an instruction?  Memory is unchanged after each.
#pragma once

#include <string_view>

namespace heddle {

enum class PatchError {
  kNone,
  kOutsideRegion,
  kUnaligned,
  kUnknownBytes,
  kUnexpectedBytes,
  kLengthMismatch,
  kOutOfReach,
  kUnsafeWord,
  kNotEmulated,
  kOverlap,
  kBatchFull,
  kInTrapHandler,
};

/// A sentence that says what to change.
constexpr std::string_view Sentence(PatchError error) {
  switch (error) {
    case PatchError::kNone:
      return "Nothing is wrong.";
    case PatchError::kOutsideRegion:
      return "The site is not, or not wholly, in the code region: check its offset.";
    case PatchError::kUnaligned:
      return "The site is not aligned to 4 bytes, as every arm64 instruction is: check its offset.";
    case PatchError::kUnknownBytes:
      return "The bytes at the site are no instruction that we know: check its offset.";
    case PatchError::kUnexpectedBytes:
      return "The site holds another instruction than the one that is to be replaced: somebody "
             "else has changed it.";
    case PatchError::kLengthMismatch:
      return "The instructions differ in length: pad the shorter one with a NOP or prefixes.";
    case PatchError::kOutOfReach:
      return "The target is further away than the instruction's displacement reaches, or on arm64 "
             "not aligned to 4 bytes: go through a trampoline nearby.";
    case PatchError::kUnsafeWord:
      return "The old or the new instruction is none of B, BL, BRK, HVC, ISB, NOP, SMC and SVC: "
             "stop all CPUs that may execute it.";
    case PatchError::kNotEmulated:
      return "The old or the new instruction is none of NOP, B and BL, which is all that the "
             "breakpoint's handler emulates: patch without a breakpoint.";
    case PatchError::kOverlap:
      return "Two sites of one batch are the same or overlap: change them one after the other.";
    case PatchError::kBatchFull:
      return "The batch has no room for another site: apply it first, or make it larger.";
    case PatchError::kInTrapHandler:
      return "A trap handler cannot patch, for it would wait for itself: leave it to a thread.";
  }
  return "";
}

}  // namespace heddle
