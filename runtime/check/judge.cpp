#include "runtime/check/judge.h"

#include <algorithm>

namespace heddle {
namespace {

using Outcome = std::vector<std::int64_t>;

const Expect* RowOf(const Subject& subject, const Outcome& outcome) {
  const auto& rows = subject.expected_outcomes;
  const auto row =
      std::find_if(rows.begin(), rows.end(), [&](const Expect& r) { return r.outcome == outcome; });
  return row == rows.end() ? nullptr : &*row;
}

// What one execution ended in, in the form of the table's rows.
std::vector<Outcome> OutcomesOf(const Subject& subject, const std::vector<Observation>& at_end,
                                const std::vector<Observation>& each) {
  std::vector<Outcome> outcomes;
  if (subject.shape == Shape::kSample) {
    Outcome& outcome = outcomes.emplace_back();
    for (const Observation& o : at_end) outcome.push_back(o.value);
    return outcomes;
  }
  for (const Observation& o : each) {
    const auto index = std::find(subject.observations.begin(), subject.observations.end(), o.name) -
                       subject.observations.begin();
    outcomes.push_back({index, o.value});
  }
  return outcomes;
}

std::vector<Outcome> OutcomesOf(const Subject& subject, const Machine& machine) {
  return OutcomesOf(subject, machine.outcome(), machine.each_observation());
}

std::string WhyForbidden(const Subject& subject, const model::MemoryModel& model,
                         const Outcome& outcome) {
  const Expect* row = RowOf(subject, outcome);
  if (row == nullptr)
    return "outcome " + Show(subject, outcome) + " is not in the scenario's table";
  if (GradeUnder(*row, TableModel(subject, model)) == Grade::kForbidden)
    return "outcome " + Show(subject, outcome) + " is forbidden under " + std::string(model.name) +
           ": " + row->why;
  return {};
}

}  // namespace

Grade GradeUnder(const Expect& row, std::string_view model) {
  return model == "sc" ? row.sc : model == "tso" ? row.tso : row.rc11;
}

std::string Show(const Subject& subject, const std::vector<std::int64_t>& outcome) {
  std::string text;
  if (subject.shape == Shape::kTorture) {
    return subject.observations.at(static_cast<std::size_t>(outcome.at(0))) + "=" +
           std::to_string(outcome.at(1));
  }
  for (std::size_t i = 0; i < outcome.size(); ++i)
    text += (i == 0 ? "" : " ") + subject.observations[i] + "=" + std::to_string(outcome[i]);
  return text;
}

std::string ForbiddenOutcome(const Subject& subject, const model::MemoryModel& model,
                             const std::vector<Observation>& outcome,
                             const std::vector<Observation>& each) {
  for (const Outcome& o : OutcomesOf(subject, outcome, each)) {
    std::string why = WhyForbidden(subject, model, o);
    if (!why.empty()) return why;
  }
  return {};
}

Judge::Judge(const Subject& subject, const model::MemoryModel& model, TrapDelivery delivery,
             int spin_rounds, bool symmetry)
    : subject_(subject),
      model_(model),
      machine_({subject.name(), subject.threads, delivery, subject.make, subject.isolated,
                subject.leaks_allowed, subject.spawned, spin_rounds,
                symmetry ? subject.alike : std::vector<int>(), subject.handlers_wait}) {
  machine_.set_judge([this](const Machine& m) { return JudgeOutcomes(m); });
}

std::string Judge::LastOutcome() {
  if (!std::exchange(judged_, false)) return "failed";
  std::string text;
  for (const Outcome& outcome : OutcomesOf(subject_, machine_))
    text += (text.empty() ? "" : ", ") + Show(subject_, outcome);
  return text;
}

std::string Judge::JudgeOutcomes(const Machine& m) {
  judged_ = true;
  for (const Outcome& outcome : OutcomesOf(subject_, m)) {
    ++outcomes_[outcome];
    std::string why = WhyForbidden(subject_, model_, outcome);
    if (!why.empty()) return why;
  }
  return {};
}

}  // namespace heddle
