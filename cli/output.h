// Where do results go, and what if they cannot be written?
#pragma once

#include <fmt/core.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::cli {

/// Output that could not be written: what, why, and what to do about it.
class WriteError : public std::runtime_error {
 public:
  /// `what` is a file; `error` an errno.
  WriteError(const std::string& what, int error);
  static WriteError OfStandardOutput(int error);
  /// Who has results elsewhere is to know all the same: nobody has seen enough.
  static WriteError OfLostOutput(int error);
  /// Whoever read it had seen enough, as in `heddle list | head -1`: nobody's mistake.
  bool reader_left() const { return reader_left_; }

 private:
  WriteError(const std::string& what, int error, const std::string& advice);

  bool reader_left_;
};

/// A standard stream that is closed stays so: else the next file to be opened would take its place,
/// and get what is meant for the stream.
void ReserveStandardStreams();

/// Standard output.  What fails throws WriteError; printed text may be buffered until it is
/// flushed.
void PrintText(std::string_view text);
void FlushOutput();
template <typename... T>
void Print(fmt::format_string<T...> format, T&&... arguments) {
  PrintText(fmt::format(format, std::forward<T>(arguments)...));
}

/// Of this command, as it was called, without its folder: for commands to be copied.
std::string ProgramName();

/// From here on, a run whose results are kept elsewhere goes on without what standard output does
/// not take, and without SIGPIPE.
void GoOnWithoutOutput();
/// In the end: throws WriteError if something was lost.
void RequireOutput();

/// A file for results, opened at once so that a mistake costs no run; what it holds stays until
/// there is something to write.  "" writes nothing, "-" is standard output.  What fails throws
/// WriteError.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  bool wanted() const { return file_ != nullptr; }
  bool is_stdout() const { return file_ == stdout; }
  /// All that the file is to hold, with an end of line if it is not empty.
  void Write(const std::string& text);

 private:
  std::string path_;
  std::FILE* file_ = nullptr;
};

}  // namespace heddle::cli
