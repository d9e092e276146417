// Do two options write to the same file?
#pragma once

#include <string>
#include <vector>

namespace heddle::cli {

/// What an option writes to: "" nothing, "-" standard output.
struct Destination {
  std::string option;
  std::string path;
};

/// Throws std::invalid_argument if two of them are the same file, however it is spelled: links are
/// seen through.  Standard output is text unless one of them takes it, and may be a file, too.
/// Character devices, /dev/null say, take any number.
void RefuseSameFile(std::vector<Destination> destinations);

}  // namespace heddle::cli
