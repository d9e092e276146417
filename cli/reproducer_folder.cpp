#include "cli/reproducer_folder.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "cli/atomic_file.h"
#include "cli/fingerprint.h"
#include "stress/result_json.h"

namespace heddle::cli {

std::string SafeName(std::string_view subject, std::string_view failure) {
  constexpr std::string_view kSafe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  std::string name(subject.substr(0, 130));
  for (char& c : name)
    if (kSafe.find(c) == std::string_view::npos) c = '.';
  return name + "." + Fingerprint(failure);
}

ReproducerFolder::ReproducerFolder(const std::string& path) : path_(path) {
  if (path.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && access(path.c_str(), W_OK | X_OK) != 0)
    error = std::error_code(errno, std::generic_category());
  if (!error && !std::filesystem::is_directory(path, error))
    error = std::make_error_code(std::errc::not_a_directory);
  if (error)
    throw std::invalid_argument("cannot write reproducers to '" + path +
                                "': " + std::strerror(error.value()) +
                                "; name a directory that is writable, or can be made");
}

std::string ReproducerFolder::Write(const std::string& name, const nlohmann::json& file) {
  const std::string path = std::filesystem::path(path_) / (name + ".json");
  if (written_.contains(path)) return path;
  const int error = ReplaceFile(path, stress::Dump(file, 1) + "\n");
  if (error == 0) return *written_.insert(path).first;
  if (!error_) error_.emplace("the reproducer '" + path + "'", error);
  return {};
}

void ReproducerFolder::Finish() const {
  if (error_) throw *error_;
}

}  // namespace heddle::cli
