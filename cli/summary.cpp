#include "cli/summary.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "cli/output.h"

namespace heddle::cli {
namespace {

std::string Count(std::uint64_t n) {
  if (n < 100'000) return std::to_string(n);
  return n < 100'000'000 ? fmt::format("{:.1f} k", static_cast<double>(n) / 1e3)
                         : fmt::format("{:.1f} M", static_cast<double>(n) / 1e6);
}

// A table of the scenarios that were checked under these three models.
void PrintSummary(const std::vector<const model::MemoryModel*>& models,
                  const std::vector<CheckResult>& results, const std::vector<NativeRun>& runs) {
  std::set<std::string> shown;
  for (const CheckResult& first : results) {
    const std::string& name = first.subject->scenario;
    if (!first.subject->mutant.empty() || std::ranges::count(models, first.model) == 0 ||
        !shown.insert(name).second)
      continue;
    if (shown.size() == 1)
      Print("\n{:<22} {:>10} {:>10} {:>13} {:>9}   {:>10} {:>9} {:>7} {:<20}\n", "scenario",
            models[0]->name, models[1]->name, models[2]->name, "mutants", "native", "traps", "weak",
            "verdict");
    std::map<std::string_view, std::string> cells;
    int caught = 0, mutants = 0;
    bool good = true;
    for (const CheckResult& r : results) {
      if (r.subject->scenario != name) continue;
      good = good && r.AsExpected();
      if (r.subject->mutant.empty()) {
        cells[r.model->name] = r.verdict == CheckVerdict::kHolds          ? Count(r.executions)
                               : r.verdict == CheckVerdict::kInconclusive ? "cut short"
                                                                          : "VIOLATION";
      } else if (!r.expected().error.empty()) {
        ++mutants;
        caught += r.AsExpected();
      }
    }
    std::string native = "-", traps = "-", weak = "-";
    std::string verdict = good ? "holds (complete)" : "NOT AS EXPECTED";
    for (const NativeRun& run : runs) {
      if (run.result.scenario != name) continue;
      std::uint64_t weak_seen = 0;
      for (const auto& o : run.result.outcomes)
        if (o.grade == Grade::kWeak) weak_seen += o.count;
      native = Count(run.result.samples);
      if (run.result.syncs > 0) traps = Count(run.result.traps);
      if (weak_seen > 0) weak = Count(weak_seen);
      if (!run.Good()) verdict = "native: " + std::string(Name(run.result.verdict));
    }
    Print("{:<22} {:>10} {:>10} {:>13} {:>5}/{:<3}   {:>10} {:>9} {:>7} {:<20}\n", name,
          cells[models[0]->name], cells[models[1]->name], cells[models[2]->name], caught, mutants,
          native, traps, weak, verdict);
  }
}

}  // namespace

std::map<std::string, AllowedOutcomes> AllowedFrom(const std::vector<CheckResult>& results) {
  std::map<std::string, AllowedOutcomes> allowed;
  for (const CheckResult& r : results)
    if (r.subject->mutant.empty() && r.model->name == stress::NativeModel() &&
        r.verdict == CheckVerdict::kHolds)
      allowed[r.subject->scenario] = r.outcomes;
  return allowed;
}

void PrintSummary(const std::vector<CheckResult>& results, const std::vector<NativeRun>& runs) {
  for (const auto& models : {model::AllModels(), model::Arm64Models()})
    PrintSummary(models, results, runs);
  Print(
      "under a model's name: executions explored, all of them; mutants: caught / to be caught "
      "(over "
      "the models);\nnative: samples without a forbidden outcome on this machine, traps claimed, "
      "weak outcomes among them\n");
}

}  // namespace heddle::cli
