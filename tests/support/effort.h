// How much does a test try?
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdlib>

namespace heddle {

/// `usual` (programs, executions, ...) times HEDDLE_TEST_EFFORT, but at least 1.  The variable is 1
/// if unset, less where everything is slow (sanitizers, emulation), and more in `./x nightly`.
template <std::integral T>
T Effort(T usual) {
  const char* const factor = std::getenv("HEDDLE_TEST_EFFORT");
  if (factor == nullptr) return usual;
  return std::max(T{1},
                  static_cast<T>(std::llround(static_cast<double>(usual) * std::atof(factor))));
}

/// Whether enough is tried for statements about how much turns up.
inline bool IsFullEffort() { return Effort(1000) >= 1000; }

/// How many parameters a test gets.  Never more than usual, since ctest remembers their names.
inline int EffortUpTo(int usual) { return std::min(usual, Effort(usual)); }

}  // namespace heddle
