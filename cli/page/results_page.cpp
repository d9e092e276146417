#include "cli/page/results_page.h"

#include <fmt/core.h>

#include <algorithm>

#include "cli/failure_text.h"
#include "cli/output.h"
#include "cli/page/failure_details.h"
#include "cli/page/scenario_results.h"
#include "cli/quantities.h"
#include "report/page.h"
#include "stress/result_json.h"

namespace heddle::cli {
namespace {

using report::Cell;
using report::Element;
using report::Grouped;
using report::Markup;
using report::Text;
using report::Tone;
using stress::StoredFailure;
using stress::StoredMutant;
using stress::StoredRun;
using stress::StoredScenario;

// More would be too much to look at, at once.
constexpr std::size_t kMostListed = 12, kMostOpen = 2;

Tone ToneOf(const std::string& verdict) {
  return verdict == "passed" || verdict == "killed" ? Tone::kGood
         : verdict == "failed"                      ? Tone::kBad
         : verdict.rfind("not ", 0) == 0            ? Tone::kQuiet  // run, or shown
                                                    : Tone::kUnsure;
}

// As the filter knows them.
std::string KeyOf(const std::string& verdict) {
  return verdict == "passed" ? "passed" : verdict == "failed" ? "failed" : "untrusted";
}

std::string Plural(std::size_t n, const std::string& what) {
  return Grouped(n) + " " + what + (n == 1 ? "" : "s");
}

std::string FailureId(const StoredFailure& f) { return fmt::format("failure{}", f.id); }
std::string ScenarioId(const StoredRun& run, std::size_t i) {
  return fmt::format("run{}-scenario{}", run.id, i + 1);
}

std::string ToText(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : stress::Dump(value);
}

Markup Link(const std::string& id, const std::string& text) {
  return Element("a", {{"href", "#" + id}}, text);
}

// "#1 hung, and 9 more like it (one L3 9)"; the numbers are links.
Markup Kinds(const StoredRun& run, const std::string& scenario) {
  Markup kinds;
  for (const FailureGroup& group : GroupsOf(run.failures)) {
    const StoredFailure& f = group.first();
    if (f.scenario != scenario) continue;
    kinds += Text(kinds.empty() ? " " : "; ") + Link(FailureId(f), fmt::format("#{}", f.id)) +
             Text(" " + f.failure);
    if (const std::string more = group.MoreText(); !more.empty()) kinds += Text(", " + more);
  }
  return kinds;
}

// What the verdict rests on: scenarios that failed, outcomes that the model excludes, and why not
// to trust it.
Markup Why(const StoredRun& run) {
  std::vector<Markup> reasons;
  for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
    const StoredScenario& s = run.scenarios[i];
    const Markup link = Link(ScenarioId(run, i), s.name);
    if (const Markup kinds = Kinds(run, s.name); !kinds.empty()) reasons.push_back(link + kinds);
    for (const stress::StoredOutcome& o : s.outcomes)
      if (o.count > 0 && !o.in_model)
        reasons.push_back(link +
                          Text(fmt::format(" {} was seen {} times, and the model excludes it",
                                           o.text, Grouped(o.count))));
    if (s.samples == 0) reasons.push_back(link + Text(" has no sample"));
  }
  if (!run.controls_known)
    reasons.push_back(Text("The controls have not been run, or not to their end."));
  else if (!run.trusted)
    reasons.push_back(Text(run.controls.empty() ? "The controls were not as they must be."
                                                : "Controls " + run.controls.back()));
  if (!run.ended)
    reasons.push_back(Text("The run has not ended: it goes on, or was killed (--resume)."));
  Markup list;
  for (std::size_t i = 0; i < std::min(reasons.size(), kMostListed); ++i)
    list += Element("li", reasons[i]);
  if (reasons.size() > kMostListed)
    list +=
        Element("li", {{"class", "dim"}}, fmt::format("and {} more", reasons.size() - kMostListed));
  return list.empty() ? list : Element("ul", {{"class", "failures"}}, list);
}

std::size_t FailedOf(const StoredRun& run) {
  return static_cast<std::size_t>(
      std::ranges::count(run.scenarios, "failed", &StoredScenario::verdict));
}

std::string VerdictText(const StoredRun& run) {
  const std::string verdict = run.Verdict(), name = fmt::format("Run {}: ", run.id);
  if (verdict != "failed") return name + verdict;
  return name +
         fmt::format("{} of {} failed", FailedOf(run), Plural(run.scenarios.size(), "scenario"));
}

Markup Figures(const StoredRun& run) {
  std::uint64_t samples = 0;
  for (const StoredScenario& s : run.scenarios) samples += s.samples;
  const std::size_t killed = run.MutantsThat("killed"), failed = FailedOf(run);
  return Element(
      "div", {{"class", "figures"}},
      report::Figure(Tone::kBad, failed, failed == 1 ? "scenario failed" : "scenarios failed") +
          report::Figure(Tone::kQuiet, samples, "samples") +
          (run.mutants.empty()
               ? Markup()
               : report::Figure(Tone::kGood, killed,
                                killed == 1 ? "mutant killed" : "mutants killed") +
                     report::Figure(Tone::kUnsure, run.MutantsThat("survived"), "survived")) +
          Element("span", {{"class", "dim"}},
                  fmt::format("{} of {}, begun {}", SecondsText(run.spent_seconds),
                              SecondsText(run.asked_seconds), LocalTime(run.begun))));
}

Markup Environment(const StoredRun& run) {
  std::vector<std::vector<Markup>> rows = {
      {Text("command"),
       Element("code", {},
               fmt::format("{} stress '{}' --seed {}", ProgramName(), run.glob, run.seed))},
      {Text("heddle"), Text(run.version)}};
  for (const auto& [name, value] : run.environment.items())
    rows.push_back({Text(name), Text(ToText(value))});
  Markup controls;
  for (const std::string& line : run.controls) controls += Element("li", {}, line);
  return Element("h3", {}, "Environment") + report::Table({"name", "value"}, rows, {false, false}) +
         Element("h3", {}, "Controls") +
         (controls.empty() ? Element("p", {{"class", "dim"}}, "None were kept.")
                           : Element("ul", {{"class", "controls"}}, controls));
}

Markup FailureRow(const StoredRun& run, const StoredFailure& f, bool open) {
  report::Row row;
  row.id = FailureId(f);
  row.kind = "row";
  row.state = "failed";
  row.find = fmt::format("failure #{} {} {} {}", f.id, f.scenario, f.placement, f.failure);
  row.open = open;
  row.cells = report::Sign(Tone::kBad) + Cell("number dim", Text(fmt::format("#{}", f.id))) +
              Cell("name", Text(f.scenario)) + Cell("what", Text(f.failure)) +
              Cell("where dim", Text(f.placement)) + Cell("when dim", Text(LocalTime(f.at)));
  row.content = FailureDetails(run, f);
  return Fold(row);
}

Markup Failures(const StoredRun& run, bool newest) {
  if (run.failures.empty()) return {};
  Markup list;
  for (const StoredFailure& f : run.failures)
    list += FailureRow(run, f, newest && run.failures.size() <= kMostOpen);
  return Element("h3", {}, Plural(run.failures.size(), "failure")) +
         Element("div", {{"class", "list natives crashes"}}, list);
}

Markup ScenarioRow(const StoredRun& run, std::size_t i, bool open) {
  const StoredScenario& s = run.scenarios[i];
  const double rate = static_cast<double>(s.samples) / std::max(s.seconds, 1e-3);
  report::Row row;
  row.id = ScenarioId(run, i);
  row.kind = "row";
  row.state = KeyOf(s.verdict);
  row.find = s.name + " " + s.verdict + " " + s.question;
  row.open = open;
  row.cells = report::Sign(ToneOf(s.verdict)) + Cell("name", Text(s.name)) +
              Cell("verdict", report::Badge(ToneOf(s.verdict), s.verdict)) +
              Cell("number samples", Text(Grouped(s.samples))) +
              Cell("number rate", Text(Rounded(rate) + "/s")) +
              Cell("number seconds dim", Text(fmt::format("{:.1f} s", s.seconds)));
  row.content = ScenarioResults(run, s);
  return Fold(row);
}

// Those that failed come first.
Markup Scenarios(const StoredRun& run, bool newest) {
  std::vector<std::size_t> order(run.scenarios.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) {
    const std::string& verdict = run.scenarios[i].verdict;
    return verdict == "failed" ? 0 : verdict == "passed" ? 2 : 1;
  });
  Markup list;
  for (const std::size_t i : order)
    list += ScenarioRow(
        run, i,
        newest && (run.scenarios.size() <= kMostOpen || run.scenarios[i].verdict == "failed"));
  return list.empty() ? Element("p", {{"class", "dim"}}, "No scenario was run.")
                      : Element("h3", {}, Plural(run.scenarios.size(), "scenario")) +
                            Element("div", {{"class", "list natives"}}, list);
}

