#include "runtime/check/check.h"

#include <algorithm>
#include <stdexcept>

#include "model/replay.h"
#include "model/trace.h"

namespace heddle {
namespace {

using model::ErrorKind;
using Outcome = std::vector<std::int64_t>;

Grade GradeUnder(const Expect& row, std::string_view model) {
  return model == "sc" ? row.sc : model == "tso" ? row.tso : row.rc11;
}

const Expect* RowOf(const Subject& subject, const Outcome& outcome) {
  const auto& rows = subject.expected_outcomes;
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const Expect& r) { return r.outcome == outcome; });
  return row == rows.end() ? nullptr : &*row;
}

std::string Show(const Subject& subject, const Outcome& outcome) {
  std::string text;
  if (subject.shape == Shape::kTorture) {
    return subject.observations.at(static_cast<std::size_t>(outcome.at(0))) + "=" +
           std::to_string(outcome.at(1));
  }
  for (std::size_t i = 0; i < outcome.size(); ++i)
    text += (i == 0 ? "" : " ") + subject.observations[i] + "=" + std::to_string(outcome[i]);
  return text;
}

// What one execution ended in, in the form of the table's rows.
std::vector<Outcome> OutcomesOf(const Subject& subject, const Machine& machine) {
  std::vector<Outcome> outcomes;
  if (subject.shape == Shape::kSample) {
    Outcome& outcome = outcomes.emplace_back();
    for (const Observation& o : machine.outcome()) outcome.push_back(o.value);
    return outcomes;
  }
  for (const Observation& o : machine.each_observation()) {
    const auto index = std::find(subject.observations.begin(), subject.observations.end(), o.name) -
                       subject.observations.begin();
    outcomes.push_back({index, o.value});
  }
  return outcomes;
}

// A machine that fails an execution whose outcome the table forbids.
class Judge {
 public:
  Judge(const Subject& subject, const model::MemoryModel& model, TrapDelivery delivery)
      : subject_(subject),
        model_(model),
        machine_({subject.name(), subject.threads, delivery, subject.make}) {
    machine_.set_judge([this](const Machine& m) { return JudgeOutcomes(m); });
  }

  Machine& machine() { return machine_; }
  std::map<Outcome, std::uint64_t>& outcomes() { return outcomes_; }

 private:
  std::string JudgeOutcomes(const Machine& m) {
    for (const Outcome& outcome : OutcomesOf(subject_, m)) {
      ++outcomes_[outcome];
      const Expect* row = RowOf(subject_, outcome);
      if (row == nullptr)
        return "outcome " + Show(subject_, outcome) + " is not in the scenario's table";
      if (GradeUnder(*row, model_.name) == Grade::kForbidden)
        return "outcome " + Show(subject_, outcome) + " is forbidden under " +
               std::string(model_.name) + ": " + row->why;
    }
    return {};
  }

  const Subject& subject_;
  const model::MemoryModel& model_;
  Machine machine_;
  std::map<Outcome, std::uint64_t> outcomes_;
};

// The report is always made from a replay, so that replaying the token prints the very same.
CheckResult ReportReplay(const Subject& subject, const model::MemoryModel& model,
                         TrapDelivery delivery, const std::string& execution) {
  Judge judge(subject, model, delivery);
  CheckResult result;
  result.subject = &subject;
  result.model = &model;
  result.delivery = delivery;
  model::ExecutionGraph graph;
  const model::ExploreResult run = model::ReplayExecution(
      judge.machine(), model, execution, [&](const model::ExecutionGraph& g) { graph = g; });
  result.executions = run.executions;
  result.blocked = run.blocked;
  result.outcomes = judge.outcomes();
  result.token =
      subject.name() + "@" + std::string(model.name) + "+" + Name(delivery) + ":" + execution;
  result.verdict = run.violation ? CheckVerdict::kViolation : CheckVerdict::kHolds;
  std::string head = subject.name() + " under " + std::string(model.name);
  if (delivery == TrapDelivery::kUser) head += " (user-space traps)";
  if (!run.violation) {
    result.report = head + ": this execution holds\n" +
                    model::FormatTrace(judge.machine(), graph, {}) + "  replay: heddle replay '" +
                    result.token + "'\n";
    return result;
  }
  const model::Violation& v = *run.violation;
  result.error = model::Name(v.kind);
  result.message = v.message;
  // Messages that open with the kind of error stand alone.
  const bool says_kind = v.message.starts_with(result.error);
  result.report = head + ": " + (says_kind ? "" : result.error + ": ") + v.message;
  if (v.line != 0) result.report += " [" + std::string(v.file) + ":" + std::to_string(v.line) + "]";
  result.report += "\n" + model::FormatTrace(judge.machine(), v.graph, v.events) +
                   model::ExplainMissingOrder(judge.machine(), model, v, 3) +
                   "  replay: heddle replay '" + result.token + "'\n";
  return result;
}

