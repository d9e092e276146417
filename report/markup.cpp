#include "report/markup.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>

namespace heddle::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Elements that HTML has without content, and those of SVG that we use so.
constexpr std::array<std::string_view, 5> kEmpty = {"meta", "input", "path", "rect", "line"};

// How many bytes the character at `at` has, if XML 1.0 has a place for it; else 0.
std::size_t CharacterAt(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const std::uint8_t first = byte(at);
  if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  std::uint32_t code = first & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(at + i) & 0x3Fu);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  const bool none = code == 0xFFFE || code == 0xFFFF || code > 0x10FFFF;
  return code < kLeast[size] || surrogate || none ? 0 : size;
}

// In attributes, white space other than blanks would be read as blanks.
std::string Escaped(std::string_view text, bool in_attribute) {
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = CharacterAt(text, i);
    const char c = text[i];
    if (size == 0) {
      escaped += kReplacement;
    } else if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '"' && in_attribute) {
      escaped += "&quot;";
    } else if (c == '\r' || (in_attribute && (c == '\n' || c == '\t'))) {
      escaped += "&#" + std::to_string(c) + ";";
    } else {
      escaped.append(text, i, size);
    }
    i += std::max<std::size_t>(size, 1);
  }
  return escaped;
}

}  // namespace

Markup Text(std::string_view text) { return Markup::Of(Escaped(text, false)); }

Markup Element(std::string_view name, const Attributes& attributes, const Markup& content) {
  std::string element = "<" + std::string(name);
  for (const auto& [attribute, value] : attributes)
    element += " " + attribute + "=\"" + Escaped(value, true) + "\"";
  if (content.empty() && std::find(kEmpty.begin(), kEmpty.end(), name) != kEmpty.end())
    return Markup::Of(element + "/>");
  return Markup::Of(element + ">" + content.text() + "</" + std::string(name) + ">");
}

Markup Verbatim(std::string_view markup) {
  if (markup.find_first_of("<&") != std::string_view::npos)
    throw std::logic_error("style or script holds < or &");
  return Markup::Of(std::string(markup));
}

}  // namespace heddle::report
