#include "cli/native_replay.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

#include "cli/commands.h"
#include "cli/native_run.h"
#include "stress/affinity.h"
#include "stress/end_signals.h"
#include "stress/isolated_run.h"

namespace heddle::cli {
namespace {

using std::chrono::milliseconds;

stress::StressPlan PlanOf(const NativeFailure& failure) {
  for (auto& plan : PlansFor(failure.scenario))
    if (plan.name == failure.scenario) return plan;
  throw std::invalid_argument("there is no scenario '" + failure.scenario + "' that runs here");
}

// Where it failed, or on CPUs that share as much, or anywhere.
void Place(const NativeFailure& failure, int threads, NativeReplay& replay) {
  const auto here = stress::AvailableCpus();
  replay.cpus = failure.cpus;
  replay.elsewhere =
      replay.cpus.empty() || std::any_of(replay.cpus.begin(), replay.cpus.end(), [&](int cpu) {
        return std::find(here.begin(), here.end(), cpu) == here.end();
      });
  if (!replay.elsewhere) return;
  const stress::Topology topology(here);
  replay.cpus = here;
  const auto sharing = stress::SharingNamed(failure.placement);
  if (!sharing) return;
  if (const auto placement = topology.Place(*sharing, threads, failure.seed))
    replay.cpus = placement->cpus;
}

}  // namespace

NativeReplay ReplayNatively(const NativeFailure& failure, milliseconds limit, int enough) {
  const stress::StressPlan plan = PlanOf(failure);
  NativeReplay replay;
  Place(failure, plan.threads, replay);
  const stress::EndSignals end_signals;
  const std::string signature = SignatureOf(failure.failure);
  const auto move_to =
      stress::MoveTo(stress::SharingNamed(failure.placement).value_or(stress::Sharing::kMachine),
                     stress::AvailableCpus());
  while (replay.recurred < enough && replay.seconds * 1e3 < static_cast<double>(limit.count()) &&
         !stress::EndSignals::Came()) {
    const auto left = limit - milliseconds(static_cast<std::int64_t>(replay.seconds * 1e3));
    const auto run = stress::RunIsolated(
        plan, {.duration = std::clamp(milliseconds(static_cast<std::int64_t>(failure.milliseconds)),
                                      milliseconds(1), std::max(left, milliseconds(1))),
               .cpus = replay.cpus,
               .seed = failure.seed + static_cast<std::uint64_t>(replay.runs),
               .disturb = failure.disturbed,
               .move_to = move_to});
    ++replay.runs;
    replay.seconds += std::max(1e-3, std::chrono::duration<double>(run.result.duration).count());
    if (run.failure.empty()) continue;
    const bool same = SignatureOf(run.failure) == signature;
    ++(same ? replay.recurred : replay.otherwise);
    if (same || replay.recurred == 0) replay.message = run.failure;
  }
  return replay;
}

std::string Describe(const NativeReplay& r, const std::string& path) {
  std::string text;
  if (r.elsewhere) {
    text += "not where it failed, whose CPUs are not there, but on";
    for (const int cpu : r.cpus) text += fmt::format(" {}", cpu);
    text += "\n";
  }
  if (r.recurred > 0)
    return text + fmt::format(
                      "the same failure as '{}' records: {}\n{} times in {} runs, {:.2f} s: "
                      "once in {:.2g} s\n",
                      path, r.message, r.recurred, r.runs, r.seconds, r.seconds / r.recurred);
  if (r.otherwise > 0)
    return text + fmt::format(
                      "another failure than '{}' records: {}\n{} times in {} runs, {:.2f} "
                      "s\n",
                      path, r.message, r.otherwise, r.runs, r.seconds);
  return text + fmt::format(
                    "'{}' did not fail again in {} runs, {:.1f} s, which shows nothing: give "
                    "it longer with --duration\n",
                    path, r.runs, r.seconds);
}

int StatusOf(const NativeReplay& r) {
  return r.recurred + r.otherwise > 0 ? kViolation : kInconclusive;
}

}  // namespace heddle::cli
