// Where do the programs of a batch lie in memory?
//
// Where a line lies decides with which others it competes: for a set of a cache (lines that are a
// power of two apart), for an entry of the TLB (pages), for the prefetcher that fetches lines in
// pairs, for the check that compares a load to the stores before it by their last 12 bits.  Every
// layout has memory of its own, so that programs can be moved from one to another without waiting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heddle::stress {

enum class Layout {
  kPacked,     ///< one behind the other
  kApart,      ///< a line between two: which lines begin a pair is the other way round
  kPages,      ///< 4 KiB apart, or a multiple: the same cell of all programs aliases
  kStaggered,  ///< that and a line: a cell aliases the line behind it in the program before
  kDense,      ///< one behind the other, their cells too: several to a line (dense_runtime.h)
};

/// From one program of `lines` cache lines (at least 1) to the next, in lines.
std::size_t Stride(Layout layout, std::size_t lines);

/// All but kDense, of programs of `size` bytes that are aligned to `alignment`.  Those larger than
/// 8 KiB, and those aligned to more than a line, are packed only, so that memory is bounded: 1024
/// of 8 KiB take 32 MiB in all layouts together, and of SB (3 lines) 8.5.
std::vector<Layout> LayoutsOf(std::size_t size, std::size_t alignment);

/// Memory for `programs` programs of `lines` lines in each of the layouts.  Pages are taken from
/// the system when they are first touched, and kept.
class BatchMemory {
 public:
  /// Throws std::bad_alloc.
  BatchMemory(const std::vector<Layout>& layouts, std::size_t lines, std::size_t programs);
  ~BatchMemory();
  BatchMemory(const BatchMemory&) = delete;
  BatchMemory& operator=(const BatchMemory&) = delete;

  std::vector<Layout> layouts() const;
  /// A page's boundary.
  char* begin() const { return begin_; }
  /// Where program `place` (0 … programs-1) is in that layout, which must be one of those given: in
  /// lines from begin().
  std::uint32_t LineOf(Layout layout, std::uint32_t place) const;

 private:
  struct Part {
    Layout layout;
    std::size_t first, stride;  // in lines
  };
  std::vector<Part> parts_;
  std::size_t bytes_ = 0;
  char* begin_ = nullptr;
};

}  // namespace heddle::stress
