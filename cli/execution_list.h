// The file of --list-executions.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

namespace heddle::cli {

/// "" lists nothing, "-" is standard output.  Going on with a checkpoint, what was written after it
/// was saved is taken back: the executions of those lines will be visited again.
class ExecutionList {
 public:
  /// `bytes`: what the checkpoint says that the file has; empty: begin a new file.  Throws
  /// std::invalid_argument if no line of it ends there, and, as all others, WriteError.
  ExecutionList(const std::string& path, std::optional<std::uint64_t> bytes);
  ~ExecutionList();
  ExecutionList(const ExecutionList&) = delete;
  ExecutionList& operator=(const ExecutionList&) = delete;

  bool wanted() const { return file_ != nullptr; }
  bool is_stdout() const { return file_ == stdout; }
  void Add(const std::string& lines);
  /// Brings all lines to the disk and tells how many bytes they are.
  std::uint64_t Flush();

 private:
  [[noreturn]] void Fail(int error) const;

  std::string path_;
  std::FILE* file_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace heddle::cli
