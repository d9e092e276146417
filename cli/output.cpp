#include "cli/output.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace heddle::cli {
namespace {

bool g_goes_on = false;
int g_lost = 0;  // the first errno, after which standard output is given up

void OutputFails(int error) {
  if (!g_goes_on) throw WriteError::OfStandardOutput(error);
  g_lost = error;
}

}  // namespace

WriteError::WriteError(const std::string& what, int error, const std::string& advice)
    : std::runtime_error("cannot write " + what + ": " + std::strerror(error) + "; " + advice),
      reader_left_(error == EPIPE) {}

WriteError::WriteError(const std::string& what, int error)
    : WriteError(what, error, "name a file in a directory that exists, is writable and has room") {}

WriteError WriteError::OfStandardOutput(int error) {
  return {"to standard output", error, "redirect it to a file or pipe that takes it"};
}

WriteError WriteError::OfLostOutput(int error) {
  WriteError lost = OfStandardOutput(error);
  lost.reader_left_ = false;
  return lost;
}

void ReserveStandardStreams() {
  // Read-only, so that writing to it fails as it would have.
  int fd = STDIN_FILENO;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (fd >= 0) close(fd);
}

void PrintText(std::string_view text) {
  if (g_lost != 0) return;
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) OutputFails(errno);
}

void FlushOutput() {
  if (g_lost != 0) return;
  if (std::fflush(stdout) != 0) OutputFails(errno);
}

void GoOnWithoutOutput() {
  g_goes_on = true;
  signal(SIGPIPE, SIG_IGN);
}

void RequireOutput() {
  FlushOutput();
  if (g_lost != 0) throw WriteError::OfLostOutput(g_lost);
}

std::string ProgramName() { return program_invocation_short_name; }

OutputFile::OutputFile(const std::string& path) : path_(path) {
  if (path.empty()) return;
  file_ = path == "-" ? stdout : std::fopen(path.c_str(), "abe");
  if (file_ == nullptr) throw WriteError("'" + path + "'", errno);
}

OutputFile::~OutputFile() {
  if (wanted() && !is_stdout()) std::fclose(file_);
}

void OutputFile::Write(const std::string& text) {
  if (!wanted()) return;
  const std::string line = text.empty() ? text : text + "\n";
  if (is_stdout()) {
    PrintText(line);
    FlushOutput();
    return;
  }
  struct stat status {};
  const bool keeps = fstat(fileno(file_), &status) == 0 && S_ISREG(status.st_mode);
  if ((keeps && ftruncate(fileno(file_), 0) != 0) ||
      std::fwrite(line.data(), 1, line.size(), file_) != line.size() || std::fflush(file_) != 0)
    throw WriteError("'" + path_ + "'", errno);
}

}  // namespace heddle::cli
