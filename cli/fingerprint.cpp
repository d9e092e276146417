#include "cli/fingerprint.h"

#include <fmt/core.h>

#include <cstdint>
#include <fstream>

namespace heddle::cli {
namespace {

class Fnv1a {
 public:
  void Add(std::string_view text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  std::string Text() const { return fmt::format("{:x}", hash_); }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace

std::string Fingerprint(std::string_view text) {
  Fnv1a hash;
  hash.Add(text);
  return hash.Text();
}

const std::string& Build() {
  static const std::string build = [] {
    std::ifstream file("/proc/self/exe", std::ios::binary);
    Fnv1a hash;
    char buffer[1 << 16];
    while (file.read(buffer, sizeof buffer), file.gcount() > 0)
      hash.Add({buffer, static_cast<std::size_t>(file.gcount())});
    return hash.Text();
  }();
  return build;
}

}  // namespace heddle::cli
