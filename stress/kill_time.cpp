#include "stress/kill_time.h"

#include <cmath>

namespace heddle::stress {

double KillTime(std::uint64_t events, double seconds) {
  if (events <= 1) return seconds;
  // The 5 % quantile of a gamma distribution, by Wilson and Hilferty, "The distribution of
  // chi-square", 1931: at most 3 % too low, never too high.
  const double n = static_cast<double>(events);
  const double expected = n * std::pow(1 - 1 / (9 * n) - 1.6449 / (3 * std::sqrt(n)), 3);
  // Of a single one: P(N >= 1) = 1 - exp(-expected) = 5 %.
  return seconds * -std::log(0.95) / expected;
}

}  // namespace heddle::stress
