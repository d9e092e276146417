#include "runtime/check/check.h"

#include <stdexcept>

#include "model/replay.h"
#include "model/trace.h"
#include "runtime/check/exit_guard.h"
#include "runtime/check/judge.h"

namespace heddle {
namespace {

using model::ErrorKind;

// Whether the subject's tables are about another model: they say what is allowed, not what there
// is.
bool TablesAreOfAnotherModel(const CheckResult& r) {
  return TableModel(*r.subject, *r.model) != r.model->name;
}

// Outcomes that the table promises but a complete search never produced.
std::string NeverSeen(const CheckResult& r) {
  if (TablesAreOfAnotherModel(r)) return {};
  for (const Expect& row : r.subject->expected_outcomes) {
    if (GradeUnder(row, r.model->name) == Grade::kForbidden || r.outcomes.contains(row.outcome))
      continue;
    return "the table allows outcome " + Show(*r.subject, row.outcome) + " under " +
           std::string(r.model->name) + ", but no execution ends in it";
  }
  return {};
}

// Whether a search without a violation, done as far as it was meant to be, is worth a verdict: some
// executions are not, and those within a bound do not acquit a mutant.
bool ShowsSomething(const CheckResult& r) {
  if (r.strategy.kind == Strategy::Kind::kRandom) return false;
  return !r.limited || r.expected().error.empty();
}

}  // namespace

Verdict CheckResult::expected() const {
  return subject->mutant.empty() ? Verdict{}
                                 : subject->expected(TableModel(*subject, *model), delivery);
}

bool CheckResult::AsExpected() const {
  const std::string error_wanted = expected().error;
  if (error_wanted.empty() || (TablesAreOfAnotherModel(*this) && verdict == CheckVerdict::kHolds))
    return verdict == CheckVerdict::kHolds ||
           (!subject->mutant.empty() && verdict == CheckVerdict::kTableWrong);
  return verdict == CheckVerdict::kViolation &&
         (error == error_wanted || strategy.kind != Strategy::Kind::kExhaustive);
}

CheckResult Check(const Subject& subject, const model::MemoryModel& model, TrapDelivery delivery,
                  const CheckOptions& options) {
  const ExitGuard guard(subject.name() + " under " + std::string(model.name));
  SearchSpec spec;
  const int spin_rounds = options.spin_rounds;
  spec.name = CheckName(subject, model, delivery, spin_rounds);
  spec.make = [&] {
    return std::make_unique<Judge>(subject, model, delivery, spin_rounds, options.symmetry);
  };
  spec.model = &model;
  spec.strategy = options.strategy;
  spec.list = static_cast<bool>(options.list);
  spec.timed = options.timed;
  // What it allocated is free again when the replay takes some: those are any replay's addresses.
  SearchResult found = [&] {
    try {
      return Search(spec, options);
    } catch (const std::invalid_argument& e) {
      if (!options.symmetry) throw;
      throw std::invalid_argument(subject.name() + ": " + e.what());
    }
  }();
  CheckResult result;
  const auto& violation = found.state.violation;
  if (violation && violation->kind == ErrorKind::kNondeterminism)
    throw std::invalid_argument(subject.name() + ": " + violation->message);
  if (violation) {
    // The report is always made from a replay, so that replaying the token prints the very same.
    result = Replay({&subject, &model, delivery, spin_rounds, violation->execution});
    if (result.verdict != CheckVerdict::kViolation)
      throw std::logic_error(subject.name() + ": the violation '" + violation->message +
                             "' does not replay (" + result.token + ")");
  } else {
    result.subject = &subject;
    result.model = &model;
    result.delivery = delivery;
  }
  static_cast<Tally&>(result) = std::move(found.state.tally);
  result.strategy = options.strategy;
  result.seconds = found.state.seconds;
  result.shard = options.shard;
  result.spin_rounds = spin_rounds;
  result.symmetry = options.symmetry && !subject.alike.empty();
  result.ended_by = found.ended_by;
  result.peak_memory = found.peak_memory;
  if (!violation && found.state.done() && ShowsSomething(result))
    result.verdict = CheckVerdict::kHolds;
  if (result.verdict == CheckVerdict::kHolds && result.shard.of == 1 && !result.limited &&
      !result.symmetry) {
    result.message = NeverSeen(result);
    if (!result.message.empty()) result.verdict = CheckVerdict::kTableWrong;
  }
  return result;
}

CheckResult Replay(const Token& token) {
  const auto& [subject, model, delivery, spin_rounds, execution] = token;
  const ExitGuard guard(subject->name() + " under " + std::string(model->name));
  Judge judge(*subject, *model, delivery, spin_rounds);
  CheckResult result;
  result.subject = subject;
  result.model = model;
  result.delivery = delivery;
  result.spin_rounds = spin_rounds;
  model::ExecutionGraph graph;
  const model::ExploreResult run = model::ReplayExecution(
      judge.machine(), *model, execution, [&](const model::ExecutionGraph& g) { graph = g; });
  result.executions = run.executions;
  result.blocked = run.blocked;
  result.outcomes = judge.TakeOutcomes();
  result.token = token.Text();
  result.verdict = run.violation ? CheckVerdict::kViolation : CheckVerdict::kHolds;
  std::string head = subject->name() + " under " + std::string(model->name);
  if (delivery == TrapDelivery::kUser) head += " (user-space traps)";
  std::string where;
  if (run.violation) {
    const model::Violation& v = *run.violation;
    result.error = model::Name(v.kind);
    result.message = v.message;
    // Messages that open with the kind of error stand alone.
    const bool says_kind = v.message.starts_with(result.error);
    head += ": " + (says_kind ? "" : result.error + ": ") + v.message;
    if (v.line != 0) where = " [" + std::string(v.file) + ":" + std::to_string(v.line) + "]";
  } else {
    head += ": this execution holds";
  }
  result.graph = ReportGraph(judge.machine(), *model, run.violation, std::move(graph), head);
  const ReportedGraph& shown = *result.graph;
  result.report = head + where + "\n" +
                  FormatTrace(judge.machine(), shown.graph, shown.trace, shown.marked) +
                  shown.explanation.Text() + "  replay: heddle replay '" + result.token + "'\n";
  return result;
}

CheckResult Replay(std::string_view token) { return Replay(ParseToken(token)); }

}  // namespace heddle
