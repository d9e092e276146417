// What time is it, in files that outlive a run?
#pragma once

#include <chrono>
#include <cstdint>

namespace heddle::stress {

/// Milliseconds since 1970, as the clock on the wall has it.
inline std::int64_t WallClock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace heddle::stress