Markup Mutants(const StoredRun& run) {
  if (run.mutants.empty()) return {};
  std::vector<std::vector<Markup>> rows;
  for (const StoredMutant& m : run.mutants)
    rows.push_back({Text(m.name), report::Badge(ToneOf(m.verdict), m.verdict),
                    Text(fmt::format("{:.2f}", m.seconds)), Text(m.why)});
  Markup missed;
  for (const StoredScenario& s : run.scenarios)
    if (const auto p = run.MissedWith(s))
      missed += Element("li", Text(fmt::format("{}: a bug as rare as its rarest killed mutant is "
                                               "missed with {}",
                                               s.name, MissText(*p))));
  const std::size_t killed = run.MutantsThat("killed");
  return Element("h3", {},
                 fmt::format("Mutation score: {} of {}", killed,
                             killed + run.MutantsThat("survived"))) +
         (missed.empty() ? missed : Element("ul", {{"class", "controls"}}, missed)) +
         report::Table({"mutant", "verdict", "seconds", "why"}, rows, {false, false, true, false});
}

Markup RunGroup(const StoredRun& run, bool newest) {
  const std::string verdict = run.Verdict();
  report::Row row;
  row.id = fmt::format("run{}", run.id);
  row.kind = "group";
  row.open = newest;
  row.cells = report::Sign(ToneOf(verdict)) +
              Cell("name", Text(fmt::format("Run {}: {}", run.id, run.glob))) +
              Cell("verdict", report::Badge(ToneOf(verdict), verdict)) +
              Cell("when dim", Text(LocalTime(run.begun)));
  row.content = (newest ? Markup() : Figures(run) + Why(run)) + Failures(run, newest) +
                Scenarios(run, newest) + Mutants(run) + Environment(run);
  return Fold(row);
}

