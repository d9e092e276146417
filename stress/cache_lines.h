// How does an object come into a CPU's caches, or out of all of them?
#pragma once

#include <cstddef>

#include "runtime/native/native_runtime.h"

namespace heddle::stress {

/// Begins to bring an object's lines here, for writing.
template <typename T>
void Prefetch(const T& object) {
  for (std::size_t i = 0; i < sizeof object; i += native::kCacheLine)
    __builtin_prefetch(reinterpret_cast<const char*>(&object) + i, /*for writing*/ 1);
}

/// Writes an object's lines back to memory and drops them from all caches.
template <typename T>
void FlushFromCaches(const T& object) {
  for (std::size_t i = 0; i < sizeof object; i += native::kCacheLine) {
    const char* const line = reinterpret_cast<const char*>(&object) + i;
#if defined(__x86_64__)
    __builtin_ia32_clflush(line);
#elif defined(__aarch64__)
    asm volatile("dc civac, %0" : : "r"(line) : "memory");
#endif
  }
}

}  // namespace heddle::stress
