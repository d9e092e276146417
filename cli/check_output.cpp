#include "cli/check_output.h"

#include <fmt/core.h>

#include "cli/output.h"
#include "cli/stats.h"

namespace heddle::cli {
namespace {

std::string Preemptions(int n) {
  return n == 1 ? "1 preemption" : fmt::format("{} preemptions", n);
}

// What an undisturbed search left open.
std::string Bound(const Strategy& s) {
  if (s.kind == Strategy::Kind::kPreemptions) return Preemptions(s.preemptions);
  return fmt::format("{} {}", s.random.executions,
                     s.random.pct_depth == 0 ? "random walks" : "PCT executions");
}

nlohmann::json StrategyJson(const CheckResult& r) {
  const Strategy& s = r.strategy;
  switch (s.kind) {
    case Strategy::Kind::kExhaustive:
      break;
    case Strategy::Kind::kPreemptions:
      return {{"kind", "preemptions"}, {"bound", s.preemptions}, {"limited", r.limited}};
    case Strategy::Kind::kRandom:
      return {{"kind", s.random.pct_depth == 0 ? "random walks" : "pct"},
              {"executions", s.random.executions},
              {"seed", s.random.seed},
              {"depth", s.random.pct_depth}};
  }
  return {{"kind", "exhaustive"}};
}

// The option that sets the budget.
const char* OptionOf(Budget budget) {
  return budget == Budget::kExecutions ? "--max-executions"
         : budget == Budget::kTime     ? "--time-limit"
                                       : "--memory-limit";
}

}  // namespace

Standing StandingOf(const CheckResult& r) {
  if (r.verdict == CheckVerdict::kInconclusive) return Standing::kUndecided;
  if (!r.AsExpected()) return Standing::kUnexpected;
  return r.verdict == CheckVerdict::kViolation ? Standing::kCaught : Standing::kGood;
}

void Counts::Add(const CheckResult& r) {
  const Standing standing = StandingOf(r);
  ++checks;
  caught += standing == Standing::kCaught;
  unexpected += standing == Standing::kUnexpected;
  inconclusive += standing == Standing::kUndecided;
}

std::string VerdictText(const CheckResult& r) {
  switch (r.verdict) {
    case CheckVerdict::kHolds:
      if (r.shard.of > 1)
        return fmt::format("holds (shard {} of {}, not a proof alone)", r.shard.index, r.shard.of);
      if (r.limited) return fmt::format("holds (bounded: {}, not a proof)", Bound(r.strategy));
      return r.subject->mutant.empty()
                 ? (r.symmetry ? "holds (up to who is who)" : "holds (complete)")
             : r.AsExpected() ? "holds: step not needed here"
                              : "NOT CAUGHT";
    case CheckVerdict::kViolation:
      return (r.subject->mutant.empty() ? "VIOLATION: " : "caught: ") + r.error;
    case CheckVerdict::kInconclusive:
      return "inconclusive: " +
             (r.ended_by == Budget::kNone ? Bound(r.strategy) : OptionOf(r.ended_by));
    case CheckVerdict::kTableWrong:
      return r.subject->mutant.empty()    ? "outcome never seen"
             : r.expected().error.empty() ? "holds: step not needed here"
                                          : "NOT CAUGHT";
  }
  return "?";
}

std::string ExpectedText(const CheckResult& r) {
  if (r.subject->mutant.empty()) return "";
  const Verdict expected = r.expected();
  return "expected " + (expected.error.empty() ? "that it holds" : expected.error) +
         (expected.why.empty() ? "" : ": " + expected.why);
}

std::string CutText(const CheckResult& r) {
  return fmt::format("ended by {} after {} executions and {} blocked ones without a violation",
                     OptionOf(r.ended_by), r.executions, r.blocked);
}

nlohmann::json ToJson(const CheckResult& r, bool stats) {
  nlohmann::json outcomes = nlohmann::json::array();
  for (const auto& [values, count] : r.outcomes)
    outcomes.push_back({{"values", values}, {"executions", count}});
  nlohmann::json json = {{"name", r.subject->name()},     {"model", r.model->name},
                         {"traps", Name(r.delivery)},     {"verdict", VerdictText(r)},
                         {"as_expected", r.AsExpected()}, {"error", r.error},
                         {"message", r.message},          {"token", r.token},
                         {"executions", r.executions},    {"blocked", r.blocked},
                         {"revisits", r.revisits},        {"seconds", r.seconds},
                         {"search", StrategyJson(r)},     {"outcomes", outcomes}};
  if (r.shard.of > 1) json["shard"] = {{"index", r.shard.index}, {"of", r.shard.of}};
  if (r.spin_rounds > 0) json["spin_rounds"] = r.spin_rounds;
  if (r.symmetry) json["symmetry"] = true;
  if (stats) json["stats"] = StatsJson(r);
  return json;
}

void PrintHeader(int verdict_width) {
  Print("{:<46} {:<13} {:<6} {:<{}} {:>10} {:>9} {:>8}\n", "scenario", "model", "traps", "verdict",
        verdict_width, "executions", "blocked", "seconds");
}

void PrintRow(const CheckResult& r, int verdict_width) {
  const bool wrong = StandingOf(r) == Standing::kUnexpected;
  Print("{:<46} {:<13} {:<6} {:<{}} {:>10} {:>9} {:>8.2f}{}\n",
        (r.subject->mutant.empty() ? "" : "  ") + r.subject->name(), r.model->name,
        Name(r.delivery), VerdictText(r), verdict_width, r.executions, r.blocked, r.seconds,
        wrong ? "   <-- NOT AS EXPECTED" : "");
  if (wrong && !r.expected().error.empty())
    Print("      expected {}: {}\n", r.expected().error, r.expected().why);
  if (r.verdict == CheckVerdict::kTableWrong && r.subject->mutant.empty())
    Print("      {}\n", r.message);
  if (r.ended_by != Budget::kNone) Print("      {}\n", CutText(r));
}

void PrintStrategyHint(const Strategy& strategy) {
  if (strategy.kind == Strategy::Kind::kRandom) {
    Print(
        "random executions that find nothing show little: try more of them, another --seed than "
        "{}, or --preemptions\n",
        strategy.random.seed);
  } else {
    Print("mutants that must fail may need more than {}\n", Bound(strategy));
  }
}

void PrintOutcomes(const CheckResult& r) {
  for (const auto& [values, count] : r.outcomes) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i)
      text += fmt::format("{}{}", i == 0 ? "" : " ", values[i]);
    Print("      {:>10} x  ({})\n", count, text);
  }
}

}  // namespace heddle::cli
