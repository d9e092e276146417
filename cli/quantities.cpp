#include "cli/quantities.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <charconv>
#include <ctime>
#include <stdexcept>

namespace heddle::cli {
namespace {

constexpr std::uint32_t kMaxShards = 1000;

// The number that `text` starts with, and where it ends; `text` if there is none.
const char* ParseNumber(const std::string& text, std::size_t from, std::uint64_t& number) {
  const char* const begin = text.data() + from;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
  return error == std::errc() ? end : text.data();
}

}  // namespace

std::uint64_t ParseSize(const std::string& text) {
  std::uint64_t number = 0;
  const std::string unit = ParseNumber(text, 0, number);
  const int shift = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  if (text.empty() || shift < 0 || number == 0 || number > (UINT64_MAX >> shift))
    throw std::invalid_argument("'" + text + "' is not a size; write for example 512M or 4G");
  return number << shift;
}

Shard ParseShard(const std::string& text) {
  const std::size_t slash = text.find('/');
  std::uint64_t index = 0, of = 0;
  const bool good = slash != std::string::npos && slash > 0 &&
                    ParseNumber(text, 0, index) == text.data() + slash &&
                    ParseNumber(text, slash + 1, of) == text.data() + text.size();
  if (!good || index < 1 || index > of || of > kMaxShards)
    throw std::invalid_argument("'" + text +
                                "' is not a shard; write I/N with 1 <= I <= N <= 1000, for "
                                "example 1/4");
  return {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(of)};
}

std::string Rounded(double number) {
  if (number < 10'000) return fmt::format("{:.0f}", number);
  if (number < 1e6) return fmt::format("{:.1f} k", number / 1e3);
  if (number < 1e9) return fmt::format("{:.1f} M", number / 1e6);
  return fmt::format("{:.2g}", number);
}

std::string SecondsText(double seconds) {
  return seconds < 100 ? fmt::format("{:.3g} s", seconds) : fmt::format("{:.0f} s", seconds);
}

std::string MissText(double p) { return p < 1e-6 ? "P < 1e-6" : fmt::format("P <= {:.2g}", p); }

std::string LocalTime(std::int64_t milliseconds) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                     fmt::localtime(static_cast<std::time_t>(milliseconds / 1000)));
}

}  // namespace heddle::cli
