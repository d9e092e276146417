#include "cli/native_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>

#include "cli/duration.h"
#include "cli/output.h"
#include "cli/selection.h"
#include "runtime/check/check.h"
#include "scenarios/catalog.h"
#include "stress/affinity.h"

namespace heddle::cli {
namespace {

// Why a scenario does not run natively here; empty if it does.
template <typename Scenario>
constexpr std::string_view WhyNotHere() {
  Isa isa = native::kIsa;
  if constexpr (requires { Scenario::kIsa; })
    isa = Scenario::kIsa;
  else if constexpr (requires { Scenario::kDelivery; })
    isa = Isa::kX86_64;
  if (isa != native::kIsa)
    return isa == Isa::kArm64 ? "is arm64 text, and this machine is x86-64"
                              : "is x86-64 text, and this machine is arm64";
  if constexpr (requires { Scenario::kModelOnly; }) return "is for the model only";
  return {};
}

// Scenarios that only vary the model's options would natively be the same run again.
std::vector<stress::StressPlan> PlansFor(const std::string& glob) {
  std::vector<stress::StressPlan> plans;
  std::string why_not;  // of the first one that matches but does not run here
  Catalog::ForEach([&]<typename Scenario>() {
    if (!MatchesGlob(glob, Scenario::kName)) return;
    constexpr std::string_view kWhy = WhyNotHere<Scenario>();
    if constexpr (kWhy.empty())
      plans.push_back(stress::MakePlan<Scenario>());
    else if (why_not.empty())
      why_not = fmt::format("{} {}", Scenario::kName, kWhy);
  });
  if (plans.empty() && why_not.empty()) {
    throw std::invalid_argument("no scenario matches '" + glob +
                                "'; heddle list shows them all (mutants run on the model only)");
  }
  if (plans.empty())
    throw std::invalid_argument("'" + glob + "' cannot run natively on this machine: " + why_not +
                                "; use heddle check");
  return plans;
}

// The time is shared out in so many parts.
std::int64_t Parts(const stress::StressPlan& plan) { return plan.shape == Shape::kTorture ? 4 : 1; }

std::int64_t CountParts(const std::vector<stress::StressPlan>& plans,
                        const StressArguments& arguments) {
  std::int64_t parts = 0;
  for (const auto& plan : plans) parts += Parts(plan);
  if (ParseDuration(arguments.duration).count() / parts < 1)
    throw std::invalid_argument("'" + arguments.duration + "' is too short for " +
                                std::to_string(plans.size()) + " scenarios; give at least 1s");
  return parts;
}

const Subject& SubjectOf(const std::string& scenario) {
  const auto& all = AllSubjects();
  return *std::find_if(all.begin(), all.end(),
                       [&](const Subject& s) { return s.name() == scenario; });
}

std::string Show(const NativeRun& run, Shape shape, const std::vector<std::int64_t>& outcome) {
  const auto name = [&](std::size_t i) {
    return i < run.observations.size() ? run.observations[i] : "#" + std::to_string(i);
  };
  if (shape == Shape::kTorture)
    return fmt::format("{}={}", name(static_cast<std::size_t>(outcome[0])), outcome[1]);
  std::string text;
  for (std::size_t i = 0; i < outcome.size(); ++i)
    text += fmt::format("{}{}={}", i == 0 ? "" : " ", name(i), outcome[i]);
  return text;
}

const char* Name(Grade grade) {
  return grade == Grade::kAllowed ? "allowed" : grade == Grade::kWeak ? "weak" : "FORBIDDEN";
}

void PrintRun(const NativeRun& run, Shape shape) {
  const stress::StressResult& r = run.result;
  const double seconds = std::max(0.001, std::chrono::duration<double>(r.duration).count());
  Print("{}: {}; {} samples, {:.2f} M/s, {:.1f} s", r.scenario, Name(r.verdict), r.samples,
        static_cast<double>(r.samples) / seconds / 1e6, seconds);
  if (r.late_percent > 0) Print(", {:.1f} % late", r.late_percent);
  if (r.syncs > 0)
    Print(", {} rounds of all threads, {} traps claimed, {} unhandled, {} syncs", r.rounds, r.traps,
          r.unhandled_traps, r.syncs);
  Print("\n");
  for (const stress::OutcomeCount& o : r.outcomes)
    Print("  {:>12} x  {:<16} {:<9} {}\n", o.count, Show(run, shape, o.outcome), Name(o.grade),
          o.why);
  for (const auto& outcome : run.outside_model)
    Print("  OUTSIDE THE MODEL: {}\n", Show(run, shape, outcome));
  for (const std::string& f : r.failures) Print("  failure: {}\n", f);
  for (const std::string& n : r.notes) Print("  note: {}\n", n);
  FlushOutput();
}

}  // namespace

void RefuseBadRun(const StressArguments& arguments) {
  CountParts(PlansFor(arguments.glob), arguments);
}

std::vector<NativeRun> RunNatively(const StressArguments& arguments, bool print,
                                   const std::map<std::string, AllowedOutcomes>& allowed) {
  const auto plans = PlansFor(arguments.glob);
  const std::int64_t parts = CountParts(plans, arguments);
  stress::StressOptions options;
  options.seed = arguments.seed != 0 ? arguments.seed : std::random_device{}() | 1u;
  if (!arguments.cpus.empty()) options.cpus = stress::ParseCpuList(arguments.cpus);
  if (print) Print("seed {}\n", options.seed);
  std::vector<NativeRun> runs;
  for (const auto& plan : plans) {
    options.duration = ParseDuration(arguments.duration) * Parts(plan) / parts;
    NativeRun run;
    run.result = stress::RunStress(plan, options);
    run.observations = SubjectOf(plan.name).observations;
    const auto model = allowed.find(plan.name);
    if (model != allowed.end() && model->second) {
      run.compared = true;
      for (const stress::OutcomeCount& o : run.result.outcomes)
        if (o.count > 0 && !model->second->contains(o.outcome))
          run.outside_model.push_back(o.outcome);
    }
    if (print) PrintRun(run, plan.shape);
    const bool interrupted = run.result.interrupted;
    runs.push_back(std::move(run));
    if (interrupted) break;
  }
  return runs;
}

std::map<std::string, AllowedOutcomes> ExploreAllowed(const std::string& glob) {
  std::map<std::string, AllowedOutcomes> allowed;
  for (const auto& plan : PlansFor(glob)) {
    const Subject& subject = SubjectOf(plan.name);
    // arm64 text: what the least coherent caches allow.
    const auto model = subject.isa == Isa::kArm64 ? model::Arm64().name : stress::NativeModel();
    const auto r = heddle::Check(subject, *model::FindModel(model), subject.deliveries.front(), {});
    AllowedOutcomes& outcomes = allowed[plan.name];
    if (r.verdict == CheckVerdict::kHolds) outcomes = r.outcomes;
  }
  return allowed;
}

int ExitStatus(const std::vector<NativeRun>& runs) {
  int status = kHolds;
  for (const NativeRun& run : runs) {
    if (run.result.verdict == stress::StressVerdict::kFailed || !run.outside_model.empty())
      return kViolation;
    if (!run.Good()) status = kInconclusive;
  }
  return status;
}

}  // namespace heddle::cli
