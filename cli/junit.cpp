#include "cli/junit.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "cli/check_output.h"
#include "report/markup.h"

namespace heddle::cli {
namespace {

using report::Attributes;
using report::Element;
using report::Markup;

std::string Time(double seconds) { return fmt::format("{:.3f}", seconds); }
double SecondsOf(std::chrono::milliseconds d) { return std::chrono::duration<double>(d).count(); }

// What is wrong with a case.
struct Trouble {
  const char* element;  // "failure", "error" or "skipped"
  std::string type, message, text;
};

struct Case {
  std::string name;
  double seconds = 0;
  std::optional<Trouble> trouble;
};

struct Suite {
  std::string name;
  std::vector<std::pair<std::string, std::string>> properties;
  std::vector<Case> cases;
};

class Totals {
 public:
  void Add(const Case& c) {
    ++tests_;
    seconds_ += c.seconds;
    if (!c.trouble) return;
    const std::string_view element = c.trouble->element;
    ++(element == "failure" ? failures_ : element == "error" ? errors_ : skipped_);
  }
  Attributes Named(const std::string& name) const {
    return {{"name", name},
            {"tests", std::to_string(tests_)},
            {"failures", std::to_string(failures_)},
            {"errors", std::to_string(errors_)},
            {"skipped", std::to_string(skipped_)},
            {"time", Time(seconds_)}};
  }

