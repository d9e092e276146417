#include "cli/tally.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/quantities.h"

namespace heddle::cli {
namespace {

// "2 failed (A, B)"; "0 failed".
std::string Named(const std::vector<std::string>& scenarios, const char* what) {
  std::string text = fmt::format("{} {}", scenarios.size(), what);
  for (const std::string& name : scenarios)
    text += (&name == &scenarios.front() ? " (" : ", ") + name;
  return scenarios.empty() ? text : text + ")";
}

void Decide(Tally& tally) {
  tally.verdict = !tally.failed.empty()                             ? "failed"
                  : !tally.trusted || !tally.inconclusive.empty()   ? "harness not trusted"
                  : tally.survivors > 0 || !tally.cut_short.empty() ? "inconclusive"
                                                                    : "passed";
}

}  // namespace

Tally TallyOf(const NativeRuns& runs, const std::vector<MutantRun>& mutants) {
  Tally tally;
  tally.scenarios = runs.runs.size();
  tally.trusted = runs.controls.trusted;
  for (const NativeRun& run : runs.runs) {
    const std::string& name = run.result.scenario;
    if (!run.outside_model.empty()) tally.outside.push_back(name);
    if (run.result.verdict == stress::StressVerdict::kFailed || !run.outside_model.empty())
      tally.failed.push_back(name);
    else if (!run.Good())
      tally.inconclusive.push_back(name);
  }
  tally.survivors = static_cast<std::size_t>(
      std::ranges::count(mutants, MutantRun::Verdict::kSurvived, &MutantRun::verdict));
  tally.cut_short = runs.cut_short;
  Decide(tally);
  return tally;
}

Tally TallyOf(const stress::StoredRun& run) {
  Tally tally;
  tally.scenarios = run.scenarios.size();
  tally.trusted = run.trusted;
  for (const stress::StoredScenario& s : run.scenarios) {
    if (std::ranges::any_of(s.outcomes, [](const auto& o) { return o.count > 0 && !o.in_model; }))
      tally.outside.push_back(s.name);
    if (s.verdict != "passed")
      (s.verdict == "failed" ? tally.failed : tally.inconclusive).push_back(s.name);
  }
  tally.survivors = run.MutantsThat("survived");
  if (!run.ended)
    tally.cut_short = fmt::format("not ended after {} of {}", SecondsText(run.spent_seconds),
                                  SecondsText(run.asked_seconds));
  Decide(tally);
  return tally;
}

std::string Describe(const Tally& t) {
  std::string text = fmt::format(
      "{}: {} scenario{}: {} passed, {}, {}, {}; harness {}", t.verdict, t.scenarios,
      t.scenarios == 1 ? "" : "s", t.scenarios - t.failed.size() - t.inconclusive.size(),
      Named(t.failed, "failed"), Named(t.inconclusive, "inconclusive"),
      Named(t.outside, "with outcomes outside the model"), t.trusted ? "trusted" : "not trusted");
  if (t.survivors > 0)
    text += fmt::format("; {} mutant{} survived", t.survivors, t.survivors == 1 ? "" : "s");
  if (!t.cut_short.empty()) text += "; " + t.cut_short;
  return text;
}

}  // namespace heddle::cli
