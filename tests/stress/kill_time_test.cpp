// How rare may a bug be that was counted so often?
#include "stress/kill_time.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "stress/result.h"

namespace heddle::stress {
namespace {

// Of a Poisson process.
double ProbabilityOfAtLeast(std::uint64_t events, double expected) {
  double fewer = 0, term = std::exp(-expected);
  for (std::uint64_t k = 1; k <= events; ++k) {
    fewer += term;
    term *= expected / static_cast<double>(k);
  }
  return 1 - fewer;
}

TEST(KillTime, AsManyEventsAreNoSurpriseWithTheRateThatItStandsFor) {
  for (const std::uint64_t events : {1u, 2u, 3u, 10u, 200u}) {
    const double rate = -std::log(0.95) / KillTime(events, 0.5);
    const double p = ProbabilityOfAtLeast(events, rate * 0.5);
    EXPECT_LE(p, 0.0501) << events;
    EXPECT_GE(p, 0.047) << events;
  }
}

TEST(KillTime, CountedSamplesSayMoreThanTheFirstOne) {
  EXPECT_NEAR(MissBound(KillTime(1, 0.27), 1), 0.83, 0.01);
  EXPECT_LT(MissBound(KillTime(22'768, 0.27), 1), 1e-6);
}

}  // namespace
}  // namespace heddle::stress
