// Which settings of the harness show rare outcomes most often?
//
// A bandit: first a few settings that show each pair of values of two knobs (covering.h); then
// mostly the one that has been worth most per second, now and then any, or one that differs from
// the best in one knob.
//
// An outcome is worth the inverse of how often it has been seen so far, by any setting: one that is
// seen once in a million samples is worth a million of the usual ones.  And what sequential
// consistency does not explain is worth more than what it does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/native/thread_context.h"
#include "stress/covering.h"
#include "stress/histogram.h"
#include "stress/knobs.h"

namespace heddle::stress {

/// What a value of one knob has shown, whatever the others were.
struct KnobCount {
  std::string knob, value;  ///< "pacing", "slots of 150 ticks"
  double seconds = 0;
  std::uint64_t samples = 0;
  std::vector<Histogram::Entry> outcomes{};  ///< those that it has shown
};

class Tuner {
 public:
  using IsWeak = std::function<bool(const std::vector<std::int64_t>& outcome)>;

  /// Requires at least one setting.  `is_weak`: not allowed by sequential consistency.
  Tuner(const std::vector<Knobs>& all, IsWeak is_weak, std::uint64_t seed);

  /// The setting to try next.
  const Knobs& Pick();
  /// What the last pick has shown in so many seconds.
  void Learn(const Histogram& shown, double seconds);

  /// Of all settings together.
  Histogram All() const;
  /// Per knob and value, those that were tried.
  std::vector<KnobCount> Counts() const;

 private:
  struct Setting {
    Knobs knobs;
    double seconds = 0;
    std::vector<std::uint64_t> counts;  // by number of outcome; may end early
  };
  double Worth(const Setting& setting) const;
  std::size_t Best() const;
  std::size_t Any();
  std::size_t BesideTheBest();
  std::size_t NumberOf(const std::vector<std::int64_t>& outcome);

  native::Random random_;
  std::vector<Setting> settings_;
  const KnobValues values_;
  std::vector<std::uint32_t> first_;  // settings to try before others, the next one last
  std::size_t picked_ = 0;
  std::map<std::vector<std::int64_t>, std::size_t> numbers_;
  std::vector<std::uint64_t> all_;  // by number of outcome
  std::vector<double> weights_;     // the same
  const IsWeak is_weak_;
  std::uint64_t lost_ = 0;  // samples whose outcome found no room
};

}  // namespace heddle::stress
