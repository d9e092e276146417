// heddle stress
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "cli/annotations.h"
#include "cli/commands.h"
#include "cli/junit.h"
#include "cli/native_mutants.h"
#include "cli/native_run.h"
#include "cli/output.h"
#include "cli/same_file.h"
#include "stress/end_signals.h"

namespace heddle::cli {
namespace {

nlohmann::json OutcomesJson(const stress::StressResult& r) {
  nlohmann::json outcomes = nlohmann::json::array();
  for (const auto& o : r.outcomes)
    outcomes.push_back({{"values", o.outcome},
                        {"count", o.count},
                        {"grade", stress::Name(o.grade)},
                        {"why", o.why}});
  return outcomes;
}

nlohmann::json ToJson(const NativeRun& run) {
  const stress::StressResult& r = run.result;
  nlohmann::json placements = nlohmann::json::object();
  for (const auto& [sharing, placed] : run.by_placement)
    placements[std::string(stress::Name(sharing))] = OutcomesJson(placed);
  nlohmann::json knobs = nlohmann::json::array();
  for (const stress::KnobCount& k : r.knobs) {
    nlohmann::json shown = nlohmann::json::array();
    for (const auto& entry : k.outcomes)
      shown.push_back({{"values", entry.outcome}, {"count", entry.count}});
    knobs.push_back({{"knob", k.knob},
                     {"value", k.value},
                     {"seconds", k.seconds},
                     {"samples", k.samples},
                     {"outcomes", shown}});
  }
  return {{"scenario", r.scenario},
          {"verdict", Name(r.verdict)},
          {"samples", r.samples},
          {"milliseconds", r.duration.count()},
          {"seed", r.seed},
          {"late_percent", r.pace.LatePercent()},
          {"preempted_percent", r.pace.PreemptedPercent()},
          {"stolen_percent", r.pace.ticks > 0 ? nlohmann::json(r.pace.StolenPercent()) : nullptr},
          {"disturbances",
           {{"freezes", r.disturbances.freezes},
            {"stops", r.disturbances.stops},
            {"migrations", r.disturbances.migrations}}},
          {"held_up_pieces", r.held_up},
          {"placements", placements},
          {"knobs", knobs},
          {"failed_pieces", run.failed_pieces},
          {"rounds", r.rounds},
          {"traps", r.traps},
          {"unhandled_traps", r.unhandled_traps},
          {"syncs", r.syncs},
          {"outcomes", OutcomesJson(r)},
          {"outside_model", run.outside_model},
          {"unseen", run.unseen},
          {"compared_with_model", run.compared},
          {"failures", r.failures},
          {"notes", r.notes}};
}

nlohmann::json ToJson(const MutantRun& run) {
  return {{"scenario", run.name},
          {"verdict", Name(run.verdict)},
          {"why", run.why},
          {"milliseconds", run.duration.count()}};
}

// A mutant that survives shows that the runs of its scenario show little.
int StatusOf(const std::vector<MutantRun>& mutants, bool print) {
  std::map<MutantRun::Verdict, int> count;
  for (const MutantRun& run : mutants) ++count[run.verdict];
  using enum MutantRun::Verdict;
  if (print && !mutants.empty())
    Print("{} mutants killed, {} survived, {} not shown, {} not run\n", count[kKilled],
          count[kSurvived], count[kNotShown], count[kSkipped]);
  return count[kSurvived] > 0 ? kInconclusive : kHolds;
}

// How likely it is at most that a bug as rare as the rarest mutant that was killed was missed:
// exp(-rT), with the least rate r for which one kill after so long is no surprise (5 %).
void PrintMisses(const NativeRuns& runs, const std::vector<MutantRun>& mutants) {
  for (const NativeRun& run : runs.runs) {
    const MutantRun* slowest = nullptr;
    int killed = 0, survived = 0;
    for (const MutantRun& mutant : mutants) {
      if (mutant.name.rfind(run.result.scenario + "/", 0) != 0) continue;
      killed += mutant.verdict == MutantRun::Verdict::kKilled;
      survived += mutant.verdict == MutantRun::Verdict::kSurvived;
      if (mutant.verdict == MutantRun::Verdict::kKilled &&
          (slowest == nullptr || mutant.duration > slowest->duration))
        slowest = &mutant;
    }
    if (killed + survived == 0) continue;
    Print("{}: mutation score {} of {}", run.result.scenario, killed, killed + survived);
    if (survived > 0) {
      Print("; what survived says nothing of how rare it is");
    } else if (slowest != nullptr) {
      const double kill = std::max(1e-3, std::chrono::duration<double>(slowest->duration).count()),
                   time = std::chrono::duration<double>(run.result.duration).count();
      Print("; a bug as rare as {} (killed after {:.2f} s) is missed in {:.1f} s with P <= {:.2g}",
            slowest->name.substr(run.result.scenario.size() + 1), kill, time,
            stress::MissBound(kill, time));
    }
    Print("\n");
  }
}

}  // namespace

int Stress(const StressArguments& arguments) {
  RefuseSameFile({{"--json", arguments.json_file},
                  {"--db", arguments.db_file},
                  {"--junit", arguments.junit_file}});
  if (arguments.resume && arguments.db_file.empty())
    throw std::invalid_argument("--resume goes on with a run in a file of results: add --db FILE");
  if (arguments.db_file == "-")
    throw std::invalid_argument("--db '-': a database cannot go to standard output; name a file");
  if (arguments.until_failure && arguments.keep_going)
    throw std::invalid_argument("--until-failure and --keep-going exclude each other; give one");
  RefuseBadRun(arguments);
  RefuseBadMutants(arguments);
  std::unique_ptr<stress::ResultsDb> db;
  if (!arguments.db_file.empty()) db = std::make_unique<stress::ResultsDb>(arguments.db_file);
  OutputFile json_file(arguments.json_file), junit_file(arguments.junit_file);
  const bool print = !json_file.is_stdout() && !junit_file.is_stdout();
  ReproducerFolder reproducers(arguments.reproducers);
  const stress::EndSignals end_signals;
  const NativeRuns runs = RunNatively(arguments, print, ExploreAllowed, db.get(), &reproducers);
  std::vector<MutantRun> mutants;
  nlohmann::json json = nlohmann::json::array();
  for (const NativeRun& run : runs.runs) json.push_back(ToJson(run));
  int status = ExitStatus(runs);
  if (!arguments.mutants.empty() && !runs.interrupted) {
    mutants = RunMutantsNatively(arguments, runs.seed, print, [&](const MutantRun& run) {
      json.push_back(ToJson(run));
      if (db != nullptr)
        db->Add(stress::MutantRecord{run.name, Name(run.verdict), run.why, run.duration});
    });
    if (print) PrintMisses(runs, mutants);
    const int of_mutants = StatusOf(mutants, print);
    if (status == kHolds) status = of_mutants;
  }
  if (db != nullptr && !stress::EndSignals::Came() && runs.gave_up.empty()) db->End();
  json_file.Write(json.dump(2));
  reproducers.Finish();
  if (junit_file.wanted()) junit_file.Write(StressJunit(runs, mutants));
  if (print && InGitHubActions()) PrintText(Annotations(runs, mutants));
  if (db == nullptr) return status;
  if (db->waiting() > 0)
    throw std::invalid_argument("results could not be written to '" + arguments.db_file +
                                "': " + db->problem() + "; mend that and run again");
  if (print) Print("results: heddle report {}\n", arguments.db_file);
  return status;
}

}  // namespace heddle::cli
