// How far is a search, and how long will it take?
#pragma once

#include <chrono>
#include <optional>

#include "runtime/check/search.h"

namespace heddle {

/// Asks for probes when the search turns out not to be a short one, for 200 ms, then each time that
/// its age has doubled, for 2 % of that.
class SearchMeter {
 public:
  SearchMeter(const SearchOptions& options, const Strategy& strategy)
      : options_(options), strategy_(strategy), before_(options.from.tally.ended()) {}

  bool WantsProbe() const {
    return options_.progress && strategy_.kind == Strategy::Kind::kExhaustive &&
           Clock::now() - start_ >= next_probe_;
  }
  std::optional<SearchJob> NextProbe();
  void Add(const model::Probes& probes);
  /// Calls SearchOptions::progress if it is time.
  void Show(const Tally& counted, const Tally& unreported);
  std::chrono::steady_clock::time_point NextShow() const;

 private:
  using Clock = std::chrono::steady_clock;

  const SearchOptions& options_;
  const Strategy& strategy_;
  const std::uint64_t before_;  // counted in earlier runs
  const Clock::time_point start_ = Clock::now();
  Clock::time_point next_show_ = start_ + options_.progress_every;
  std::chrono::milliseconds next_probe_{500};  // after start_
  model::Probes probes_;
  std::uint64_t seed_ = 1;
};

}  // namespace heddle
