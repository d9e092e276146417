// A crash that every processor and every build reports in the same way.
#pragma once

#include <array>

// Sanitizers would end the process where these functions are to reach the processor.
#define HEDDLE_UNSANITIZED __attribute__((noinline, no_sanitize("address", "undefined")))

namespace heddle {

struct Pair {
  std::array<char, 24> first;
  int second;
};

inline Pair* volatile null = nullptr;
inline volatile int read_through_null = 0;

/// A segmentation fault at address 0x18.
HEDDLE_UNSANITIZED inline void ReadThroughNull() { read_through_null = null->second; }

}  // namespace heddle
