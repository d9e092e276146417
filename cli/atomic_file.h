// Files that are either as before or complete, whenever the process is killed.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace heddle::cli {

/// Empty if there is no such file.  Throws std::invalid_argument if it cannot be read, or is larger
/// than `most` bytes.
std::optional<std::string> ReadWholeFile(
    const std::string& path, std::uintmax_t most = std::numeric_limits<std::uintmax_t>::max());

/// The name that a file has until it is complete.
std::string TemporaryOf(const std::string& path);

/// Writes TemporaryOf(path), brings it to the disk and renames it.  Returns 0, or the errno that
/// says what went wrong.
int ReplaceFile(const std::string& path, const std::string& text);

}  // namespace heddle::cli
