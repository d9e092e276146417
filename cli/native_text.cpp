#include "cli/native_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "cli/failure_text.h"
#include "cli/output.h"
#include "cli/reproducer.h"
#include "cli/shown_most.h"
#include "stress/affinity.h"
#include "stress/wall_clock.h"

namespace heddle::cli {
namespace {

// What must not be is to be seen.
std::string_view Loud(Grade grade) {
  return grade == Grade::kForbidden ? "FORBIDDEN" : stress::Name(grade);
}

double Seconds(std::chrono::milliseconds duration) {
  return std::max(0.001, std::chrono::duration<double>(duration).count());
}

// As a file of results would have it.
void PrintShownMost(const NativeRun& run, Shape shape) {
  std::vector<stress::StoredOutcome> outcomes;
  for (const stress::OutcomeCount& row : run.result.outcomes) {
    stress::StoredOutcome& o = outcomes.emplace_back();
    o.outcome = row.outcome;
    o.text = stress::OutcomeText(run.observations, shape, row.outcome);
    o.grade = stress::Name(row.grade);
    o.count = row.count;
    o.in_model = std::ranges::find(run.outside_model, row.outcome) == run.outside_model.end();
  }
  std::vector<stress::StoredKnob> settings;
  for (const stress::KnobCount& k : run.result.knobs) {
    settings.push_back({k.knob, k.value, k.seconds, k.samples, {}});
    for (const auto& entry : k.outcomes) settings.back().outcomes[entry.outcome] = entry.count;
  }
  for (const auto& [sharing, placed] : run.by_placement) {
    settings.push_back({"placement", std::string(stress::Name(sharing)), 0, placed.samples, {}});
    for (const auto& row : placed.outcomes) settings.back().outcomes[row.outcome] = row.count;
  }
  PrintText(ShownMostText(outcomes, settings));
}

// Of faults the first of each kind, and where the others like it were; then what else is wrong.
void PrintFailures(const NativeRun& run) {
  const stress::StressResult& r = run.result;
  std::map<std::string, std::vector<std::string>> placements;  // by kind
  std::uint64_t not_kept = 0;
  for (const auto& [sharing, placed] : run.by_placement) {
    not_kept += placed.more_faults;
    for (const std::string& fault : placed.faults)
      placements[SignatureOf(fault)].emplace_back(stress::Name(sharing));
  }
  std::set<std::string> told;
  for (const std::string& f : r.faults) {
    const std::string kind = SignatureOf(f);
    if (!told.insert(kind).second) continue;
    Print("  failure: {}\n", f);
    if (const auto& where = placements[kind]; where.size() > 1)
      Print("    and {} more like it ({} in all)\n", where.size() - 1, CountedText(where));
  }
  if (not_kept > 0) Print("  and {} further failures\n", not_kept);
  const std::size_t of_faults = r.faults.size() + (r.more_faults > 0 ? 1 : 0);
  for (std::size_t i = of_faults; i < r.failures.size(); ++i)
    Print("  failure: {}\n", r.failures[i]);
}

}  // namespace

void PrintMissingCpus(const std::string& asked, const std::vector<int>& used) {
  if (asked.empty()) return;
  const auto count = stress::ParseCpuList(asked).size();
  if (count > used.size())
    Print("of the {} CPUs that were asked for ({}), {} are not available: the others are used\n",
          count, asked, count - used.size());
}

void PrintControls(const stress::Controls& controls) {
  const auto now = stress::WallClock();
  for (const stress::PassedControl& control : controls.earlier)
    Print("control {}   (of {} s ago: not run again)\n", control.line, (now - control.at) / 1000);
  for (const stress::Control& control : controls.all)
    Print("control {}{}{}\n", stress::Describe(control), control.wrong.empty() ? "" : "   <-- ",
          control.wrong);
  if (!controls.trusted) Print("HARNESS NOT TRUSTED: {}\n", controls.why_not);
  FlushOutput();
}

void PrintRun(const NativeRun& run, const stress::StressPlan& plan) {
  const stress::StressResult& r = run.result;
  const double seconds = Seconds(r.duration);
  Print("{}: {}; {} samples, {:.2f} M/s, {:.1f} s", r.scenario, Name(r.verdict), r.samples,
        static_cast<double>(r.samples) / seconds / 1e6, seconds);
  if (r.pace.slots > 0) Print(", {:.1f} % late", r.pace.LatePercent());
  if (r.pace.preempted > 0) Print(", {:.1f} % preempted", r.pace.PreemptedPercent());
  if (r.pace.stolen > 0) Print(", {:.1f} % stolen", r.pace.StolenPercent());
  if (r.rounds > 0) Print(", {:.0f} rounds/s", static_cast<double>(r.rounds) / seconds);
  if (r.syncs > 0)
    Print(", {} rounds of all threads, {} traps claimed, {} unhandled, {} syncs", r.rounds, r.traps,
          r.unhandled_traps, r.syncs);
  if (r.disturbances.any()) Print("; {}", r.disturbances.Text());
  Print("\n");
  for (const stress::OutcomeCount& o : r.outcomes)
    Print("  {:>12} x  {:>11.0f}/s  {:<16} {:<9} {}\n", o.count,
          static_cast<double>(o.count) / seconds,
          stress::OutcomeText(run.observations, plan.shape, o.outcome), Loud(o.grade), o.why);
  PrintShownMost(run, plan.shape);
  for (const auto& outcome : run.outside_model)
    Print("  OUTSIDE THE MODEL: {}\n", stress::OutcomeText(run.observations, plan.shape, outcome));
  PrintFailures(run);
  if (run.rested) Print("  failed {} times, so it ran no more (--keep-going)\n", run.failed_pieces);
  for (const std::string& n : r.notes) Print("  note: {}\n", n);
  FlushOutput();
}

}  // namespace heddle::cli
