#include "cli/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
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

std::optional<std::string> ReadWholeFile(const std::string& path, std::uintmax_t most) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  if (type == std::filesystem::file_type::not_found) return {};
  // Others need not have an end.
  if (type != std::filesystem::file_type::regular)
    throw std::invalid_argument("cannot read '" + path +
                                "': it is not a regular file; name one, or a new one");
  if (const auto size = std::filesystem::file_size(path, error); !error && size > most)
    throw std::invalid_argument("cannot read '" + path + "': it has " + std::to_string(size) +
                                " bytes, and may have " + std::to_string(most) +
                                "; name another file");
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file)
    throw std::invalid_argument("cannot read '" + path + "'; name a file that you may read");
  return text.str();
}

std::string TemporaryOf(const std::string& path) { return path + ".tmp"; }

int ReplaceFile(const std::string& path, const std::string& text) {
  const std::string temporary = TemporaryOf(path);
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return errno;
  // Without fsync a crash of the machine could leave the new name with the content missing.
  int error = WriteAll(fd, text) && fsync(fd) == 0 ? 0 : errno;
  close(fd);
  if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) unlink(temporary.c_str());
  return error;
}

}  // namespace heddle::cli
