// What is an ordinary variable natively?  One, in a cache line of its own.
#pragma once

#include <cstddef>

#include "runtime/runtime.h"

namespace heddle::native {

/// Cells get a cache line each: sharing one would order what the scenario leaves unordered, as one
/// line moves between CPUs as a whole.
inline constexpr std::size_t kCacheLine = 64;

/// Ordinary memory: the model looks for races on it, ThreadSanitizer does here.
template <CellValue T>
class alignas(kCacheLine) Plain {
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