// Outcomes that the table promises but a complete search never produced.
std::string NeverSeen(const CheckResult& r) {
  for (const Expect& row : r.subject->expected_outcomes) {
    if (GradeUnder(row, r.model->name) == Grade::kForbidden || r.outcomes.contains(row.outcome))
      continue;
    return "the table allows outcome " + Show(*r.subject, row.outcome) + " under " +
           std::string(r.model->name) + ", but no execution ends in it";
  }
  return {};
}

}  // namespace

Verdict CheckResult::expected() const {
  return subject->mutant.empty() ? Verdict{} : subject->expected(model->name, delivery);
}

bool CheckResult::AsExpected() const {
  const std::string error_wanted = expected().error;
  if (error_wanted.empty())
    return verdict == CheckVerdict::kHolds ||
           (!subject->mutant.empty() && verdict == CheckVerdict::kTableWrong);
  return verdict == CheckVerdict::kViolation && error == error_wanted;
}

CheckResult Check(const Subject& subject, const model::MemoryModel& model, TrapDelivery delivery,
                  const CheckOptions& options) {
  Judge judge(subject, model, delivery);
  const auto start = std::chrono::steady_clock::now();
  model::ExploreOptions bounds;
  bounds.max_executions = options.max_executions;
  bounds.time_limit = options.time_limit;
  const model::ExploreResult found =
      model::ExploreByRevisits(judge.machine(), model, bounds, {}, options.progress);
  CheckResult result;
  if (found.violation && found.violation->kind == ErrorKind::kNondeterminism) {
    throw std::invalid_argument(subject.name() + ": " + found.violation->message);
  }
  if (found.violation) {
    result = ReportReplay(subject, model, delivery, EncodeExecution(found.violation->graph));
    if (result.verdict != CheckVerdict::kViolation)
      throw std::logic_error(subject.name() + ": the violation '" + found.violation->message +
                             "' does not replay (" + result.token + ")");
  } else {
    result.subject = &subject;
    result.model = &model;
    result.delivery = delivery;
    result.verdict = found.complete ? CheckVerdict::kHolds : CheckVerdict::kInconclusive;
  }
  result.outcomes = judge.outcomes();
  result.executions = found.executions;
  result.blocked = found.blocked;
  result.revisits = found.revisits;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (result.verdict == CheckVerdict::kHolds) {
    result.message = NeverSeen(result);
    if (!result.message.empty()) result.verdict = CheckVerdict::kTableWrong;
  }
  return result;
}

CheckResult Replay(std::string_view token) {
  const auto bad = [&](const std::string& why) {
    return std::invalid_argument("malformed replay token '" + std::string(token) + "': " + why);
  };
  const std::size_t at = token.find('@'), colon = token.find(':', at), plus = token.find('+', at);
  if (at == std::string_view::npos || colon == std::string_view::npos || plus > colon)
    throw bad("it must look like SCENARIO@MODEL+TRAPS:1:…; copy it whole from the report");
  const std::string_view name = token.substr(0, at);
  const std::string_view model_name = token.substr(at + 1, plus - at - 1);
  const std::string_view delivery_name = token.substr(plus + 1, colon - plus - 1);
  const auto& subjects = AllSubjects();
  const auto subject = std::find_if(subjects.begin(), subjects.end(),
                                    [&](const Subject& s) { return s.name() == name; });
  if (subject == subjects.end())
    throw bad("there is no scenario '" + std::string(name) + "'; see heddle list");
  const model::MemoryModel* model = model::FindModel(model_name);
  if (model == nullptr)
    throw bad("there is no model '" + std::string(model_name) + "'; use sc, tso or rc11");
  if (delivery_name != "kernel" && delivery_name != "user")
    throw bad("traps are 'kernel' or 'user', not '" + std::string(delivery_name) + "'");
  return ReportReplay(*subject, *model,
                      delivery_name == "user" ? TrapDelivery::kUser : TrapDelivery::kKernel,
                      std::string(token.substr(colon + 1)));
}

}  // namespace heddle
