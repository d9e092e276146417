#include "cli/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace heddle::cli {
namespace {

bool WriteAll(int fd, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t n = write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

std::optional<std::string> ReadWholeFile(const std::string& path) {
  std::error_code error;
  if (std::filesystem::status(path, error).type() == std::filesystem::file_type::not_found)
    return {};
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || !std::filesystem::is_regular_file(path, error))
    throw std::invalid_argument("cannot read '" + path + "'; name a file that you may read");
  return text.str();
}

std::string ReplaceFile(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".tmp";
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return std::strerror(errno);
  // Without fsync a crash of the machine could leave the new name with the content missing.
  const bool written = WriteAll(fd, text) && fsync(fd) == 0;
  const std::string error = written ? "" : std::strerror(errno);
  close(fd);
  if (written && std::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const std::string why = written ? std::strerror(errno) : error;
  unlink(temporary.c_str());
  return why;
}

}  // namespace heddle::cli
