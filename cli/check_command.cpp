// heddle check and heddle replay
#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/duration.h"
#include "cli/native_run.h"
#include "cli/selection.h"
#include "runtime/check/check.h"

namespace heddle::cli {
namespace {

std::vector<const model::MemoryModel*> Models(const std::string& name) {
  if (name == "all") return model::AllModels();
  const model::MemoryModel* m = model::FindModel(name);
  if (m == nullptr)
    throw std::invalid_argument("there is no model '" + name + "'; use sc, tso, rc11 or all");
  return {m};
}

std::string VerdictText(const CheckResult& r) {
  switch (r.verdict) {
    case CheckVerdict::kHolds:
      return r.subject->mutant.empty()    ? "holds (complete)"
             : r.expected().error.empty() ? "holds: step not needed here"
                                          : "NOT CAUGHT";
    case CheckVerdict::kViolation:
      return (r.subject->mutant.empty() ? "VIOLATION: " : "caught: ") + r.error;
    case CheckVerdict::kInconclusive:
      return "inconclusive (cut short)";
    case CheckVerdict::kTableWrong:
      return r.subject->mutant.empty()    ? "outcome never seen"
             : r.expected().error.empty() ? "holds: step not needed here"
                                          : "NOT CAUGHT";
  }
  return "?";
}

nlohmann::json ToJson(const CheckResult& r) {
  nlohmann::json outcomes = nlohmann::json::array();
  for (const auto& [values, count] : r.outcomes)
    outcomes.push_back({{"values", values}, {"executions", count}});
  return {{"name", r.subject->name()},     {"model", r.model->name},
          {"traps", Name(r.delivery)},     {"verdict", VerdictText(r)},
          {"as_expected", r.AsExpected()}, {"error", r.error},
          {"message", r.message},          {"token", r.token},
          {"executions", r.executions},    {"blocked", r.blocked},
          {"revisits", r.revisits},        {"seconds", r.seconds},
          {"outcomes", outcomes}};
}

void PrintOutcomes(const CheckResult& r) {
  for (const auto& [values, count] : r.outcomes) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i)
      text += fmt::format("{}{}", i == 0 ? "" : " ", values[i]);
    fmt::print("      {:>10} x  ({})\n", count, text);
  }
}

// The outcomes that complete checks under this architecture's model have seen.
std::map<std::string, AllowedOutcomes> AllowedFrom(const std::vector<CheckResult>& results) {
  std::map<std::string, AllowedOutcomes> allowed;
  for (const CheckResult& r : results)
    if (r.subject->mutant.empty() && r.model->name == stress::NativeModel() &&
        r.verdict == CheckVerdict::kHolds)
      allowed[r.subject->scenario] = r.outcomes;
  return allowed;
}

std::string Count(std::uint64_t n) {
  if (n < 100'000) return std::to_string(n);
  return n < 100'000'000 ? fmt::format("{:.1f} k", static_cast<double>(n) / 1e3)
                         : fmt::format("{:.1f} M", static_cast<double>(n) / 1e6);
}

// One line per scenario: executions per model, mutants caught, and what the native run saw.
void PrintSummary(const std::vector<CheckResult>& results, const std::vector<NativeRun>& runs) {
  fmt::print("\n{:<22} {:>10} {:>10} {:>10} {:>9}   {:>10} {:>9} {:>7} {:<20}\n", "scenario", "sc",
             "tso", "rc11", "mutants", "native", "traps", "weak", "verdict");
  for (const CheckResult& first : results) {
    if (!first.subject->mutant.empty() || first.model != results.front().model) continue;
    const std::string& name = first.subject->scenario;
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
    fmt::print("{:<22} {:>10} {:>10} {:>10} {:>5}/{:<3}   {:>10} {:>9} {:>7} {:<20}\n", name,
               cells["sc"], cells["tso"], cells["rc11"], caught, mutants, native, traps, weak,
               verdict);
  }
  fmt::print(
      "sc, tso, rc11: executions explored, all of them; mutants: caught / to be caught (over the "
      "models);\nnative: samples without a forbidden outcome on this machine, traps claimed, weak "
      "outcomes among them\n");
}

// Stands on its terminal line while a check runs; nothing where stderr is no terminal.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what) : what_(std::move(what)) {}
  ~ProgressLine() {
    if (drawn_) std::fputs("\r\033[K", stderr);
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Draw(const model::ExploreResult& r) {
    static const bool terminal = isatty(STDERR_FILENO) != 0;
    const auto now = std::chrono::steady_clock::now();
    if (!terminal || now - last_ < std::chrono::milliseconds(200)) return;
    last_ = now;
    drawn_ = true;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    fmt::print(stderr, "\r\033[K{}: {} executions, {} blocked, {:.0f}/s, {:.0f} s", what_,
               r.executions, r.blocked, static_cast<double>(r.executions + r.blocked) / seconds,
               seconds);
    std::fflush(stderr);
  }

 private:
  std::string what_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), last_ = start_;
  bool drawn_ = false;
};

}  // namespace

