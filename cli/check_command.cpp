// heddle check
#include <algorithm>

#include "cli/annotations.h"
#include "cli/atomic_file.h"
#include "cli/check_output.h"
#include "cli/check_plan.h"
#include "cli/checkpoint.h"
#include "cli/commands.h"
#include "cli/execution_list.h"
#include "cli/graph_json.h"
#include "cli/hang_timeout.h"
#include "cli/junit.h"
#include "cli/output.h"
#include "cli/page/check_page.h"
#include "cli/progress.h"
#include "cli/reproducer.h"
#include "cli/reproducer_folder.h"
#include "cli/same_file.h"
#include "cli/stats.h"
#include "cli/summary.h"
#include "runtime/check/minimise.h"
#include "stress/result_json.h"

namespace heddle::cli {
namespace {

void RefuseConflicts(const CheckArguments& a) {
  std::vector<Destination> destinations = {{"--json", a.json_file},
                                           {"--dot", a.dot_file},
                                           {"--html", a.html_file},
                                           {"--junit", a.junit_file},
                                           {"--list-executions", a.list_file},
                                           {"--checkpoint", a.checkpoint_file}};
  if (!a.checkpoint_file.empty())
    destinations.push_back({"--checkpoint", TemporaryOf(a.checkpoint_file)});
  RefuseSameFile(destinations);
  if (a.list_file == "-" && !a.checkpoint_file.empty())
    throw std::invalid_argument(
        "--list-executions '-' cannot be gone on with, as --checkpoint would; name a file");
  if (a.glob.find('/') == std::string::npos) return;  // scenarios
  if (!a.mutants)
    throw std::invalid_argument("--no-mutants leaves mutants out, and '" + a.glob +
                                "' names nothing else; leave one of the two out");
  // A mutant is to fail here: what would the status say of one that does, or does not?
  if (!a.stress.empty())
    throw std::invalid_argument(
        "--stress '" + a.stress + "' compares scenarios with their checks, and '" + a.glob +
        "' names mutants; leave it out, and run heddle stress '" + a.glob + "'");
}

// The checks of one command, one after the other.
class Checks {
 public:
  explicit Checks(const CheckArguments& arguments)
      : style_(ParseProgress(arguments.progress)),
        options_(ParseOptions(arguments)),
        plan_(PlanChecks(arguments)),
        checkpoint_(arguments.checkpoint_file, plan_, !arguments.list_file.empty(),
                    options_.checkpoint_every),
        list_(arguments.list_file, checkpoint_.listed()) {
    if (!AllDone()) checkpoint_.Save(list_.Flush());
  }

  std::size_t size() const { return plan_.size(); }
  const Strategy& strategy() const { return options_.strategy; }
  bool lists_to_stdout() const { return list_.is_stdout(); }

  bool OneSubject() const {
    return std::all_of(plan_.begin(), plan_.end(), [this](const PlannedCheck& c) {
      return c.subject == plan_.front().subject;
    });
  }

  bool AllDone() const {
    for (std::size_t i = 0; i < plan_.size(); ++i)
      if (!checkpoint_.Done(i)) return false;
    return true;
  }

  CheckResult Run(std::size_t i) {
    const auto& [subject, model, delivery, shard, spin_rounds, symmetry] = plan_[i];
    CheckOptions options = options_;
    options.shard = shard;
    options.spin_rounds = spin_rounds;
    options.symmetry = symmetry;
    options.from = checkpoint_.State(i);
    if (list_.wanted()) options.list = [this](const std::string& text) { list_.Add(text); };
    if (checkpoint_.wanted()) {
      options.checkpoint = [this, i](const SearchState& state) {
        checkpoint_.Update(i, state);
        if (checkpoint_.IsDue()) checkpoint_.Save(list_.Flush());
      };
    }
    Progress progress(style_, *subject, *model, delivery);
    progress.Attach(options);
    try {
      CheckResult result = heddle::Check(*subject, *model, delivery, options);
      progress.Done(result);
      return result;
    } catch (const std::invalid_argument& e) {
      if (options.from.tasks.empty()) throw;
      throw std::invalid_argument("cannot go on with the checkpoint '" + checkpoint_.path() +
                                  "': " + e.what() + "; remove it to start again");
    }
  }

  void Finish() {
    const std::uint64_t listed = list_.Flush();
    checkpoint_.Save(listed);
  }

