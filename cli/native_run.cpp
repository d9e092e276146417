#include "cli/native_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <set>
#include <utility>

#include "cli/duration.h"
#include "cli/failure_text.h"
#include "cli/native_catalog.h"
#include "cli/native_mutants.h"
#include "cli/native_reproducers.h"
#include "cli/native_text.h"
#include "cli/output.h"
#include "cli/quantities.h"
#include "cli/reproducer.h"
#include "cli/selection.h"
#include "cli/stress_progress.h"
#include "stress/affinity.h"
#include "stress/end_signals.h"
#include "stress/environment.h"
#include "stress/wall_clock.h"

namespace heddle::cli {
namespace {

using std::chrono::milliseconds;

const Subject& SubjectOf(const std::string& scenario) {
  const auto& all = AllSubjects();
  return *std::find_if(all.begin(), all.end(),
                       [&](const Subject& s) { return s.name() == scenario; });
}

// Of each control: one part in twenty of the run, within reason.
milliseconds ControlTime(const StressArguments& arguments) {
  return std::clamp(ParseDuration(arguments.duration) / 20, milliseconds(50), milliseconds(500));
}

// Those that were asked for, as far as they are there.
std::vector<int> CpusOf(const StressArguments& arguments) {
  return stress::AvailableOf(arguments.cpus.empty() ? std::vector<int>()
                                                    : stress::ParseCpuList(arguments.cpus));
}

std::vector<stress::ScenarioInfo> InfosOf(const std::vector<stress::StressPlan>& plans) {
  std::vector<stress::ScenarioInfo> infos;
  for (const auto& plan : plans) {
    const Subject& subject = SubjectOf(plan.name);
    infos.push_back({&plan, subject.what, subject.observations});
  }
  return infos;
}

// Tells the file now and then: a search may take seconds, and a killed run is not to repeat it.
void SetModelOutcomes(const std::function<AllowedOutcomes(const std::string&)>& allowed,
                      const stress::ModelOutcomes& known, stress::ResultsDb* db,
                      std::vector<stress::StressPlan>& plans) {
  constexpr milliseconds kBetween{300};
  stress::ModelOutcomes searched;
  auto told = std::chrono::steady_clock::now();
  for (auto& plan : plans) {
    if (const auto found = known.find(plan.name); found != known.end()) {
      plan.model_outcomes = found->second;
      continue;
    }
    if (stress::EndSignals::Came()) break;
    const AllowedOutcomes model = allowed(plan.name);
    if (stress::EndSignals::Came()) break;  // it was cut short
    if (model) {
      plan.model_outcomes.emplace();
      for (const auto& [outcome, count] : *model) plan.model_outcomes->push_back(outcome);
    }
    if (db == nullptr) continue;
    searched[plan.name] = plan.model_outcomes;
    if (std::chrono::steady_clock::now() - told < kBetween) continue;
    db->Add(std::exchange(searched, {}));
    told = std::chrono::steady_clock::now();
  }
  if (!searched.empty()) db->Add(searched);
}

NativeRun ToRun(const stress::ScenarioTotal& total) {
  NativeRun run;
  run.result = total.sum;
  run.by_placement = total.by_placement;
  run.failed_pieces = total.failed_pieces;
  run.rested = total.rested;
  run.observations = total.info->observations;
  if (!total.info->plan->model_outcomes) return run;
  run.compared = true;
  const auto& model = *total.info->plan->model_outcomes;
  const auto seen = [&](const auto& outcome) {
    return std::any_of(
        total.sum.outcomes.begin(), total.sum.outcomes.end(),
        [&](const stress::OutcomeCount& o) { return o.count > 0 && o.outcome == outcome; });
  };
  for (const stress::OutcomeCount& o : total.sum.outcomes)
    if (o.count > 0 && std::find(model.begin(), model.end(), o.outcome) == model.end())
      run.outside_model.push_back(o.outcome);
  for (const auto& outcome : model)
    if (!seen(outcome)) run.unseen.push_back(outcome);
  return run;
}

// What the killed run was asked for, if there is one; else nothing.
std::optional<stress::Unfinished> LookForUnfinished(const StressArguments& arguments,
                                                    const std::vector<stress::StressPlan>& plans,
                                                    stress::ResultsDb& db) {
  auto run = db.LastUnfinished(plans);
  if (!run) return run;
  const auto refuse = [&](const std::string& option, const std::string& then,
                          const std::string& now) {
    throw std::invalid_argument(fmt::format(
        "--resume: the run in '{}' was begun with {} {}, not {}; give the same, or leave --resume "
        "out",
        arguments.db_file, option, then, now));
  };
  const stress::RunRequest& then = run->request;
  if (then.glob != arguments.glob) refuse("GLOB", then.glob, arguments.glob);
  if (then.cpus != arguments.cpus)
    refuse("--cpus", "'" + then.cpus + "'", "'" + arguments.cpus + "'");
  if (arguments.seed != 0 && then.seed != arguments.seed)
    refuse("--seed", std::to_string(then.seed), std::to_string(arguments.seed));
  if (then.duration != ParseDuration(arguments.duration))
    refuse("--duration", fmt::format("{} ms", then.duration.count()), arguments.duration);
  if (then.disturb != arguments.disturb)
    refuse("torture", then.disturb ? "disturbed" : "--undisturbed",
           then.disturb ? "--undisturbed" : "disturbed");
  return run;
}

// One of minutes ago, on the same machine and by the same program, is as good as a new one; and a
// run that is killed time and again would do nothing else.
stress::Controls RunControls(const StressArguments& arguments, const stress::Topology& topology,
                             std::uint64_t seed,
                             const std::optional<stress::Unfinished>& unfinished,
                             stress::ResultsDb* db) {
  std::vector<stress::PassedControl> earlier;
  if (unfinished) earlier = stress::StillValid(unfinished->controls, stress::WallClock());
  return stress::RunControls(topology, ControlTime(arguments), seed, earlier,
                             [db](const stress::PassedControl& control) {
                               if (db != nullptr) db->Add(control);
                             });
}

// Says so once, and when it is over.
class Complaint {
 public:
  explicit Complaint(const std::string& file) : file_(file) {}
  void Say(const stress::ResultsDb& db) {
    if (db.problem() == said_) return;
    said_ = db.problem();
    if (said_.empty())
      std::fprintf(stderr, "heddle: results are written to '%s' again, all of them%s\n",
                   file_.c_str(), db.given_up() > 0 ? " but the oldest" : "");
    else
      std::fprintf(
          stderr,
          "heddle: cannot write results to '%s': %s; the run goes on, and keeps them until "
          "it can\n",
          file_.c_str(), said_.c_str());
  }

