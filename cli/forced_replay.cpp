#include "cli/forced_replay.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "cli/commands.h"
#include "cli/ordered_catalog.h"
#include "cli/output.h"
#include "runtime/check/judge.h"

namespace heddle::cli {
namespace {

using ordered::Ending;
using Verdict = ForcedReplay::Verdict;

std::string Place(SourceLocation at) {
  return at.line == 0 ? "" : fmt::format(" [{}:{}]", at.file, at.line);
}

std::string Describe(const ordered::Failure& f) {
  const std::string kind = model::Name(f.kind);
  return (f.message.starts_with(kind) ? "" : kind + ": ") + f.message + Place(f.at);
}

std::string ForbiddenIn(const CheckResult& r, const Ending& ending) {
  if (!ending.complete) return {};
  return ForbiddenOutcome(*r.subject, *r.model, ending.outcome, ending.each_observation);
}

// Two accesses that nothing orders do no more than happen; of races, ThreadSanitizer tells.  So do
// two fetches of different ages.
std::string BadPair(const CheckResult& r, const Ending& ending, const ordered::Schedule& schedule) {
  const bool of_no_order = r.error == "data race" || r.error == "use after free" ||
                           r.error == "constrained unpredictable";
  if (!of_no_order && r.error != "torn instruction") return {};
  if (!ending.divergence.empty() || ending.steps_done != schedule.steps.size()) return {};
  std::vector<std::string> numbers;
  for (const model::EventId e : r.graph->marked)
    numbers.push_back(fmt::format("e{}", r.graph->trace.NumberOf(e)));
  if (numbers.size() == 2 && !of_no_order)
    return fmt::format(
        "{}: {} and {} have been fetched for one instruction, and were never in memory together",
        r.error, numbers[0], numbers[1]);
  if (numbers.size() == 2)
    return fmt::format(
        "{}: both {} and {} have been executed, and nothing orders one before the "
        "other",
        r.error, numbers[0], numbers[1]);
  for (const ordered::Held& held : ending.held)
    if (numbers.size() == 1 && held.thread == r.graph->marked[0].thread)
      return fmt::format("{}: CPU{} stands right behind {}, at {}", r.error, held.thread,
                         numbers[0], held.at);
  return {};
}

std::string Deadlock(const CheckResult& r, const Ending& ending) {
  if (r.error != "deadlock" || !ending.divergence.empty() || ending.waits.empty() ||
      !ending.held.empty())
    return {};
  std::string text = "deadlock:";
  for (const ordered::Wait& w : ending.waits)
    text += fmt::format("{} CPU{} waits for {}{}", &w == &ending.waits[0] ? "" : ",", w.thread,
                        w.what, Place(w.at));
  return text + ", and nobody is left to change that";
}

// How the model's failure has shown here; empty: not at all.
std::string SameFailure(const CheckResult& r, const Ending& ending,
                        const ordered::Schedule& schedule) {
  for (const ordered::Failure& f : ending.failures) {
    const bool said_by_code = f.kind == model::ErrorKind::kCheckFailed ||
                              f.kind == model::ErrorKind::kMisuse ||
                              f.kind == model::ErrorKind::kDeadlock;
    if (model::Name(f.kind) == r.error && (!said_by_code || f.message == r.message))
      return Describe(f);
  }
  const bool as_scheduled = ending.divergence.empty() && ending.steps_done == schedule.steps.size();
  if (ending.hangs)
    return as_scheduled && r.error == model::Name(model::ErrorKind::kEndlessLoop) ? r.message : "";
  if (const std::string forbidden = ForbiddenIn(r, ending);
      !forbidden.empty() && forbidden == r.message)
    return forbidden;
  if (std::string text = Deadlock(r, ending); !text.empty()) return text;
  return BadPair(r, ending, schedule);
}

// What came instead of what the model has.
std::string Otherwise(const CheckResult& r, const Ending& ending) {
  if (!ending.divergence.empty()) return ending.divergence;
  if (ending.hangs) return "a thread neither comes to its next operation nor to its end";
  if (!ending.failures.empty()) return Describe(ending.failures[0]);
  if (ending.complete || r.verdict == CheckVerdict::kViolation) return ForbiddenIn(r, ending);
  if (!ending.held.empty())
    return fmt::format("CPU{} stands at {}, which the model's execution does not have",
                       ending.held[0].thread, ending.held[0].at);
  return ending.waits.empty()
             ? "it did not come to its end"
             : fmt::format("CPU{} waits for {}", ending.waits[0].thread, ending.waits[0].what);
}

ordered::Code CodeOf(const CheckResult& r) {
  const Subject& s = *r.subject;
  const OrderedSubject* const found = FindOrdered(s.scenario, s.mutant);
  if (found == nullptr)
    throw ordered::NotSchedulable("this program has no scenario of that name for real threads");
  return {s.threads, s.spawned, s.leaks_allowed, s.handlers_wait, r.delivery, found->make};
}

ordered::Schedule ScheduleOf(const CheckResult& r) {
  const ReportedGraph& shown = *r.graph;
  return ordered::MakeSchedule(shown.graph, shown.trace, shown.marked, shown.phrases,
                               shown.locations);
}

}  // namespace

ForcedReplay ReplayInOrder(const CheckResult& r,
                           const std::function<void(const ordered::Step&)>& on_step,
                           ordered::Limits limits) {
  const ordered::Code code = CodeOf(r);
  const ordered::Schedule schedule = ScheduleOf(r);
  const Ending ending = ordered::Play(code, schedule, on_step, limits);
  ForcedReplay replay;
  replay.threads_left = ending.hangs || !ending.held.empty() || !ending.waits.empty();
  if (r.verdict == CheckVerdict::kViolation) {
    if (const std::string same = SameFailure(r, ending, schedule); !same.empty()) {
      replay.verdict = Verdict::kFailure;
      replay.text = same + "\nthe same failure as in the model: " + r.message + "\n";
      return replay;
    }
  }
  const std::string otherwise = Otherwise(r, ending);
  if (r.verdict != CheckVerdict::kViolation && otherwise.empty()) {
    replay.verdict = Verdict::kHeld;
    replay.text = "holds, as in the model\n";
    return replay;
  }
  replay.text =
      fmt::format("not shown: after {} of {} steps, {}\n", ending.steps_done, schedule.steps.size(),
                  otherwise.empty() ? "nothing has failed; in the model, " + r.message : otherwise);
  return replay;
}

int PrintForcedReplay(const CheckResult& in_model, const std::string& what,
                      ordered::Limits limits) {
  CodeOf(in_model);  // or it is refused, with nothing printed
  ScheduleOf(in_model);
  Print("{} under {}, on real threads in the model's order\n", in_model.subject->name(),
        in_model.model->name);
  FlushOutput();
  // One system call each: stdio has locks, which would order the threads.
  const auto print = [](const ordered::Step& step) {
    std::string line = "  " + step.text + "\n";
    for (std::size_t at = 0; (at = line.find('\n', at) + 1) < line.size();) line.insert(at, "  ");
    for (std::string_view rest = line; !rest.empty();) {
      const ssize_t n = ::write(STDOUT_FILENO, rest.data(), rest.size());
      if (n <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
  };
  const ForcedReplay replay = ReplayInOrder(in_model, print, limits);
  Print(
      "{}walk through it: gdb -ex 'break heddle_step' -ex run --args heddle replay --native "
      "'{}'\n",
      replay.text, what);
  const int status = replay.verdict == Verdict::kHeld      ? kHolds
                     : replay.verdict == Verdict::kFailure ? kViolation
                                                           : kInconclusive;
  if (!replay.threads_left) return status;
  FlushOutput();
  std::_Exit(status);
}

}  // namespace heddle::cli
