// heddle report: what the nights found.
#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <string>

#include "cli/commands.h"
#include "cli/failure_text.h"
#include "cli/junit.h"
#include "cli/native_reproducers.h"
#include "cli/output.h"
#include "cli/page/results_page.h"
#include "cli/perfetto.h"
#include "cli/quantities.h"
#include "cli/same_file.h"
#include "cli/shown_most.h"
#include "cli/tally.h"
#include "stress/stored_run.h"

namespace heddle::cli {
namespace {

using stress::StoredRun;
using stress::StoredScenario;

void PrintEnvironment(const StoredRun& run) {
  for (const auto& [name, value] : run.environment.items())
    Print("  {:<10} {}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
}

void PrintScenario(const StoredScenario& s) {
  const double seconds = std::max(s.seconds, 1e-3);
  Print("\n{}: {}; {} samples in {} ({:.2f} M/s), {} pieces", s.name, s.verdict, s.samples,
        SecondsText(s.seconds), static_cast<double>(s.samples) / seconds / 1e6, s.pieces);
  if (s.failed_pieces > 0) Print(", {} failed", s.failed_pieces);
  if (s.late_percent > 0) Print(", {:.1f} % late", s.late_percent);
  if (s.preempted_percent > 0) Print(", {:.1f} % preempted", s.preempted_percent);
  if (s.stolen_percent) Print(", {:.1f} % stolen", *s.stolen_percent);
  if (s.rounds > 0) Print(", {:.0f} rounds/s", static_cast<double>(s.rounds) / seconds);
  if (s.disturbances.any()) Print("; {}", s.disturbances.Text());
  if (s.held_up > 0) Print("; {} pieces were stopped from outside", s.held_up);
  Print("\n  {:<24} {:<10} {:>14}", "outcome", "grade", "count");
  for (const auto& [placement, samples] : s.samples_by_placement) Print(" {:>16}", placement);
  Print("\n");
  for (const auto& o : s.outcomes) {
    Print("  {:<24} {:<10} {:>14}", o.text, o.grade, o.count);
    for (const auto& [placement, samples] : s.samples_by_placement) {
      const auto found = o.by_placement.find(placement);
      const std::uint64_t count = found == o.by_placement.end() ? 0 : found->second;
      Print(" {:>12.1f} ppm",
            samples > 0 ? 1e6 * static_cast<double>(count) / static_cast<double>(samples) : 0.0);
    }
    const char* note = !o.in_model && o.count > 0 ? "   OUTSIDE THE MODEL"
                       : s.compared && o.in_model && o.count == 0
                           ? "   allowed by the model, never seen here"
                           : "";
    Print("{}\n", note);
  }
  PrintText(ShownMostText(s));
}

void PrintMutants(const StoredRun& run) {
  if (run.mutants.empty()) return;
  const std::size_t killed = run.MutantsThat("killed");
  Print("\nmutation score: {} of {}\n", killed, killed + run.MutantsThat("survived"));
  for (const auto& m : run.mutants)
    Print("  {:<44} {:<9} {:>8.2f} s  {}\n", m.name, m.verdict, m.seconds, m.why);
  for (const StoredScenario& s : run.scenarios)
    if (const auto missed = run.MissedWith(s))
      Print("  {}: a bug as rare as its rarest killed mutant is missed with {}\n", s.name,
            MissText(*missed));
}

// The first of each kind.
void PrintFailures(const StoredRun& run, std::size_t most) {
  const auto groups = GroupsOf(run.failures);
  for (std::size_t i = 0; i < std::min(groups.size(), most); ++i) {
    const stress::StoredFailure& f = groups[i].first();
    Print("  #{} {} {} ({}; CPUs {}; seed {}): {}\n", f.id, LocalTime(f.at), f.scenario,
          f.placement, f.cpus, f.seed, f.failure);
    PrintText(EvidenceText(f.evidence, "      "));
    Print("      again: {}\n", AgainCommand(run, f));
    if (const std::string more = groups[i].MoreText(); !more.empty()) Print("    {}\n", more);
  }
  if (groups.size() > most) Print("  and {} other kinds\n", groups.size() - most);
}

void PrintStored(const StoredRun& run) {
  Print("run {} of {}: {}\n", run.id, LocalTime(run.begun), Describe(TallyOf(run)));
  PrintFailures(run, 20);
  Print("  heddle {} stress '{}', seed {}: {} of {}{}\n", run.version, run.glob, run.seed,
        SecondsText(run.spent_seconds), SecondsText(run.asked_seconds),
        run.ended ? "" : ", not ended (--resume goes on, if nobody does)");
  PrintEnvironment(run);
  for (const std::string& line : run.controls) Print("  control {}\n", line);
  for (const StoredScenario& scenario : run.scenarios) PrintScenario(scenario);
  PrintMutants(run);
}

// As `stress --reproducers` does: of a kind the first one of the newest run.
void WriteReproducers(const std::vector<StoredRun>& runs, bool print, ReproducerFolder& folder) {
  std::set<std::string> written;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run)
    for (const stress::StoredFailure& failure : run->failures)
      if (const std::string file = WriteReproducer(FailureOf(*run, failure), folder);
          !file.empty() && written.insert(file).second && print)
        Print("{}reproducer: {} replay '{}'\n", written.size() == 1 ? "\n" : "", ProgramName(),
              file);
}

}  // namespace

int Report(const ReportArguments& arguments) {
  RefuseSameFile({{"FILE", arguments.db_file},
                  {"--html", arguments.html_file},
                  {"--perfetto", arguments.perfetto_file},
                  {"--junit", arguments.junit_file}});
  const auto runs = stress::ReadRuns(arguments.db_file, arguments.run);
  OutputFile html_file(arguments.html_file), perfetto_file(arguments.perfetto_file),
      junit_file(arguments.junit_file);
  ReproducerFolder reproducers(arguments.reproducers);
  const bool text = !html_file.is_stdout() && !perfetto_file.is_stdout() && !junit_file.is_stdout();
  int status = kHolds;
  for (const StoredRun& run : runs) {
    if (text && &run != &runs.front()) Print("\n");
    if (text) PrintStored(run);
    const std::string verdict = run.Verdict();
    if (verdict == "failed") status = kViolation;
    const bool shows_little = verdict == "harness not trusted" || run.MutantsThat("survived") > 0;
    if (shows_little && status == kHolds) status = kInconclusive;
  }
  if (reproducers.wanted()) WriteReproducers(runs, text, reproducers);
  if (html_file.wanted()) html_file.Write(ResultsPage(runs));
  if (perfetto_file.wanted()) perfetto_file.Write(PerfettoTrace(runs));
  if (junit_file.wanted()) junit_file.Write(ReportJunit(runs));
  reproducers.Finish();
  return status;
}

}  // namespace heddle::cli
