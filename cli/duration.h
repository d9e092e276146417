// "90s", "2m", "1h30m", "500ms": durations as people type them.
#pragma once

#include <chrono>
#include <string>

namespace heddle::cli {

/// Throws std::invalid_argument that names the text and says what to write instead; a bare number
/// is seconds.  At most about 24 days.
std::chrono::milliseconds ParseDuration(const std::string& text);

}  // namespace heddle::cli
