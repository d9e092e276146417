#include "cli/execution_list.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "cli/output.h"

namespace heddle::cli {
namespace {

// Hardly any other file does, which would lose its rest.
bool EndsLineAt(const std::string& path, std::uint64_t bytes) {
  std::ifstream file(path, std::ios::binary);
  if (bytes == 0) return file.is_open();
  file.seekg(static_cast<std::streamoff>(bytes) - 1);
  return file.get() == '\n';
}

}  // namespace

ExecutionList::ExecutionList(const std::string& path, std::optional<std::uint64_t> bytes)
    : path_(path) {
  if (path.empty()) return;
  if (path == "-") {
    file_ = stdout;
    return;
  }
  if (bytes) {
    if (!EndsLineAt(path, *bytes))
      throw std::invalid_argument(
          "the list of executions '" + path + "' should have a line that ends at byte " +
          std::to_string(*bytes) +
          " to go on with: name the file that the checkpoint was made with, or remove the "
          "checkpoint to start again");
    std::error_code error;
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
