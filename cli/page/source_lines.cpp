#include "cli/page/source_lines.h"

#include <filesystem>
#include <fstream>

namespace heddle::cli {
namespace {

std::vector<std::string> LinesOf(const std::string& file) {
  std::vector<std::string> lines;
  std::error_code error;
  // Others need not have an end.
  if (!std::filesystem::is_regular_file(file, error)) return lines;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) lines.push_back(std::move(line));
  return lines;
}

}  // namespace

std::string SourceLines::At(const std::string& file, int line) {
  auto found = files_.find(file);
  if (found == files_.end()) found = files_.emplace(file, LinesOf(file)).first;
  const auto& lines = found->second;
  if (line < 1 || static_cast<std::size_t>(line) > lines.size()) return "";
  const std::string& text = lines[static_cast<std::size_t>(line) - 1];
  const std::size_t first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

}  // namespace heddle::cli
