#include "stress/tuner.h"

#include <algorithm>
#include <utility>

namespace heddle::stress {
namespace {

// One pick in eight is another: what was best is not so for ever, nor for all outcomes.
constexpr int kExplore = 8;
// What a weak outcome is worth beside an equally rare one that is not.
constexpr double kWeakWeight = 16;

}  // namespace

Tuner::Tuner(const std::vector<Knobs>& all, IsWeak is_weak, std::uint64_t seed)
    : random_(seed),
      values_(all),
      first_(Covering(values_, random_)),
      is_weak_(std::move(is_weak)) {
  for (const Knobs& knobs : all) settings_.push_back({.knobs = knobs, .seconds = 0, .counts = {}});
  std::reverse(first_.begin(), first_.end());
}

const Knobs& Tuner::Pick() {
  if (!first_.empty()) {
    picked_ = first_.back();
    first_.pop_back();
  } else if (random_.Below(kExplore) != 0) {
    picked_ = Best();
  } else {
    picked_ = random_.Below(2) == 0 ? Any() : BesideTheBest();
  }
  return settings_[picked_].knobs;
}

std::size_t Tuner::Best() const {
  std::size_t best = 0;
  double most = -1;
  for (std::size_t i = 0; i < settings_.size(); ++i) {
    const double worth = Worth(settings_[i]);
    if (worth <= most) continue;
    most = worth;
    best = i;
  }
  return best;
}

std::size_t Tuner::Any() {
  return static_cast<std::size_t>(random_.Below(static_cast<int>(settings_.size())));
}

// One that differs from the best in one knob: what is best in two ways at once is seldom hit by Any
// where there are many.  The best itself, if it has no such neighbour.
std::size_t Tuner::BesideTheBest() {
  const std::size_t best = Best();
  std::size_t chosen = best;
  for (std::size_t i = 0, n = 0; i < settings_.size(); ++i)
    if (values_.Differences(i, best) == 1 && random_.Below(static_cast<int>(++n)) == 0) chosen = i;
  return chosen;
}

void Tuner::Learn(const Histogram& shown, double seconds) {
  Setting& setting = settings_[picked_];
  setting.seconds += seconds;
  for (const Histogram::Entry& entry : shown.entries()) {
    const std::size_t number = NumberOf(entry.outcome);
    if (number == Histogram::kMaxOutcomes) {
      lost_ += entry.count;
      continue;
    }
    if (setting.counts.size() <= number) setting.counts.resize(number + 1);
    setting.counts[number] += entry.count;
    all_[number] += entry.count;
  }
  lost_ += shown.lost();
}

std::size_t Tuner::NumberOf(const std::vector<std::int64_t>& outcome) {
  const auto found = numbers_.find(outcome);
  if (found != numbers_.end()) return found->second;
  if (numbers_.size() == Histogram::kMaxOutcomes) return Histogram::kMaxOutcomes;
  all_.push_back(0);
  weights_.push_back(is_weak_(outcome) ? kWeakWeight : 1);
  return numbers_[outcome] = all_.size() - 1;
}

double Tuner::Worth(const Setting& setting) const {
  if (setting.seconds <= 0) return 0;
  double worth = 0;
  for (std::size_t i = 0; i < setting.counts.size(); ++i)
    worth += weights_[i] * static_cast<double>(setting.counts[i]) / static_cast<double>(all_[i]);
  return worth / setting.seconds;
}

Histogram Tuner::All() const {
  Histogram all;
  for (const auto& [outcome, number] : numbers_) all.Add(outcome, all_[number]);
  all.AddLost(lost_);
  return all;
}

std::vector<KnobCount> Tuner::Counts() const {
  std::vector<KnobCount> counts;
  for (std::size_t knob = 0; knob < kKnobs; ++knob) {
    std::map<std::string, std::pair<double, std::vector<std::uint64_t>>> values;
    for (const Setting& setting : settings_) {
      if (setting.seconds <= 0) continue;
      auto& [seconds, outcomes] = values[Describe(setting.knobs)[knob]];
      seconds += setting.seconds;
      outcomes.resize(all_.size());
      for (std::size_t i = 0; i < setting.counts.size(); ++i) outcomes[i] += setting.counts[i];
    }
    for (const auto& [value, shown] : values) {
      KnobCount& count = counts.emplace_back(KnobCount{kKnobNames[knob], value, shown.first, 0});
      for (const auto& [outcome, number] : numbers_) {
        count.samples += shown.second[number];
        if (shown.second[number] > 0) count.outcomes.push_back({outcome, shown.second[number]});
      }
    }
  }
  return counts;
}

}  // namespace heddle::stress
