// What is an ordinary variable natively?  One, in a cache line of its own.
#pragma once

#include <cstddef>

#include "runtime/runtime.h"

namespace heddle::native {

/// Cells get a cache line each, if nobody asks for less: a shared one moves between CPUs as a
/// whole, so that no CPU has the newer of two cells without the older.
inline constexpr std::size_t kCacheLine = 64;

/// Ordinary memory: the model looks for races on it, ThreadSanitizer does here.  `kAlign`, in
/// bytes, is at least the type's own: less than a line is for who wants cells that share lines.
template <CellValue T, std::size_t kAlign = kCacheLine>
class alignas(kAlign) Plain {
 public:
  constexpr Plain(T initial, const char* /*name*/, SourceLocation = {}) : cell_(initial) {}
  Plain(Uninitialised, const char* /*name*/, SourceLocation = {}) {}
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  [[gnu::always_inline]] T load(SourceLocation = {}) const { return cell_; }
  [[gnu::always_inline]] void store(T value, SourceLocation = {}) { cell_ = value; }

 private:
  T cell_;
};

}  // namespace heddle::native
