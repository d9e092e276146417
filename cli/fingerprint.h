// Are two texts, or two builds of Heddle, the same?
#pragma once

#include <string>
#include <string_view>

namespace heddle::cli {

/// FNV-1a, 64 bits in hex.
std::string Fingerprint(std::string_view text);

/// The fingerprint of the executable.
const std::string& Build();

}  // namespace heddle::cli
