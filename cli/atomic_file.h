// Files that are either as before or complete, whenever the process is killed.
#pragma once

#include <optional>
#include <string>

namespace heddle::cli {

/// Empty if there is no such file.  Throws std::invalid_argument if it cannot be read.
std::optional<std::string> ReadWholeFile(const std::string& path);

/// The name that a file has until it is complete.
std::string TemporaryOf(const std::string& path);

/// Writes TemporaryOf(path), brings it to the disk and renames it.  Returns 0, or the errno that
/// says what went wrong.
int ReplaceFile(const std::string& path, const std::string& text);

}  // namespace heddle::cli
