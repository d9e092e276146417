#include "cli/duration.h"

#include <cctype>
#include <stdexcept>

namespace heddle::cli {

std::chrono::milliseconds ParseDuration(const std::string& text) {
  const auto bad = [&text] {
    return std::invalid_argument("'" + text +
                                 "' is not a duration; write for example 20s, 2m or 1h30m");
  };
  std::int64_t total = 0;
  std::size_t i = 0;
  if (text.empty()) throw bad();
  while (i < text.size()) {
    std::int64_t n = 0;
    std::size_t digits = 0;
    for (; i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0; ++i, ++digits)
      if (digits >= 7) {
        throw bad();
      } else {
        n = n * 10 + (text[i] - '0');
      }
    if (digits == 0) throw bad();
    std::string unit;
    while (i < text.size() && std::isalpha(static_cast<unsigned char>(text[i])) != 0)
      unit += text[i++];
    if (unit.empty() && digits != text.size()) throw bad();
    const std::int64_t factor = unit == "ms"                  ? 1
                                : unit == "s" || unit.empty() ? 1000
                                : unit == "m"                 ? 60'000
                                : unit == "h"                 ? 3'600'000
                                                              : 0;
    if (factor == 0) throw bad();
    total += n * factor;
  }
  if (total > 2'000'000'000) throw bad();
  return std::chrono::milliseconds(total);
}

}  // namespace heddle::cli
