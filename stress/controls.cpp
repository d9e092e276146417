#include "stress/controls.h"

#include <algorithm>
#include <cstdio>

#include "scenarios/message_passing.h"
#include "scenarios/store_buffering.h"
#include "stress/end_signals.h"
#include "stress/wall_clock.h"

namespace heddle::stress {
namespace {

// How often store buffering is tried, each time for longer: other programs may have the CPUs.
constexpr int kTries = 6;

bool IsWeak(const StressPlan& plan, const OutcomeCount& row) {
  // What the control is about; of those that must not show it, the forbidden rows.
  return plan.control ? row.grade == Grade::kWeak : row.grade == Grade::kForbidden;
}

Control RunOne(const StressPlan& plan, const Placement& placement,
               std::chrono::milliseconds duration, std::uint64_t seed) {
  Control control;
  control.scenario = plan.name;
  control.placement = Name(placement.sharing);
  IsolatedResult run;
  try {
    run = RunIsolated(plan, {.duration = duration, .cpus = placement.cpus, .seed = seed});
  } catch (const std::exception& e) {
    control.wrong = e.what();
    return control;
  }
  const StressResult& r = run.result;
  control.samples = r.samples;
  for (const OutcomeCount& row : r.outcomes)
    if (IsWeak(plan, row)) control.weak += row.count;
  control.seconds = std::chrono::duration<double>(r.duration).count();
  control.late_percent = r.pace.LatePercent();
  control.preempted_percent = r.pace.PreemptedPercent();
  if (r.pace.ticks > 0) control.stolen_percent = r.pace.StolenPercent();
  if (!r.faults.empty()) {
    control.wrong = plan.name + " went wrong: " + r.faults.front();
  } else if (plan.control && control.weak == 0) {
    control.wrong = plan.name + " did not show its weak outcome, so the threads did not meet";
  } else if (!plan.control && control.weak > 0) {
    control.wrong = plan.name + " showed what this architecture excludes";
  } else if (r.samples == 0) {
    control.wrong = plan.name + " took no sample";
  }
  return control;
}

}  // namespace

std::vector<PassedControl> StillValid(const std::vector<PassedControl>& passed, std::int64_t now) {
  std::vector<PassedControl> valid;
  for (const PassedControl& control : passed)
    if (control.at <= now && now - control.at < std::chrono::milliseconds(kControlsLast).count())
      valid.push_back(control);
  return valid;
}

Controls RunControls(const Topology& topology, std::chrono::milliseconds each, std::uint64_t seed,
                     const std::vector<PassedControl>& earlier,
                     const std::function<void(const PassedControl&)>& on_passed) {
  Controls controls;
  const auto placement = topology.Place(topology.Classes().front(), 2, seed);
  if (topology.cpus().size() < 2) {
    controls.why_not = "there is one CPU only, so threads never overlap";
    return controls;
  }
  for (const StressPlan& plan :
       {MakePlan<StoreBuffering>(), MakePlan<StoreBufferingFenced>(), MakePlan<MessagePassing>()}) {
    const auto before = std::find_if(earlier.begin(), earlier.end(), [&](const PassedControl& c) {
      return c.scenario == plan.name;
    });
    if (before != earlier.end()) {
      controls.earlier.push_back(*before);
      continue;
    }
    if (EndSignals::Came()) {
      controls.why_not = "a signal ended the run before " + plan.name + " was tried";
      return controls;
    }
    Control& control = controls.all.emplace_back();
    const int tries = plan.control ? kTries : 1;
    for (int attempt = 0; attempt < tries && (attempt == 0 || !EndSignals::Came()); ++attempt) {
      control = RunOne(plan, *placement, each * (1 << attempt),
                       seed + static_cast<std::uint64_t>(attempt));
      if (control.wrong.empty()) break;
    }
    if (control.wrong.empty() && on_passed)
      on_passed({control.scenario, Describe(control), WallClock()});
  }
  const auto wrong = std::find_if(controls.all.begin(), controls.all.end(),
                                  [](const Control& c) { return !c.wrong.empty(); });
  controls.trusted = wrong == controls.all.end();
  if (!controls.trusted) controls.why_not = wrong->wrong;
  return controls;
}

std::string Describe(const Control& c) {
  const double seconds = std::max(c.seconds, 1e-3);
  char text[200];
  std::snprintf(
      text, sizeof text,
      "%s, %s: %s %.2f M/s of %.2f M samples/s (%.1f %%); %.1f %% late, %.2f %% of batches "
      "preempted",
      c.scenario.c_str(), c.placement.c_str(),
      c.scenario == StoreBuffering::kName ? "weak" : "forbidden",
      static_cast<double>(c.weak) / seconds / 1e6, static_cast<double>(c.samples) / seconds / 1e6,
      c.samples > 0 ? 100.0 * static_cast<double>(c.weak) / static_cast<double>(c.samples) : 0.0,
      c.late_percent, c.preempted_percent);
  std::string line = text;
  if (c.stolen_percent) {
    std::snprintf(text, sizeof text, ", %.1f %% stolen", *c.stolen_percent);
    line += text;
  }
  return line;
}

}  // namespace heddle::stress
