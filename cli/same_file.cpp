#include "cli/same_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace heddle::cli {
namespace {

// The path without links, those to files that are still to be made, too.
std::filesystem::path WithoutLinks(const std::string& text) {
  std::error_code error;
  std::filesystem::path path = std::filesystem::absolute(text, error);
  constexpr int kMostLinks = 40;  // as many as the kernel follows
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(path, error); ++i)
    path = path.parent_path() / std::filesystem::read_symlink(path, error);
  const auto canonical = std::filesystem::weakly_canonical(path, error);
  return error ? path : canonical;
}

bool Exists(const std::string& path, struct stat& file) {
  return (path == "-" ? fstat(STDOUT_FILENO, &file) : stat(path.c_str(), &file)) == 0;
}

bool SameFile(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return false;
  if (a == "-" && b == "-") return true;
  struct stat file_a, file_b;
  const bool exists_a = Exists(a, file_a), exists_b = Exists(b, file_b);
  if (exists_a && exists_b)
    return file_a.st_dev == file_b.st_dev && file_a.st_ino == file_b.st_ino &&
           !S_ISCHR(file_a.st_mode);
  if (exists_a || exists_b || a == "-" || b == "-") return false;
  return WithoutLinks(a) == WithoutLinks(b);
}

// The name to show: "-" is what people know least about.
std::string Name(const Destination& a, const Destination& b) {
  return "'" + (a.path == "-" ? b.path : a.path) + "'";
}

}  // namespace

void RefuseSameFile(std::vector<Destination> destinations) {
  if (std::ranges::none_of(destinations, [](const Destination& d) { return d.path == "-"; }))
    destinations.push_back({"standard output", "-"});
  for (auto b = destinations.begin(); b != destinations.end(); ++b)
    for (auto a = destinations.begin(); a != b; ++a)
      if (SameFile(a->path, b->path))
        throw std::invalid_argument(a->option + " and " + b->option + " cannot both write to " +
                                    Name(*a, *b) + "; name two files");
}

}  // namespace heddle::cli
