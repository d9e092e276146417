// What stands at a place of the source?
#pragma once

#include <map>
#include <string>
#include <vector>

namespace heddle::cli {

/// Looks in the files as they are now, by the names that reports give them: relative to the
/// checkout, so it finds them when heddle runs there.  Where there is none, there is no line.
class SourceLines {
 public:
  /// Line 1 is the first one.  Without the blanks around it; "" if there is no such line.
  std::string At(const std::string& file, int line);

 private:
  std::map<std::string, std::vector<std::string>> files_;
};

}  // namespace heddle::cli
