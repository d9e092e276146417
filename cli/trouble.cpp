#include "cli/trouble.h"

#include <fmt/core.h>

#include "cli/check_output.h"
#include "cli/native_mutants.h"

namespace heddle::cli {
namespace {

// As the report of a run says them.
std::string TextOf(const NativeRun& run) {
  std::string text;
  const auto values = [](const std::vector<std::int64_t>& outcome) {
    std::string list;
    for (const std::int64_t v : outcome) list += (list.empty() ? "" : ", ") + std::to_string(v);
    return list;
  };
  for (const std::string& f : run.result.failures) text += "failure: " + f + "\n";
  for (const stress::OutcomeCount& o : run.result.outcomes)
    if (o.count > 0 && o.grade == Grade::kForbidden)
      text += fmt::format("forbidden: {} x ({}) {}\n", o.count, values(o.outcome), o.why);
  for (const auto& outcome : run.outside_model)
    text += fmt::format("outside the model: ({})\n", values(outcome));
  for (const std::string& n : run.result.notes) text += "note: " + n + "\n";
  return text;
}

}  // namespace

std::optional<Trouble> TroubleOf(const CheckResult& r) {
  const Standing standing = StandingOf(r);
  if (standing == Standing::kUndecided)
    return Trouble{Trouble::Kind::kError, "inconclusive", VerdictText(r),
                   r.ended_by == Budget::kNone ? "" : CutText(r)};
  if (standing != Standing::kUnexpected) return {};
  std::string text = r.report;
  if (const std::string expected = ExpectedText(r); !expected.empty()) text += expected + "\n";
  return Trouble{Trouble::Kind::kFailure, r.error.empty() ? VerdictText(r) : r.error,
                 r.message.empty() ? VerdictText(r) : r.message, text};
}

std::optional<Trouble> TroubleOf(const NativeRun& run) {
  if (run.Good()) return {};
  const stress::StressResult& r = run.result;
  const bool distrusted =
      r.verdict == stress::StressVerdict::kNotTrusted && run.outside_model.empty();
  const std::string verdict = r.verdict == stress::StressVerdict::kPassed
                                  ? "outcome outside the model"
                                  : std::string(Name(r.verdict));
  return Trouble{distrusted ? Trouble::Kind::kError : Trouble::Kind::kFailure, verdict,
                 r.failures.empty() ? verdict : r.failures.front(), TextOf(run)};
}

std::optional<Trouble> TroubleOf(const stress::StoredRun& run, const stress::StoredScenario& s) {
  if (s.verdict == "passed" && run.trusted) return {};
  std::string text;
  for (const stress::StoredFailure& f : run.failures)
    if (f.scenario == s.name)
      text += fmt::format("failure #{} ({}, CPUs {}, seed {}): {}\n", f.id, f.placement, f.cpus,
                          f.seed, f.failure);
  for (const stress::StoredOutcome& o : s.outcomes) {
    if (o.count == 0) continue;
    if (o.grade == "forbidden")
      text += fmt::format("forbidden: {} x {} {}\n", o.count, o.text, o.why);
    if (!o.in_model) text += fmt::format("outside the model: {}\n", o.text);
  }
  for (const std::string& line : run.controls) text += "control: " + line + "\n";
  const bool failed = s.verdict == "failed";
  const std::string verdict = failed ? s.verdict : "harness not trusted";
  return Trouble{failed ? Trouble::Kind::kFailure : Trouble::Kind::kError, verdict,
                 failed ? text.substr(0, text.find('\n')) : verdict, text};
}

std::optional<Trouble> TroubleOf(const stress::Controls& controls) {
  if (controls.why_not.empty()) return {};
  std::string text;
  for (const stress::PassedControl& c : controls.earlier) text += "control: " + c.line + "\n";
  for (const stress::Control& c : controls.all) text += "control: " + Describe(c) + "\n";
  return Trouble{Trouble::Kind::kError, "harness not trusted", controls.why_not, text};
}

std::optional<Trouble> TroubleOfEnd(const NativeRuns& runs) {
  if (runs.cut_short.empty()) return {};
  return Trouble{Trouble::Kind::kError, "inconclusive", "the run was cut short: " + runs.cut_short,
                 runs.gave_up};
}

std::optional<Trouble> TroubleOfMutant(const std::string& verdict, const std::string& why) {
  if (verdict == Name(MutantRun::Verdict::kKilled)) return {};
  if (verdict == Name(MutantRun::Verdict::kSurvived))
    return Trouble{Trouble::Kind::kError, "survived",
                   "the mutant survived: such a run shows little", why};
  return Trouble{Trouble::Kind::kSkipped, verdict, why, ""};
}

}  // namespace heddle::cli
