#include "stress/result.h"

#include <algorithm>
#include <cmath>

namespace heddle::stress {
namespace {

#if defined(__x86_64__)
constexpr Grade Expect::*kColumn = &Expect::tso;
#else
constexpr Grade Expect::*kColumn = &Expect::rc11;
#endif

constexpr std::size_t kMostFaults = 8;  // that a sum of runs keeps

double Percent(std::uint64_t part, std::uint64_t all) {
  return all > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(all) : 0;
}

OutcomeCount* Find(std::vector<OutcomeCount>& rows, const std::vector<std::int64_t>& outcome) {
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const OutcomeCount& o) { return o.outcome == outcome; });
  return row != rows.end() ? &*row : nullptr;
}

void MergeKnobs(const std::vector<KnobCount>& others, std::vector<KnobCount>& sum) {
  for (const KnobCount& other : others) {
    const auto same = std::find_if(sum.begin(), sum.end(), [&](const KnobCount& k) {
      return k.knob == other.knob && k.value == other.value;
    });
    if (same == sum.end()) {
      sum.push_back(other);
      continue;
    }
    same->seconds += other.seconds;
    same->samples += other.samples;
    for (const Histogram::Entry& entry : other.outcomes) {
      const auto known = std::find_if(same->outcomes.begin(), same->outcomes.end(),
                                      [&](const auto& o) { return o.outcome == entry.outcome; });
      if (known != same->outcomes.end()) {
        known->count += entry.count;
      } else {
        same->outcomes.push_back(entry);
      }
    }
  }
}

std::string Counted(const OutcomeCount& row) {
  std::string text = "outcome (";
  for (std::size_t i = 0; i < row.outcome.size(); ++i)
    text += (i > 0 ? ", " : "") + std::to_string(row.outcome[i]);
  return text + ") seen " + std::to_string(row.count) + " times: " + row.why;
}

}  // namespace

void Pace::Add(const Pace& other) {
  slots += other.slots;
  late += other.late;
  batches += other.batches;
  preempted += other.preempted;
  ticks += other.ticks;
  stolen += other.stolen;
}
double Pace::LatePercent() const { return Percent(late, slots); }
double Pace::PreemptedPercent() const { return Percent(preempted, batches); }
double Pace::StolenPercent() const { return Percent(stolen, ticks); }

void Disturbances::Add(const Disturbances& other) {
  freezes += other.freezes;
  stops += other.stops;
  migrations += other.migrations;
  stalls += other.stalls;
}
std::string Disturbances::Text() const {
  return std::to_string(stalls) + " stalls, " + std::to_string(freezes) + " freezes, " +
         std::to_string(stops) + " stops, " + std::to_string(migrations) + " migrations";
}

std::string_view Name(StressVerdict verdict) {
  switch (verdict) {
    case StressVerdict::kPassed:
      return "passed";
    case StressVerdict::kFailed:
      return "failed";
    case StressVerdict::kNotTrusted:
      return "harness not trusted";
  }
  return "unknown";
}

std::string_view Name(Grade grade) {
  return grade == Grade::kAllowed ? "allowed" : grade == Grade::kWeak ? "weak" : "forbidden";
}

std::string OutcomeText(const std::vector<std::string>& names, Shape shape,
                        const std::vector<std::int64_t>& outcome) {
  const auto name = [&](std::size_t i) {
    return i < names.size() ? names[i] : "#" + std::to_string(i);
  };
  if (shape == Shape::kTorture)
    return name(static_cast<std::size_t>(outcome.at(0))) + "=" + std::to_string(outcome.at(1));
  std::string text;
  for (std::size_t i = 0; i < outcome.size(); ++i)
    text += (i > 0 ? " " : "") + name(i) + "=" + std::to_string(outcome[i]);
  return text;
}

std::string_view NativeModel() { return kColumn == &Expect::tso ? "tso" : "rc11"; }

