#include "runtime/check/search_meter.h"

#include <algorithm>

namespace heddle {

std::optional<SearchJob> SearchMeter::NextProbe() {
  if (!WantsProbe()) return {};
  SearchJob job;
  job.kind = SearchJob::Kind::kProbe;
  job.seed = seed_++;
  const auto first = std::chrono::milliseconds(200), later = next_probe_ / 50;
  job.milliseconds = static_cast<std::uint64_t>((job.seed == 1 ? first : later).count());
  next_probe_ *= 2;
  return job;
}

void SearchMeter::Add(const model::Probes& probes) { probes_.Add(probes); }

void SearchMeter::Show(const Tally& counted, const Tally& unreported) {
  const auto now = Clock::now();
  if (now < next_show_) return;
  next_show_ = now + options_.progress_every;
  SearchProgress p;
  p.executions = counted.executions + unreported.executions;
  p.blocked = counted.blocked + unreported.blocked;
  p.seconds = std::chrono::duration<double>(now - start_).count();
  const auto ended = static_cast<double>(p.executions + p.blocked);
  p.per_second = (ended - static_cast<double>(before_)) / p.seconds;
  if (probes_.count > 0) {
    const auto parts = static_cast<double>(options_.shard.of);  // about equal
    const model::SizeEstimate size = model::EstimateSize(probes_, ended * parts);
    p.estimate = size.total / parts;
    p.spread = size.spread / parts;
  } else if (strategy_.kind == Strategy::Kind::kRandom) {
    p.estimate = static_cast<double>(strategy_.random.executions);
    p.spread = 0;
  }
  if (p.estimate && p.per_second > 0) p.seconds_left = (*p.estimate - ended) / p.per_second;
  options_.progress(p);
}

std::chrono::steady_clock::time_point SearchMeter::NextShow() const {
  return options_.progress ? next_show_ : Clock::time_point::max();
}

}  // namespace heddle
