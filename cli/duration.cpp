#include "cli/duration.h"

#include <cctype>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace heddle::cli {
namespace {

// What `rest` starts with, which is taken off it: a number of at most 7 digits, so that no sum or
// product below overflows.
struct Digits {
  std::int64_t number = 0;
  std::int64_t scale = 1;  ///< 10 to the number of digits
};

std::optional<Digits> TakeDigits(std::string_view& rest) {
  Digits digits;
  std::size_t n = 0;
  for (; n < rest.size() && std::isdigit(static_cast<unsigned char>(rest[n])) != 0; ++n) {
    if (n == 7) return {};
    digits = {digits.number * 10 + (rest[n] - '0'), digits.scale * 10};
  }
  rest.remove_prefix(n);
  return n == 0 ? std::nullopt : std::optional(digits);
}

// In milliseconds; 0 if there is no such unit.
std::int64_t TakeUnit(std::string_view& rest) {
  std::size_t n = 0;
  while (n < rest.size() && std::isalpha(static_cast<unsigned char>(rest[n])) != 0) ++n;
  const std::string_view unit = rest.substr(0, n);
  rest.remove_prefix(n);
  return unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : unit == "h" ? 3'600'000 : 0;
}

// "1.5h" and the like, taken off `rest`; empty if that is no whole number of milliseconds.
std::optional<std::int64_t> TakePart(std::string_view& rest, bool only_part) {
  const auto whole = TakeDigits(rest);
  if (!whole) return {};
  Digits fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    const auto digits = TakeDigits(rest);
    if (!digits) return {};
    fraction = *digits;
  }
  const std::int64_t unit = rest.empty() && only_part ? 1000 : TakeUnit(rest);
  if (unit == 0 || fraction.number * unit % fraction.scale != 0) return {};
  return whole->number * unit + fraction.number * unit / fraction.scale;
}

}  // namespace

std::chrono::milliseconds ParseDuration(const std::string& text) {
  constexpr std::int64_t kMost = 2'000'000'000;  // 555 hours, and a half
  std::string_view rest = text;
  std::int64_t total = 0;
  do {
    const auto part = TakePart(rest, rest.size() == text.size());
    if (!part || (total += *part) > kMost)
      throw std::invalid_argument(
          "'" + text + "' is not a duration; write for example 20s, 1.5s, 2m or 1h30m, " +
          "in whole milliseconds and at most 555h");
  } while (!rest.empty());
  return std::chrono::milliseconds(total);
}

}  // namespace heddle::cli