 private:
  const std::string& file_;
  std::string said_;
};

// Returns the file's name, or nothing.
std::string WriteReproducer(const stress::PieceRecord& piece, bool disturbed,
                            ReproducerFolder* folder) {
  if (folder == nullptr || !folder->wanted()) return {};
  NativeFailure failure = FailureOf(piece);
  failure.disturbed = disturbed;
  failure.environment = MachineOf(stress::Environment());
  return WriteReproducer(failure, *folder);
}

void PrintFailure(const stress::PieceRecord& piece, const std::string& file) {
  Print("failure of {} ({}): {}\n", piece.scenario, stress::Name(piece.piece.placement.sharing),
        piece.isolated.failure);
  PrintText(EvidenceText(stress::EvidenceFromJson(piece.isolated.evidence), "    "));
  if (!file.empty()) Print("  reproducer: {} replay '{}'\n", ProgramName(), file);
  FlushOutput();
}

}  // namespace

// Scenarios that only vary the model's options would natively be the same run again.
std::vector<stress::StressPlan> PlansFor(const std::string& glob) {
  AllSubjects();  // refuses a bad catalog, for a better reason than the one below
  std::vector<stress::StressPlan> plans = MutantPlans(glob);
  std::string why_not;  // of the first one that matches but does not run here
  for (const NativeSubject& s : NativeScenarios()) {
    if (!MatchesGlob(glob, s.scenario)) continue;
    if (s.why_not.empty())
      plans.push_back(s.plan());
    else if (why_not.empty())
      why_not = fmt::format("{} {}", s.scenario, s.why_not);
  }
  if (plans.empty() && why_not.empty()) {
    throw std::invalid_argument("no scenario matches '" + glob +
                                "', and no mutant that runs natively here; heddle list shows them "
                                "all");
  }
  if (plans.empty())
    throw std::invalid_argument("'" + glob + "' cannot run natively on this machine: " + why_not +
                                "; use heddle check");
  return plans;
}

void RefuseBadRun(const StressArguments& arguments, const std::string& option) {
  const auto plans = PlansFor(arguments.glob);
  if (!arguments.disturb && std::ranges::none_of(plans, [](const stress::StressPlan& plan) {
        return plan.shape == Shape::kTorture;
      }))
    throw std::invalid_argument("--undisturbed: only torture scenarios are disturbed, and '" +
                                arguments.glob + "' names none; leave it out");
  const stress::Topology topology(CpusOf(arguments));
  try {
    stress::Schedule(plans, topology, ParseDuration(arguments.duration), 1);
  } catch (const std::invalid_argument& e) {
    throw std::invalid_argument(fmt::format("{} '{}' {}", option, arguments.duration, e.what()));
  }
}

NativeRuns RunNatively(const StressArguments& arguments, bool print,
                       const std::function<AllowedOutcomes(const std::string&)>& allowed,
                       stress::ResultsDb* db, ReproducerFolder* reproducers) {
  auto plans = PlansFor(arguments.glob);
  const stress::Topology topology(CpusOf(arguments));
  std::optional<stress::Unfinished> unfinished;
  if (arguments.resume) unfinished = LookForUnfinished(arguments, plans, *db);

  NativeRuns runs;
  runs.seed = unfinished            ? unfinished->request.seed
              : arguments.seed != 0 ? arguments.seed
                                    : std::random_device{}() | 1u;
  if (print) PrintMissingCpus(arguments.cpus, topology.cpus());
  if (print) Print("seed {}\n", runs.seed);
  const stress::EndSignals end_signals;

  stress::CampaignOptions options;
  options.request = {arguments.glob, arguments.cpus, runs.seed, ParseDuration(arguments.duration),
                     arguments.disturb};
  options.until_failure = arguments.until_failure;
  if (arguments.keep_going) options.most_failures = 0;
  const auto infos = InfosOf(plans);
  Complaint complaint(arguments.db_file);
  if (unfinished) {
    db->Resume(*unfinished, infos, HEDDLE_VERSION);
  } else if (db != nullptr) {
    db->Begin(options.request, infos, HEDDLE_VERSION);
    if (print && arguments.resume)
      Print("no killed run to go on with in '{}': this is a new one\n", arguments.db_file);
  }
  SetModelOutcomes(allowed, unfinished ? unfinished->model_outcomes : stress::ModelOutcomes(), db,
                   plans);
  stress::Campaign campaign(plans, infos, topology, options, db);
  if (unfinished) {
    campaign.GoOnWith(*unfinished);
    if (print)
      Print("going on with a run of {} pieces, {:.1f} s\n", unfinished->pieces.size(),
            std::chrono::duration<double>(campaign.spent()).count());
  }
  runs.controls = RunControls(arguments, topology, runs.seed, unfinished, db);
  if (unfinished && unfinished->distrusted && runs.controls.trusted) {
    runs.controls.trusted = false;
    runs.controls.why_not = "controls went wrong when a part of this run was made";
  }
  if (print) PrintControls(runs.controls);
  if (db != nullptr) {
    // Those that a signal cut short say nothing.
    if (!stress::EndSignals::Came()) db->SetControls(runs.controls);
    complaint.Say(*db);
  }
  StressProgress progress(print, options.request.duration);
  std::set<std::pair<std::string, std::string>> told;  // kinds of failures, by scenario
  campaign.Run([&](const stress::PieceRecord& piece) {
    progress.Done();  // other lines may come
    if (const std::string& failure = piece.isolated.failure; !failure.empty()) {
      const std::string file = WriteReproducer(piece, arguments.disturb, reproducers);
      if (print && told.emplace(piece.scenario, SignatureOf(failure)).second)
        PrintFailure(piece, file);
    }
    if (db != nullptr) complaint.Say(*db);
    progress.Show(piece, campaign.spent());
  });
  progress.Done();
  runs.interrupted = campaign.interrupted();
  for (std::size_t i = 0; i < plans.size(); ++i) {
    runs.runs.push_back(ToRun(campaign.totals()[i]));
    if (print) PrintRun(runs.runs.back(), plans[i]);
  }
  if (print && runs.interrupted)
    Print("ended by a signal after {:.1f} s of {}{}\n",
          std::chrono::duration<double>(campaign.spent()).count(), arguments.duration,
          db != nullptr ? "; the same command with --resume goes on" : "");
  runs.gave_up = campaign.gave_up();
  if (runs.interrupted || !runs.gave_up.empty())
    runs.cut_short =
        fmt::format("{} after {} of {}", runs.interrupted ? "interrupted" : "gave up",
                    SecondsText(std::chrono::duration<double>(campaign.spent()).count()),
                    SecondsText(std::chrono::duration<double>(options.request.duration).count()));
  if (!runs.gave_up.empty())
    std::fprintf(stderr, "heddle: gave up, since no process could run: %s\n", runs.gave_up.c_str());
  return runs;
}

int ExitStatus(const NativeRuns& runs) {
  int status = runs.controls.trusted ? kHolds : kInconclusive;
  for (const NativeRun& run : runs.runs) {
    if (run.result.verdict == stress::StressVerdict::kFailed || !run.outside_model.empty())
      return kViolation;
    if (!run.Good()) status = kInconclusive;
  }
  return runs.cut_short.empty() ? status : kInconclusive;
}

}  // namespace heddle::cli
