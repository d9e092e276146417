#include "cli/execution_list.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <stdexcept>

#include "cli/output.h"

namespace heddle::cli {

ExecutionList::ExecutionList(const std::string& path, std::optional<std::uint64_t> bytes)
    : path_(path) {
  if (path.empty()) return;
  if (path == "-") {
    file_ = stdout;
    return;
  }
  if (bytes) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error || size < *bytes)
      throw std::invalid_argument(
          "the list of executions '" + path + "' should have at least " + std::to_string(*bytes) +
          " bytes to go on with: name the file that the checkpoint was made with, or remove the "
          "checkpoint to start again");
    std::filesystem::resize_file(path, *bytes, error);
    if (error) Fail(error.value());
    bytes_ = *bytes;
  }
  file_ = std::fopen(path.c_str(), bytes ? "ab" : "wb");
  if (file_ == nullptr) Fail(errno);
}

ExecutionList::~ExecutionList() {
  if (file_ != nullptr && !is_stdout()) std::fclose(file_);
}

void ExecutionList::Add(const std::string& lines) {
  if (std::fwrite(lines.data(), 1, lines.size(), file_) != lines.size()) Fail(errno);
  bytes_ += lines.size();
}

std::uint64_t ExecutionList::Flush() {
  if (file_ == nullptr) return 0;
  if (std::fflush(file_) != 0) Fail(errno);
  if (!is_stdout()) fsync(fileno(file_));
  return bytes_;
}

void ExecutionList::Fail(int error) const {
  if (is_stdout()) throw WriteError::OfStandardOutput(error);
  throw WriteError("the list of executions '" + path_ + "'", error);
}

}  // namespace heddle::cli