 private:
  int tests_ = 0, failures_ = 0, errors_ = 0, skipped_ = 0;
  double seconds_ = 0;
};

Markup Write(const Suite& suite, const Case& c) {
  Markup trouble;
  if (c.trouble)
    trouble =
        Element(c.trouble->element, {{"type", c.trouble->type}, {"message", c.trouble->message}},
                c.trouble->text);
  return report::Text("\n    ") +
         Element("testcase",
                 {{"classname", suite.name}, {"name", c.name}, {"time", Time(c.seconds)}}, trouble);
}

std::string Write(const std::vector<Suite>& suites) {
  Totals all;
  Markup written;
  for (const Suite& suite : suites) {
    Totals totals;
    Markup properties, content;
    for (const auto& [name, value] : suite.properties)
      properties += Element("property", {{"name", name}, {"value", value}});
    if (!properties.empty()) content += report::Text("\n    ") + Element("properties", properties);
    for (const Case& c : suite.cases) {
      totals.Add(c);
      all.Add(c);
      content += Write(suite, c);
    }
    written += report::Text("\n  ") +
               Element("testsuite", totals.Named(suite.name), content + report::Text("\n  "));
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" +
         Element("testsuites", all.Named("heddle"), written + report::Text("\n")).text();
}

// The suite of that name, which is the last one or new: results of a scenario are together.
Suite& SuiteOf(std::vector<Suite>& suites, const std::string& name) {
  if (suites.empty() || suites.back().name != name) suites.push_back({name, {}, {}});
  return suites.back();
}

std::optional<Trouble> TroubleOf(const CheckResult& r) {
  const Standing standing = StandingOf(r);
  if (standing == Standing::kUndecided)
    return Trouble{"error", "inconclusive", VerdictText(r),
                   r.ended_by == Budget::kNone ? "" : CutText(r)};
  if (standing != Standing::kUnexpected) return {};
  std::string text = r.report;
  if (const std::string expected = ExpectedText(r); !expected.empty()) text += expected + "\n";
  return Trouble{"failure", r.error.empty() ? VerdictText(r) : r.error,
                 r.message.empty() ? VerdictText(r) : r.message, text};
}

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

std::optional<Trouble> TroubleOf(const NativeRun& run) {
  if (run.Good()) return {};
  const stress::StressResult& r = run.result;
  const bool distrusted =
      r.verdict == stress::StressVerdict::kNotTrusted && run.outside_model.empty();
  const std::string verdict = r.verdict == stress::StressVerdict::kPassed
                                  ? "outcome outside the model"
                                  : std::string(Name(r.verdict));
  return Trouble{distrusted ? "error" : "failure", verdict,
                 r.failures.empty() ? verdict : r.failures.front(), TextOf(run)};
}

void Add(std::vector<Suite>& suites, const NativeRun& run) {
  const stress::StressResult& r = run.result;
  const double seconds = SecondsOf(r.duration);
  Suite& suite = suites.emplace_back();
  suite.name = r.scenario + " natively";
  suite.properties = {{"samples", std::to_string(r.samples)},
                      {"samples_per_second", fmt::format("{:.0f}", static_cast<double>(r.samples) /
                                                                       std::max(seconds, 1e-3))},
                      {"seed", std::to_string(r.seed)}};
  suite.cases.push_back({r.scenario, seconds, TroubleOf(run)});
}

// Runs that no run of a scenario says anything bad of show nothing, if the controls went wrong.
void AddDistrust(std::vector<Suite>& suites, const stress::Controls& controls) {
  if (controls.why_not.empty()) return;
  Case distrusted{"controls", 0, {}};
  std::string text;
  for (const stress::PassedControl& c : controls.earlier) text += "control: " + c.line + "\n";
  for (const stress::Control& c : controls.all) {
    distrusted.seconds += c.seconds;
    text += "control: " + Describe(c) + "\n";
  }
  distrusted.trouble = Trouble{"error", "harness not trusted", controls.why_not, text};
  suites.push_back({"controls natively", {}, {distrusted}});
}

// Of a mutant.
std::optional<Trouble> TroubleOf(const std::string& verdict, const std::string& why) {
  if (verdict == Name(MutantRun::Verdict::kKilled)) return {};
  if (verdict == Name(MutantRun::Verdict::kSurvived))
    return Trouble{"error", "survived", "the mutant survived: such a run shows little", why};
  return Trouble{"skipped", verdict, why, ""};
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
  return Trouble{failed ? "failure" : "error", verdict,
                 failed ? text.substr(0, text.find('\n')) : verdict, text};
}

}  // namespace

std::string CheckJunit(const std::vector<CheckResult>& results, const NativeRuns& runs) {
  std::vector<Suite> suites;
  for (const CheckResult& r : results)
    SuiteOf(suites, r.subject->scenario)
        .cases.push_back(
            {CheckName(*r.subject, *r.model, r.delivery, r.spin_rounds), r.seconds, TroubleOf(r)});
  AddDistrust(suites, runs.controls);
  for (const NativeRun& run : runs.runs) Add(suites, run);
  return Write(suites);
}

std::string ReportJunit(const std::vector<stress::StoredRun>& runs) {
  std::vector<Suite> suites;
  for (const stress::StoredRun& run : runs) {
    const std::string of_run = fmt::format(" natively, run {}", run.id);
    for (const stress::StoredScenario& s : run.scenarios) {
      Suite& suite = suites.emplace_back();
      suite.name = s.name + of_run;
      suite.properties = {{"samples", std::to_string(s.samples)}, {"seed", run.seed}};
      suite.cases.push_back({s.name, s.seconds, TroubleOf(run, s)});
    }
    for (const stress::StoredMutant& m : run.mutants)
      SuiteOf(suites, m.name.substr(0, m.name.find('/')) + " mutants" + of_run)
          .cases.push_back({m.name, m.seconds, TroubleOf(m.verdict, m.why)});
  }
  return Write(suites);
}

std::string StressJunit(const NativeRuns& runs, const std::vector<MutantRun>& mutants) {
  std::vector<Suite> suites;
  AddDistrust(suites, runs.controls);
  for (const NativeRun& run : runs.runs) Add(suites, run);
  for (const MutantRun& run : mutants)
    SuiteOf(suites, run.name.substr(0, run.name.find('/')) + " mutants natively")
        .cases.push_back(
            {run.name, SecondsOf(run.duration), TroubleOf(Name(run.verdict), run.why)});
  return Write(suites);
}

}  // namespace heddle::cli
