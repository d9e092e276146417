#include "cli/junit.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "cli/check_output.h"
#include "cli/tally.h"
#include "cli/trouble.h"
#include "report/markup.h"

namespace heddle::cli {
namespace {

using report::Attributes;
using report::Element;
using report::Markup;

std::string Time(double seconds) { return fmt::format("{:.3f}", seconds); }
double SecondsOf(std::chrono::milliseconds d) { return std::chrono::duration<double>(d).count(); }

const char* ElementOf(Trouble::Kind kind) {
  switch (kind) {
    case Trouble::Kind::kFailure:
      return "failure";
    case Trouble::Kind::kError:
      return "error";
    case Trouble::Kind::kSkipped:
      return "skipped";
  }
  return "";
}

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
    const Trouble::Kind kind = c.trouble->kind;
    ++(kind == Trouble::Kind::kFailure ? failures_
       : kind == Trouble::Kind::kError ? errors_
                                       : skipped_);
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
        Element(ElementOf(c.trouble->kind),
                {{"type", c.trouble->type}, {"message", c.trouble->message}}, c.trouble->text);
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

void AddDistrust(std::vector<Suite>& suites, const stress::Controls& controls) {
  const std::optional<Trouble> trouble = TroubleOf(controls);
  if (!trouble) return;
  Case distrusted{"controls", 0, trouble};
  for (const stress::Control& c : controls.all) distrusted.seconds += c.seconds;
  suites.push_back({"controls natively", {}, {distrusted}});
}

void AddEnd(std::vector<Suite>& suites, const NativeRuns& runs) {
  if (const std::optional<Trouble> trouble = TroubleOfEnd(runs))
    suites.push_back(
        {"the run natively", {{"cut_short", runs.cut_short}}, {{"the whole run", 0, trouble}}});
}

}  // namespace

std::string CheckJunit(const std::vector<CheckResult>& results, const NativeRuns& runs) {
  std::vector<Suite> suites;
  for (const CheckResult& r : results)
    SuiteOf(suites, r.subject->scenario)
        .cases.push_back(
            {CheckName(*r.subject, *r.model, r.delivery, r.spin_rounds), r.seconds, TroubleOf(r)});
  AddDistrust(suites, runs.controls);
  AddEnd(suites, runs);
  for (const NativeRun& run : runs.runs) Add(suites, run);
  return Write(suites);
}

std::string ReportJunit(const std::vector<stress::StoredRun>& runs) {
  std::vector<Suite> suites;
  for (const stress::StoredRun& run : runs) {
    const std::string of_run = fmt::format(" natively, run {}", run.id);
    const std::string cut_short = TallyOf(run).cut_short;
    for (const stress::StoredScenario& s : run.scenarios) {
      Suite& suite = suites.emplace_back();
      suite.name = s.name + of_run;
      suite.properties = {{"samples", std::to_string(s.samples)}, {"seed", run.seed}};
      if (!cut_short.empty()) suite.properties.emplace_back("cut_short", cut_short);
      suite.cases.push_back({s.name, s.seconds, TroubleOf(run, s)});
    }
    for (const stress::StoredMutant& m : run.mutants)
      SuiteOf(suites, m.name.substr(0, m.name.find('/')) + " mutants" + of_run)
          .cases.push_back({m.name, m.seconds, TroubleOfMutant(m.verdict, m.why)});
  }
  return Write(suites);
}

std::string StressJunit(const NativeRuns& runs, const std::vector<MutantRun>& mutants) {
  std::vector<Suite> suites;
  AddDistrust(suites, runs.controls);
  AddEnd(suites, runs);
  for (const NativeRun& run : runs.runs) Add(suites, run);
  for (const MutantRun& run : mutants)
    SuiteOf(suites, run.name.substr(0, run.name.find('/')) + " mutants natively")
        .cases.push_back(
            {run.name, SecondsOf(run.duration), TroubleOfMutant(Name(run.verdict), run.why)});
  return Write(suites);
}

}  // namespace heddle::cli
