#include "cli/page/scenario_results.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "cli/page/rate_chart.h"
#include "cli/quantities.h"
#include "report/page.h"

namespace heddle::cli {
namespace {

using report::Element;
using report::Grouped;
using report::Markup;
using report::Text;
using report::Tone;
using stress::StoredKnob;
using stress::StoredOutcome;
using stress::StoredScenario;

// The style has so many steps; each is a tenth of the next.
constexpr int kHottest = 7;

int Heat(double share) {
  if (share <= 0) return 0;
  return std::clamp(kHottest + static_cast<int>(std::ceil(std::log10(share))), 1, kHottest);
}

std::string ShareText(double share) {
  if (share >= 0.001) return fmt::format("{:.3g} %", share * 100);
  return share > 0 ? fmt::format("{:.3g} ppm", share * 1e6) : "";
}

bool IsFailure(const StoredOutcome& o) {
  return o.count > 0 && (!o.in_model || o.grade == "forbidden");
}

Markup HeatCell(const StoredOutcome& o, std::uint64_t count, std::uint64_t samples) {
  const double share = samples > 0 ? static_cast<double>(count) / static_cast<double>(samples) : 0;
  const std::string hue = count > 0 && IsFailure(o) ? "hot" : fmt::format("heat{}", Heat(share));
  return Element("td", {{"class", "number cell " + hue}},
                 count == 0 ? Text("0")
                            : Element("b", {}, Grouped(count)) + Text(" ") +
                                  Element("small", {}, ShareText(share)));
}

Markup GradeOf(const StoredOutcome& o) {
  // What must not be is no trouble as long as it is not.
  const Tone tone = o.count == 0           ? Tone::kQuiet
                    : o.grade == "allowed" ? Tone::kGood
                    : o.grade == "weak"    ? Tone::kUnsure
                                           : Tone::kBad;
  return report::Badge(tone, o.grade);
}

Markup Note(const StoredScenario& scenario, const StoredOutcome& o) {
  if (o.count > 0 && !o.in_model) return report::Badge(Tone::kBad, "outside the model");
  if (IsFailure(o)) return report::Badge(Tone::kBad, "seen");
  if (scenario.compared && o.in_model && o.count == 0)
    return report::Badge(Tone::kUnsure, "never seen, though the model allows it");
  return {};
}

Markup HeatMap(const StoredScenario& scenario) {
  if (scenario.outcomes.empty()) return Element("p", {{"class", "dim"}}, "No outcome was counted.");
  const auto& placements = scenario.samples_by_placement;
  const bool sum = placements.size() > 1;
  Markup head = Element("th", {}, "outcome"), body;
  for (const auto& [placement, samples] : placements)
    head += Element("th", {{"class", "number"}}, placement);
  if (sum) head += Element("th", {{"class", "number"}}, "all");
  head += Element("th", {}, "grade") + Element("th", {}, "why");
  for (const StoredOutcome& o : scenario.outcomes) {
    Markup cells = Element("td", Element("code", {}, o.text));
    for (const auto& [placement, samples] : placements) {
      const auto found = o.by_placement.find(placement);
      cells += HeatCell(o, found == o.by_placement.end() ? 0 : found->second, samples);
    }
    if (sum) cells += HeatCell(o, o.count, scenario.samples);
    cells += Element("td", GradeOf(o) + Text(" ") + Note(scenario, o)) + Element("td", {}, o.why);
    body += Element(
        "tr", IsFailure(o) ? report::Attributes{{"class", "bad"}} : report::Attributes{}, cells);
  }
  Markup legend = Text("Share of a placement's samples:\u00a0");
  for (int heat = 1; heat <= kHottest; ++heat)
    legend += Element("span", {{"class", fmt::format("step heat{}", heat)}},
                      "≤ " + ShareText(std::pow(10, heat - kHottest)));
  legend += Element("span", {{"class", "step hot"}}, "must not be");
  return Element("div", {{"class", "scroll"}, {"tabindex", "0"}},
                 Element("table", {{"class", "heat"}},
                         Element("thead", Element("tr", head)) + Element("tbody", body))) +
         Element("p", {{"class", "legend steps"}}, legend) +
         (scenario.compared ? Markup()
                            : Element("p", {{"class", "dim"}},
                                      "The model was not asked what it allows: its search was cut "
                                      "short, or there is none."));
}

// Of the outcomes that some knob's value has shown, the one that was seen least; null: there is
// none.
const StoredOutcome* RarestOf(const StoredScenario& scenario) {
  const StoredOutcome* rarest = nullptr;
  for (const StoredOutcome& o : scenario.outcomes)
    if (o.count > 0 && (rarest == nullptr || o.count < rarest->count) &&
        std::ranges::any_of(scenario.knobs,
                            [&](const StoredKnob& k) { return k.outcomes.contains(o.outcome); }))
      rarest = &o;
  return rarest;
}

double PerSecond(const StoredKnob& k, const StoredOutcome& o) {
  const auto found = k.outcomes.find(o.outcome);
  return found == k.outcomes.end() || k.seconds <= 0
             ? 0
             : static_cast<double>(found->second) / k.seconds;
}

Markup Knobs(const StoredScenario& scenario) {
  const StoredOutcome* const rarest = RarestOf(scenario);
  if (rarest == nullptr) return {};
  std::map<std::string, double> best;
  for (const StoredKnob& k : scenario.knobs)
    best[k.knob] = std::max(best[k.knob], PerSecond(k, *rarest));
  std::vector<std::vector<Markup>> rows;
  for (const StoredKnob& k : scenario.knobs) {
    const auto found = k.outcomes.find(rarest->outcome);
    const double rate = PerSecond(k, *rarest);
    rows.push_back(
        {Text(k.knob), Text(k.value), Text(fmt::format("{:.2f}", k.seconds)),
         Text(Grouped(k.samples)), Text(Grouped(found == k.outcomes.end() ? 0 : found->second)),
         Text(rate < 100 ? fmt::format("{:.3g}", rate) : Rounded(rate)),
         rate > 0 && rate == best[k.knob] ? report::Badge(Tone::kGood, "most") : Markup()});
  }
  return Element("h3", Text("Which setting showed ") + Element("code", {}, rarest->text) +
                           Text(", the rarest outcome, most")) +
         Element("div", {{"class", "knobs"}},
                 report::Table({"knob", "value", "seconds", "samples", "times", "per second", ""},
                               rows, {false, false, true, true, true, true, false}));
}

}  // namespace

Markup ScenarioResults(const stress::StoredRun& run, const StoredScenario& scenario) {
  Markup details = Element("p", {{"class", "dim"}}, scenario.question) +
                   Element("h3", {}, "Outcomes by placement") + HeatMap(scenario);
  std::string pace = fmt::format("{} pieces", Grouped(scenario.pieces));
  if (scenario.failed_pieces > 0)
    pace += fmt::format(", {} failed", Grouped(scenario.failed_pieces));
  if (scenario.rounds > 0) pace += fmt::format(", {} rounds", Grouped(scenario.rounds));
  if (scenario.late_percent > 0)
    pace += fmt::format(", {:.1f} % of samples late", scenario.late_percent);
  if (scenario.preempted_percent > 0)
    pace += fmt::format(", {:.1f} % of batches preempted", scenario.preempted_percent);
  if (scenario.stolen_percent)
    pace += fmt::format(", {:.1f} % of the CPUs' time stolen", *scenario.stolen_percent);
  if (scenario.disturbances.any()) pace += "; " + scenario.disturbances.Text();
  if (scenario.held_up > 0)
    pace += fmt::format("; {} pieces were stopped from outside", Grouped(scenario.held_up));
  if (const auto missed = run.MissedWith(scenario))
    pace += fmt::format("; a bug as rare as its rarest killed mutant was missed with {}",
                        MissText(*missed));
  details += Element("p", {{"class", "dim numbers"}}, pace);
  if (!scenario.rates.empty())
    details += Element("h3", {}, "Samples per second, piece by piece") + RateChart(run, scenario);
  return details + Knobs(scenario);
}

}  // namespace heddle::cli
