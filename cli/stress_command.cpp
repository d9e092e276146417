// heddle stress
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "cli/annotations.h"
#include "cli/commands.h"
#include "cli/junit.h"
#include "cli/native_mutants.h"
#include "cli/native_run.h"
#include "cli/output.h"
#include "cli/quantities.h"
#include "cli/same_file.h"
#include "cli/stress_json.h"
#include "cli/tally.h"
#include "stress/end_signals.h"
#include "stress/kill_time.h"
#include "stress/result_json.h"

namespace heddle::cli {
namespace {

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

double SecondsOf(const MutantRun& mutant) {
  return std::max(1e-3, std::chrono::duration<double>(mutant.duration).count());
}

// How likely it is at most that a bug as rare as the rarest mutant that was killed was missed.
void PrintMisses(const NativeRuns& runs, const std::vector<MutantRun>& mutants) {
  for (const NativeRun& run : runs.runs) {
    const MutantRun* rarest = nullptr;
    double longest = 0;  // the time of a single failure that says as much
    int killed = 0, survived = 0;
    for (const MutantRun& mutant : mutants) {
      if (mutant.name.rfind(run.result.scenario + "/", 0) != 0) continue;
      killed += mutant.verdict == MutantRun::Verdict::kKilled;
      survived += mutant.verdict == MutantRun::Verdict::kSurvived;
      if (mutant.verdict != MutantRun::Verdict::kKilled) continue;
      const double time = stress::KillTime(mutant.bad, SecondsOf(mutant));
      if (time <= longest) continue;
      rarest = &mutant;
      longest = time;
    }
    if (killed + survived == 0) continue;
    Print("{}: mutation score {} of {}", run.result.scenario, killed, killed + survived);
    if (survived > 0) {
      Print("; what survived says nothing of how rare it is");
    } else if (rarest != nullptr) {
      const double time = std::chrono::duration<double>(run.result.duration).count();
      Print("; a bug as rare as {} ({} in {:.2f} s) is missed in {:.1f} s with {}",
            rarest->name.substr(run.result.scenario.size() + 1),
            rarest->bad == 1 ? "failed once" : fmt::format("{} bad samples", rarest->bad),
            SecondsOf(*rarest), time, MissText(stress::MissBound(longest, time)));
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
  if (db != nullptr) GoOnWithoutOutput();
  OutputFile json_file(arguments.json_file), junit_file(arguments.junit_file);
  const bool print = !json_file.is_stdout() && !junit_file.is_stdout();
  ReproducerFolder reproducers(arguments.reproducers);
  const stress::EndSignals end_signals;
  NativeRuns runs = RunNatively(arguments, print, ExploreAllowed, db.get(), &reproducers);
  std::vector<MutantRun> mutants;
  int status = ExitStatus(runs);
  if (!arguments.mutants.empty() && !runs.interrupted) {
    mutants = RunMutantsNatively(arguments, runs.seed, print, [&](const MutantRun& run) {
      if (db != nullptr)
        db->Add(stress::MutantRecord{run.name, Name(run.verdict), run.why, run.duration, run.bad});
    });
    if (print) PrintMisses(runs, mutants);
    const int of_mutants = StatusOf(mutants, print);
    if (stress::EndSignals::Came()) runs.cut_short = "interrupted while mutants ran";
    if (status == kHolds) status = runs.cut_short.empty() ? of_mutants : kInconclusive;
  }
  if (db != nullptr && !stress::EndSignals::Came() && runs.gave_up.empty()) db->End();
  if (json_file.wanted()) json_file.Write(stress::Dump(StressJson(runs, mutants), 2));
  reproducers.Finish();
  if (junit_file.wanted()) junit_file.Write(StressJunit(runs, mutants));
  if (print && InGitHubActions()) PrintText(Annotations(runs, mutants));
  if (db != nullptr && db->waiting() > 0)
    throw std::invalid_argument("results could not be written to '" + arguments.db_file +
                                "': " + db->problem() + "; mend that and run again");
  if (print && db != nullptr) Print("results: {} report {}\n", ProgramName(), arguments.db_file);
  if (print) Print("\n{}\n", Describe(TallyOf(runs, mutants)));
  RequireOutput();
  return status;
}

}  // namespace heddle::cli
