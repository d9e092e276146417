#include "cli/native_mutants.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "cli/duration.h"
#include "cli/native_catalog.h"
#include "cli/output.h"
#include "runtime/check/subject.h"
#include "stress/affinity.h"
#include "stress/end_signals.h"
#include "stress/isolated_run.h"

namespace heddle::cli {
namespace {

using Verdict = MutantRun::Verdict;

void PrintRun(const MutantRun& run) {
  const double seconds = std::chrono::duration<double>(run.duration).count();
  switch (run.verdict) {
    case Verdict::kKilled:
      Print("  {:<44} killed after {:.2f} s: {}\n", run.name, seconds, run.why);
      break;
    case Verdict::kSurvived:
      Print("  {:<44} SURVIVED {:.1f} s\n", run.name, seconds);
      break;
    case Verdict::kNotShown:
      Print("  {:<44} not shown in {:.1f} s: {}\n", run.name, seconds, run.why);
      break;
    case Verdict::kSkipped:
      Print("  {:<44} not run: {}\n", run.name, run.why);
  }
  FlushOutput();
}

// A sampled scenario says only at the end of a piece that it has failed: pieces double, so that
// what is killed soon is known soon.  A torture's first moments are unlike the rest: what a start
// does not show in seconds, another one may at once, and it may make a choice once only: so there
// are more.  Scenarios count rounds in ints, which bounds them.
constexpr std::chrono::milliseconds kFirstPiece{250}, kFirstTorture{50}, kLongestPiece{10'000};

// A sample takes some 100 ns: threads that share CPUs are hardly ever at work on one at once.
bool TakeTurns(const stress::StressPlan& plan, std::size_t cpus) {
  return plan.shape == Shape::kSample && static_cast<std::size_t>(plan.threads) > cpus;
}

// Only samples go on when one was wrong; a crash has no counts.
std::uint64_t BadOf(const stress::StressPlan& plan, const stress::StressResult& result) {
  std::uint64_t bad = 0;
  if (plan.shape == Shape::kSample)
    for (const stress::OutcomeCount& row : result.outcomes)
      if (row.grade == Grade::kForbidden) bad += row.count;
  return std::max<std::uint64_t>(bad, 1);
}

// In pieces.  Skipped: there was no sample.
void Run(const NativeSubject& mutant, stress::StressOptions options,
         std::chrono::milliseconds duration, MutantRun& result) {
  const Verdict survived = result.why.empty() ? Verdict::kSurvived : Verdict::kNotShown;
  auto most =
      mutant.plan().shape == Shape::kTorture ? kFirstTorture : kFirstPiece;  // the next piece
  for (auto left = duration; left.count() > 0 && !stress::EndSignals::Came(); ++options.seed) {
    options.duration = std::min(left, most);
    left -= options.duration;
    most = std::min(2 * most, kLongestPiece);
    stress::IsolatedResult piece;
    try {
      piece = stress::RunIsolated(mutant.plan(), options);
    } catch (const std::exception& e) {
      result.verdict = Verdict::kSkipped;
      result.why = e.what();  // the others may run all the same
      return;
    }
    result.duration += piece.result.duration;
    if (!piece.failure.empty()) {
      result.verdict = Verdict::kKilled;
      result.why = piece.failure;
      result.bad = BadOf(mutant.plan(), piece.result);
      return;
    }
    if (piece.result.samples > 0) result.verdict = survived;
  }
}

}  // namespace

const char* Name(MutantRun::Verdict verdict) {
  return verdict == Verdict::kKilled     ? "killed"
         : verdict == Verdict::kSurvived ? "survived"
         : verdict == Verdict::kNotShown ? "not shown"
                                         : "not run";
}

std::vector<stress::StressPlan> MutantPlans(const std::string& glob) {
  std::vector<stress::StressPlan> plans;
  if (glob.find('/') == std::string::npos) return plans;
  for (const NativeSubject& m : NativeMutants())
    if (MatchesGlob(glob, m.scenario + "/" + m.mutant)) plans.push_back(m.plan());
  return plans;
}

void RefuseBadMutants(const StressArguments& arguments) {
  if (arguments.mutants.empty()) return;
  if (ParseDuration(arguments.mutants).count() < 1)
    throw std::invalid_argument("--mutants " + arguments.mutants +
                                " is too short to run anything; give at least 1s");
  bool any = false;
  for (const NativeSubject& m : NativeMutants())
    any = any || MatchesGlob(arguments.glob, m.scenario);
  if (!any)
    throw std::invalid_argument(
        "--mutants: '" + arguments.glob +
        "' has no mutants that run on this machine; leave the option out, or name a scenario that "
        "has, such as SB+fences");
}

std::vector<MutantRun> RunMutantsNatively(const StressArguments& arguments, std::uint64_t seed,
                                          bool print,
                                          const std::function<void(const MutantRun&)>& on_run) {
  stress::StressOptions options;
  const auto duration = ParseDuration(arguments.mutants);
  options.disturb = arguments.disturb;
  options.seed = seed;
  if (!arguments.cpus.empty())
    options.cpus = stress::AvailableOf(stress::ParseCpuList(arguments.cpus));
  const auto cpus = stress::AvailableOf(options.cpus).size();
  std::vector<MutantRun> runs;
  for (const NativeSubject& mutant : NativeMutants()) {
    if (stress::EndSignals::Came()) break;
    if (!MatchesGlob(arguments.glob, mutant.scenario)) continue;
    MutantRun& result = runs.emplace_back();
    result.name = fmt::format("{}/{}", mutant.scenario, mutant.mutant);
    result.why = mutant.why_not;
    if (result.why.empty()) {
      result.why = mutant.why_hardly;
      Run(mutant, options, duration, result);
      if (result.verdict == Verdict::kSurvived && TakeTurns(mutant.plan(), cpus)) {
        result.verdict = Verdict::kNotShown;
        result.why = fmt::format("its {} threads take turns on {} CPU{}", mutant.plan().threads,
                                 cpus, cpus == 1 ? "" : "s");
      }
      if (result.verdict == Verdict::kSkipped && result.why.empty())
        result.why = "in " + arguments.mutants + " it took no sample: give it longer";
    }
    if (stress::EndSignals::Came()) {
      runs.pop_back();  // it was cut short
      break;
    }
    if (print) PrintRun(result);
    on_run(result);
  }
  return runs;
}

}  // namespace heddle::cli
