#include "cli/option_values.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace heddle::cli {

CLI::Validator WholeNumber(std::uint64_t least, std::uint64_t most) {
  const auto check = [=](std::string& text) -> std::string {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || number < least || number > most)
      return fmt::format("'{}' is not a whole number from {} to {}", text, least, most);
    text = std::to_string(number);
    return {};
  };
  return {check, ""};
}

CLI::Validator OneOf(std::vector<std::string> words) {
  const auto check = [words = std::move(words)](const std::string& text) -> std::string {
    if (std::ranges::count(words, text) != 0) return {};
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
    return fmt::format("'{}' is none of {}", text, all);
  };
  return {check, ""};
}

CLI::Validator OutputName() {
  const auto check = [](const std::string& text) {
    return text.empty() ? "'' is not a file; name one, or - for standard output" : "";
  };
  return {check, ""};
}

CLI::Validator CheckpointName() {
  const auto check = [](const std::string& text) {
    if (text.empty()) return "'' is not a file; name one";
    if (text == "-")
      return "'-' would be standard output, which cannot be gone on with; name a file";
    return "";
  };
  return {check, ""};
}

CLI::Validator DirectoryName() {
  const auto check = [](const std::string& text) {
    if (text.empty()) return "'' is not a directory; name one";
    if (text == "-") return "'-' would be standard output, not a directory; name one";
    return "";
  };
  return {check, ""};
}

}  // namespace heddle::cli
