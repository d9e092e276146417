#include "cli/native_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "cli/output.h"
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

std::uint64_t CountOf(const stress::StressResult& result,
                      const std::vector<std::int64_t>& outcome) {
  for (const stress::OutcomeCount& row : result.outcomes)
    if (row.outcome == outcome) return row.count;
  return 0;
}

// Fewer show nothing of where an outcome comes most.
constexpr std::uint64_t kEnough = 10;

// Which placement and which value of each knob has shown the rarest outcome most often.
void PrintRarest(const NativeRun& run, Shape shape) {
  const stress::OutcomeCount* rarest = nullptr;
  int seen = 0;
  for (const stress::OutcomeCount& row : run.result.outcomes) {
    if (row.count == 0) continue;
    ++seen;
    // Weak ones are what one looks for; without any, what is rarest.
    const bool weaker =
        rarest != nullptr && (row.grade == Grade::kAllowed) != (rarest->grade == Grade::kAllowed);
    if (rarest == nullptr || (weaker ? row.grade != Grade::kAllowed : row.count < rarest->count))
      rarest = &row;
  }
  if (seen < 2) return;
  std::string best;
  const auto add = [&](const std::string& what, double per_million) {
    best += fmt::format("{}{} ({:.0f} per million)", best.empty() ? "" : ", ", what, per_million);
  };
  const auto rate = [](std::uint64_t count, std::uint64_t samples) {
    return samples > 0 ? 1e6 * static_cast<double>(count) / static_cast<double>(samples) : 0;
  };
  if (run.by_placement.size() > 1) {
    std::pair<double, std::string_view> most{-1, ""};
    for (const auto& [sharing, placed] : run.by_placement) {
      const std::uint64_t count = CountOf(placed, rarest->outcome);
      if (count >= kEnough)
        most = std::max(most, {rate(count, placed.samples), stress::Name(sharing)});
    }
    if (most.first > 0) add(std::string(most.second), most.first);
  }
  for (const char* knob : stress::kKnobNames) {
    std::pair<double, std::string> most{-1, ""};
    for (const stress::KnobCount& value : run.result.knobs) {
      if (value.knob != knob) continue;
      std::uint64_t count = 0;
      for (const auto& entry : value.outcomes)
        if (entry.outcome == rarest->outcome) count = entry.count;
      if (count >= kEnough) most = std::max(most, {rate(count, value.samples), value.value});
    }
    if (most.first > 0) add(most.second, most.first);
  }
  if (!best.empty())
    Print("  {} came most with: {}\n",
          stress::OutcomeText(run.observations, shape, rarest->outcome), best);
}

}  // namespace

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
  if (r.disturbances.any())
    Print("; {} freezes, {} stops, {} migrations", r.disturbances.freezes, r.disturbances.stops,
          r.disturbances.migrations);
  Print("\n");
  for (const stress::OutcomeCount& o : r.outcomes)
    Print("  {:>12} x  {:>11.0f}/s  {:<16} {:<9} {}\n", o.count,
          static_cast<double>(o.count) / seconds,
          stress::OutcomeText(run.observations, plan.shape, o.outcome), Loud(o.grade), o.why);
  PrintRarest(run, plan.shape);
  for (const auto& outcome : run.outside_model)
    Print("  OUTSIDE THE MODEL: {}\n", stress::OutcomeText(run.observations, plan.shape, outcome));
  for (const std::string& f : r.failures) Print("  failure: {}\n", f);
  if (run.rested) Print("  failed {} times, so it ran no more (--keep-going)\n", run.failed_pieces);
  for (const std::string& n : r.notes) Print("  note: {}\n", n);
  FlushOutput();
}

}  // namespace heddle::cli