Markup OlderRuns(const std::vector<StoredRun>& runs) {
  if (runs.size() == 1) return {};
  const auto bad = std::count_if(runs.begin(), runs.end() - 1,
                                 [](const StoredRun& run) { return run.Verdict() != "passed"; });
  std::string text = Plural(runs.size() - 1, "older run") + " below";
  text += bad == 0 ? ", passed" : fmt::format(", {} not passed", bad);
  return Element("p", {{"class", "dim"}}, text);
}

}  // namespace

std::string ResultsPage(const std::vector<StoredRun>& runs) {
  const StoredRun& newest = runs.back();
  const std::string verdict = VerdictText(newest);
  std::size_t passed = 0, failed = 0, untrusted = 0;
  for (const StoredRun& run : runs) {
    failed += run.failures.size();
    for (const StoredScenario& s : run.scenarios)
      ++(s.verdict == "passed" ? passed : s.verdict == "failed" ? failed : untrusted);
  }
  Markup list;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run)
    list += RunGroup(*run, run == runs.rbegin());
  const Markup body =
      report::Banner(ToneOf(newest.Verdict()), verdict,
                     Figures(newest) + Why(newest) + OlderRuns(runs)) +
      report::Filter(passed + failed + untrusted, {{"failed", "Failed", failed},
                                                   {"untrusted", "Not trusted", untrusted},
                                                   {"passed", "Passed", passed}}) +
      Element("div", {{"class", "list runs"}}, list);
  return report::Render(
      {"Heddle: " + verdict, std::string(kResultsStyle), body, "heddle " HEDDLE_VERSION});
}

}  // namespace heddle::cli