 private:
  const ProgressStyle style_;
  const CheckOptions options_;
  const std::vector<PlannedCheck> plan_;
  Checkpoint checkpoint_;
  ExecutionList list_;
};

// Where results go to standard output, too, it is beside them.
void PrintSeed(std::uint64_t seed, bool to_stdout) {
  const std::string line = fmt::format("random executions: seed {}\n", seed);
  if (!to_stdout) {
    std::fputs(line.c_str(), stderr);
    return;
  }
  PrintText(line);
  FlushOutput();
}

// The path of the file; "" if there is none.
std::string WriteReproducer(ReproducerFolder& folder, const CheckResult& r) {
  if (!folder.wanted() || r.verdict != CheckVerdict::kViolation) return {};
  nlohmann::json file = ToJson(FailureOf(r));
  file["graph"] = GraphJson(r);
  return folder.Write(SafeName(CheckName(*r.subject, *r.model, r.delivery, r.spin_rounds), r.token),
                      file);
}

}  // namespace

int Check(const CheckArguments& arguments) {
  RefuseConflicts(arguments);
  StressArguments native;
  native.glob = arguments.glob;
  native.duration = arguments.stress;
  SetHangTimeout(arguments.hang_timeout);
  if (!arguments.stress.empty()) RefuseBadRun(native, "--stress");
  OutputFile json_file(arguments.json_file), dot_file(arguments.dot_file);
  OutputFile html_file(arguments.html_file), junit_file(arguments.junit_file);
  ReproducerFolder reproducers(arguments.reproducers);
  Checks checks(arguments);
  const bool text = !json_file.is_stdout() && !dot_file.is_stdout() && !html_file.is_stdout() &&
                    !junit_file.is_stdout() && !checks.lists_to_stdout();
  const int width =
      arguments.preemptions || !arguments.shard.empty() ? kBoundedVerdictWidth : kVerdictWidth;
  const bool from_file = checks.AllDone();

  if (checks.strategy().kind == Strategy::Kind::kRandom)
    PrintSeed(checks.strategy().random.seed, text);

  std::vector<CheckResult> results;
  nlohmann::json json = nlohmann::json::array();
  Counts counts;
  bool undecided = false;  // though no budget ended it
  std::string reports, dot;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    CheckResult r = checks.Run(i);
    const bool cut = r.verdict == CheckVerdict::kInconclusive;
    counts.Add(r);
    undecided = undecided || (cut && r.ended_by == Budget::kNone);
    if (text) {
      if (i == 0) PrintHeader(width);
      PrintRow(r, width);
      if (arguments.outcomes) PrintOutcomes(r);
      FlushOutput();
    }
    const bool show = !r.AsExpected() || arguments.reports || checks.OneSubject();
    if (show && r.verdict == CheckVerdict::kViolation) Minimise(r);
    if (show && !r.report.empty()) reports += "\n" + r.report;
    const std::string reproducer = show ? WriteReproducer(reproducers, r) : "";
    if (!reproducer.empty()) reports += "  reproducer: heddle replay '" + reproducer + "'\n";
    if (json_file.wanted()) json.push_back(ToJson(r, arguments.stats));
    if (json_file.wanted() && !reproducer.empty()) json.back()["reproducer"] = reproducer;
    if (dot.empty() && r.graph != nullptr) dot = r.graph->dot;
    results.push_back(std::move(r));
  }
  checks.Finish();
  if (text) {
    PrintText(reports);
    if (InGitHubActions())
      for (const CheckResult& r : results) PrintText(Annotation(r));
    if (arguments.stats) PrintStats(results);
    Print("\n{} checks: {} as expected ({} mutants caught), {} not, {} inconclusive\n",
          counts.checks, counts.as_expected(), counts.caught, counts.unexpected,
          counts.inconclusive);
    if (undecided) PrintStrategyHint(checks.strategy());
    if (from_file)
      Print("nothing was run: '{}' says that all is done; remove it to run again\n",
            arguments.checkpoint_file);
  }
  json_file.Write(stress::Dump(json, 2));
  if (text && dot_file.wanted() && dot.empty())
    Print("no violation, so there is nothing to draw: {} is empty\n", arguments.dot_file);
  dot_file.Write(dot);
  if (html_file.wanted()) html_file.Write(CheckPage(results));
  reproducers.Finish();
  int status = counts.unexpected != 0     ? kViolation
               : counts.inconclusive != 0 ? kInconclusive
                                          : kHolds;
  NativeRuns runs;
  if (!arguments.stress.empty()) {
    if (text) Print("\n");
    const auto allowed = AllowedFrom(results);
    runs = RunNatively(native, text, [&](const std::string& scenario) {
      const auto found = allowed.find(scenario);
      return found == allowed.end() ? std::nullopt : found->second;
    });
    if (text) PrintSummary(results, runs.runs);
    if (text && InGitHubActions()) PrintText(Annotations(runs, {}));
    // A bug that was seen outweighs checks that were cut short.
    if (const int of_runs = ExitStatus(runs); of_runs == kViolation || status == kHolds)
      status = of_runs;
  }
  if (junit_file.wanted()) junit_file.Write(CheckJunit(results, runs));
  return status;
}

}  // namespace heddle::cli