void CountOutcomes(const StressPlan& plan, const Histogram& all, StressResult& result) {
  for (const Expect& row : plan.expected)
    result.outcomes.push_back({row.outcome, 0, row.*kColumn, row.why});
  for (const Histogram::Entry& entry : all.entries()) {
    if (OutcomeCount* const row = Find(result.outcomes, entry.outcome)) {
      row->count += entry.count;
    } else {
      result.outcomes.push_back(
          {entry.outcome, entry.count, Grade::kForbidden, "not in the outcome table"});
    }
  }
  result.samples = all.Total();
  result.lost = all.lost();
}

void Merge(const StressResult& other, StressResult& sum) {
  for (const OutcomeCount& row : other.outcomes) {
    if (OutcomeCount* const known = Find(sum.outcomes, row.outcome)) {
      known->count += row.count;
    } else {
      sum.outcomes.push_back(row);
    }
  }
  sum.samples += other.samples;
  sum.lost += other.lost;
  sum.rounds += other.rounds;
  sum.traps += other.traps;
  sum.unhandled_traps += other.unhandled_traps;
  sum.syncs += other.syncs;
  sum.pace.Add(other.pace);
  sum.disturbances.Add(other.disturbances);
  sum.held_up += other.held_up;
  MergeKnobs(other.knobs, sum.knobs);
  sum.shared_cpus = sum.shared_cpus && other.shared_cpus;
  sum.duration += other.duration;
  sum.interrupted = sum.interrupted || other.interrupted;
  for (const std::string& fault : other.faults) {
    if (sum.faults.size() < kMostFaults) {
      sum.faults.push_back(fault);
    } else {
      ++sum.more_faults;
    }
  }
}

double MissBound(double kill, double run) {
  // P(killed by then) = 1 - exp(-r kill) = 5 %.
  return std::exp(std::log(0.95) / kill * run);
}

void Judge(const StressPlan& plan, StressResult& result) {
  result.failures = result.faults;
  if (result.more_faults > 0)
    result.failures.push_back("and " + std::to_string(result.more_faults) + " further failures");
  result.notes.clear();
  for (const OutcomeCount& row : result.outcomes)
    if (row.grade == Grade::kForbidden && row.count > 0)
      result.failures.push_back("forbidden " + Counted(row));
  for (const OutcomeCount& row : result.outcomes)
    if (plan.model_outcomes && row.grade != Grade::kForbidden && row.count > 0 &&
        std::find(plan.model_outcomes->begin(), plan.model_outcomes->end(), row.outcome) ==
            plan.model_outcomes->end())
      result.failures.push_back("outside the model: " + Counted(row));
  if (result.lost > 0) result.failures.push_back("more than 1024 distinct outcomes");

  if (result.shared_cpus && plan.threads > 1 && result.samples > 0)
    result.notes.push_back(
        std::to_string(plan.threads) +
        " threads shared fewer CPUs: few samples overlapped, so little was tried");
  if (result.pace.LatePercent() > 90)
    result.notes.push_back(
        "threads came late to most samples: the CPUs are busy otherwise, or the scenario is longer "
        "than its slot");
  if (result.pace.StolenPercent() > 10)
    result.notes.push_back(
        "a hypervisor gave the CPUs to others for more than a tenth of the time: threads met "
        "seldom");
  if (result.held_up > 0)
    result.notes.push_back(
        "stopped from outside (SIGSTOP) until long after the time was up, and made to go on; such "
        "processes: " +
        std::to_string(result.held_up));
#if !defined(__OPTIMIZE__)
  result.notes.push_back("built without optimisation: all atomic accesses are seq_cst");
#endif

  result.verdict = StressVerdict::kPassed;
  if (result.samples == 0) {
    result.verdict = StressVerdict::kNotTrusted;
    result.notes.push_back("no sample was taken");
  }
  for (const OutcomeCount& row : result.outcomes) {
    if (!plan.control || row.grade != Grade::kWeak || row.count > 0) continue;
    result.verdict = StressVerdict::kNotTrusted;
    result.notes.push_back("a weak outcome that this architecture shows was never seen: " +
                           row.why);
  }
  if (!result.failures.empty()) result.verdict = StressVerdict::kFailed;
}

}  // namespace heddle::stress
