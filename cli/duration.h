// "90s", "1.5s", "2m", "1h30m", "500ms": durations as people type them.
#pragma once

#include <chrono>
#include <string>

namespace heddle::cli {

/// Throws std::invalid_argument that names the text and says what to write instead; a bare number
/// is seconds.  Decimal fractions are exact, to the millisecond.  At most about 23 days.
std::chrono::milliseconds ParseDuration(const std::string& text);

}  // namespace heddle::cli
