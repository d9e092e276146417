// How are the results of checks shown?
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "runtime/check/check.h"

namespace heddle::cli {

/// What somebody who looks at many results needs to know of one.
enum class Standing { kGood, kCaught, kUnexpected, kUndecided };
Standing StandingOf(const CheckResult& r);

/// Of several checks.
struct Counts {
  int checks = 0, caught = 0, unexpected = 0, inconclusive = 0;

  void Add(const CheckResult& r);
  int as_expected() const { return checks - unexpected - inconclusive; }
};

/// "holds (complete)", "caught: data race", …
std::string VerdictText(const CheckResult& r);
/// What a mutant must do: "expected data race: …", "expected that it holds: …"; "" for a scenario.
std::string ExpectedText(const CheckResult& r);
/// For a search that a budget ended: which one, and what was done so far.
std::string CutText(const CheckResult& r);
/// `stats`: with StatsJson.
nlohmann::json ToJson(const CheckResult& r, bool stats);

/// The table of checks, and what is printed below a row.  Verdicts that state a bound are longer.
inline constexpr int kVerdictWidth = 32, kBoundedVerdictWidth = 45;
void PrintHeader(int verdict_width);
void PrintRow(const CheckResult& r, int verdict_width);
void PrintOutcomes(const CheckResult& r);
/// What to do about checks that are inconclusive since they were not meant to be complete.
void PrintStrategyHint(const Strategy& strategy);

}  // namespace heddle::cli
