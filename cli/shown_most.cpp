#include "cli/shown_most.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace heddle::cli {
namespace {

using stress::StoredKnob;
using stress::StoredOutcome;

constexpr std::size_t kMostOutcomes = 4;
// Fewer show nothing of where an outcome comes most; but of what must not be, one is enough.
constexpr std::uint64_t kEnough = 10;

bool MustNotBe(const StoredOutcome& o) { return o.grade == "forbidden" || !o.in_model; }

std::string PerMillion(double rate) {
  return rate < 10 ? fmt::format("{:.2g}", rate) : fmt::format("{:.0f}", rate);
}

// Rarest first.
std::vector<const StoredOutcome*> Interesting(const std::vector<StoredOutcome>& outcomes) {
  std::vector<const StoredOutcome*> seen;
  for (const StoredOutcome& o : outcomes)
    if (o.count > 0) seen.push_back(&o);
  if (seen.size() < 2) return {};
  std::ranges::stable_sort(seen, {}, &StoredOutcome::count);
  const StoredOutcome* const rarest = seen.front();
  std::erase_if(seen,
                [](const StoredOutcome* o) { return o->grade == "allowed" && !MustNotBe(*o); });
  if (seen.empty()) seen.push_back(rarest);
  if (seen.size() > kMostOutcomes) seen.resize(kMostOutcomes);
  return seen;
}

}  // namespace

std::string ShownMostText(const std::vector<StoredOutcome>& outcomes,
                          const std::vector<StoredKnob>& settings) {
  struct Best {
    double per_million = 0;
    const StoredKnob* setting = nullptr;
    int values = 0;  // that were tried: of a single one, nothing is to be told
  };
  std::string text;
  for (const StoredOutcome* o : Interesting(outcomes)) {
    std::map<std::string, Best> by_knob;
    for (const StoredKnob& setting : settings) {
      if (setting.samples == 0) continue;
      Best& best = by_knob[setting.knob];
      ++best.values;
      const auto found = setting.outcomes.find(o->outcome);
      if (found == setting.outcomes.end() || found->second < (MustNotBe(*o) ? 1 : kEnough))
        continue;
      const double per_million =
          1e6 * static_cast<double>(found->second) / static_cast<double>(setting.samples);
      if (per_million > best.per_million) best = {per_million, &setting, best.values};
    }
    std::vector<Best> all;
    for (const auto& [knob, best] : by_knob)
      if (best.values > 1 && best.setting != nullptr) all.push_back(best);
    std::ranges::stable_sort(all, std::ranges::greater(), &Best::per_million);
    std::string with;
    for (const Best& best : all)
      with += fmt::format("{}{} {} ({} per million)", with.empty() ? "" : ", ", best.setting->knob,
                          best.setting->value, PerMillion(best.per_million));
    if (!with.empty()) text += fmt::format("  {} came most with: {}\n", o->text, with);
  }
  return text;
}

std::string ShownMostText(const stress::StoredScenario& scenario) {
  std::vector<StoredKnob> settings = scenario.knobs;
  for (const auto& [placement, samples] : scenario.samples_by_placement) {
    StoredKnob& setting = settings.emplace_back(StoredKnob{"placement", placement, 0, samples, {}});
    for (const StoredOutcome& o : scenario.outcomes)
      if (const auto found = o.by_placement.find(placement); found != o.by_placement.end())
        setting.outcomes[o.outcome] = found->second;
  }
  return ShownMostText(scenario.outcomes, settings);
}

}  // namespace heddle::cli
