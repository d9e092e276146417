// The directory of --reproducers: a file per failure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "cli/output.h"

namespace heddle::cli {

/// A name that every file system takes: letters, digits, '-', '_' and '.', at most 150 of them.
/// `subject` ("MP/broken@rc11+kernel") is to be recognised; `failure` (a token) is told apart from
/// all others, even where lower and upper case are the same.
std::string SafeName(std::string_view subject, std::string_view failure);

class ReproducerFolder {
 public:
  /// Makes the directory if there is none, and sees that it can be written to, so that a mistake
  /// costs no run.  "" writes nothing.  Throws std::invalid_argument.
  explicit ReproducerFolder(const std::string& path);

  bool wanted() const { return !path_.empty(); }
  /// Writes at once, so that the file is there whatever becomes of the run; but only the first of a
  /// name, which has the evidence.  Returns its path, or "" if that failed: the run goes on, and
  /// Finish says so.
  std::string Write(const std::string& name, const nlohmann::json& file);
  /// Throws WriteError if something could not be written.
  void Finish() const;

 private:
  const std::string path_;
  std::set<std::string> written_;
  std::optional<WriteError> error_;  // the first
};

}  // namespace heddle::cli