int Check(const CheckArguments& arguments) {
  const auto models = Models(arguments.model);
  const auto subjects = Select(arguments.glob, arguments.mutants);
  CheckOptions options;
  options.max_executions = arguments.max_executions;
  if (!arguments.time_limit.empty()) options.time_limit = ParseDuration(arguments.time_limit);
  if (!arguments.traps.empty() && arguments.traps != "kernel" && arguments.traps != "user")
    throw std::invalid_argument("--traps is kernel or user, not '" + arguments.traps + "'");
  OutputFile json_file(arguments.json_file);
  const bool text = !json_file.is_stdout();

  if (!arguments.stress.empty()) ParseDuration(arguments.stress);
  std::vector<CheckResult> results;
  nlohmann::json json = nlohmann::json::array();
  int unexpected = 0, inconclusive = 0, checks = 0, caught = 0;
  std::string reports;
  if (text)
    fmt::print("{:<46} {:<5} {:<6} {:<32} {:>10} {:>9} {:>8}\n", "scenario", "model", "traps",
               "verdict", "executions", "blocked", "seconds");
  for (const Subject* subject : subjects) {
    auto deliveries = subject->deliveries;
    if (!arguments.traps.empty())
      deliveries = {arguments.traps == "user" ? TrapDelivery::kUser : TrapDelivery::kKernel};
    for (const TrapDelivery delivery : deliveries) {
      for (const model::MemoryModel* m : models) {
        CheckResult r;
        {
          ProgressLine line(subject->name() + " under " + std::string(m->name));
          options.progress = [&line](const model::ExploreResult& e) { line.Draw(e); };
          r = heddle::Check(*subject, *m, delivery, options);
        }
        ++checks;
        const bool cut = r.verdict == CheckVerdict::kInconclusive;
        const bool expected = r.AsExpected();
        caught += !subject->mutant.empty() && r.verdict == CheckVerdict::kViolation && expected;
        inconclusive += cut;
        unexpected += !expected && !cut;
        if (text) {
          fmt::print("{:<46} {:<5} {:<6} {:<32} {:>10} {:>9} {:>8.2f}{}\n",
                     (subject->mutant.empty() ? "" : "  ") + subject->name(), m->name,
                     Name(delivery), VerdictText(r), r.executions, r.blocked, r.seconds,
                     expected || cut ? "" : "   <-- NOT AS EXPECTED");
          if (!expected && !cut && !r.expected().error.empty())
            fmt::print("      expected {}: {}\n", r.expected().error, r.expected().why);
          if (r.verdict == CheckVerdict::kTableWrong && subject->mutant.empty())
            fmt::print("      {}\n", r.message);
          if (arguments.outcomes) PrintOutcomes(r);
          std::fflush(stdout);
        }
        const bool show = !expected || arguments.reports || subjects.size() == 1;
        if (show && !r.report.empty()) reports += "\n" + r.report;
        if (json_file.wanted()) json.push_back(ToJson(r));
        results.push_back(std::move(r));
      }
    }
  }
  if (text) {
    fmt::print("{}", reports);
    fmt::print("\n{} checks: {} as expected ({} mutants caught), {} not, {} inconclusive\n", checks,
               checks - unexpected - inconclusive, caught, unexpected, inconclusive);
  }
  json_file.Write(json.dump(2));
  int status = unexpected != 0 ? kViolation : inconclusive != 0 ? kInconclusive : kHolds;
  if (!arguments.stress.empty()) {
    if (text) fmt::print("\n");
    StressArguments native;
    native.glob = arguments.glob;
    native.duration = arguments.stress;
    const auto runs = RunNatively(native, text, AllowedFrom(results));
    if (text) PrintSummary(results, runs);
    if (status == kHolds) status = ExitStatus(runs);
  }
  return status;
}

int Replay(const ReplayArguments& arguments) {
  OutputFile json_file(arguments.json_file);
  const CheckResult r = heddle::Replay(arguments.token);
  if (!json_file.is_stdout()) fmt::print("{}", r.report);
  json_file.Write(ToJson(r).dump(2));
  return r.verdict == CheckVerdict::kViolation ? kViolation : kHolds;
}

}  // namespace heddle::cli
