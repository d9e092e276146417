// What do many wrong samples say of how rare a bug is?
#pragma once

#include <cstdint>

namespace heddle::stress {

/// As much as a single one after so many seconds: what MissBound (stress/result.h) takes.  The
/// least rate for which at least `events` in `seconds` are no surprise (5 %) is the same, if they
/// are independent of each other.  Requires an event.
double KillTime(std::uint64_t events, double seconds);

}  // namespace heddle::stress
