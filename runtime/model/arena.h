// Where do the objects of a program under check live?  At the same addresses in every execution,
// and, as far as the operating system lets it, in every run: pointers are values like others, and
// reports show them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace heddle {

/// One per machine, for at least one thread.  Objects of a thread are numbered from 0; each has a
/// block, which is reused by the object of that number in the next execution.
class Arena {
 public:
  static constexpr std::size_t kBlockBytes = 1024;
  static constexpr int kBlocksPerThread = 4 * 1024;

  /// Reserves addresses, not memory: 4 MB a thread.  Throws std::bad_alloc if there are none.
  explicit Arena(int threads);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Requires thread < threads, n < kBlocksPerThread.
  void* Block(int thread, int n) const;
  /// The reverse: {thread, n} of the block that `p` is in; {-1, 0} if none.
  std::pair<int, int> IndexOf(const void* p) const;
  /// The program itself, made anew for each execution: as much as a thread has.
  void* Program() const { return base_; }

 private:
  std::size_t bytes_ = 0;
  std::byte* base_ = nullptr;
  int slot_ = -1;  // of the addresses that machines prefer, or -1
};

}  // namespace heddle
