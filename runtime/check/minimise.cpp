#include "runtime/check/minimise.h"

#include <algorithm>
#include <compare>
#include <optional>

#include "model/preemption_search.h"
#include "model/replay.h"
#include "runtime/check/judge.h"
#include "runtime/check/regression.h"

namespace heddle {
namespace {

using model::Violation;

// Together some tenths of a second, at most.
constexpr int kPreemptions = 2;
constexpr std::uint64_t kRuns = 20'000, kReplayedEvents = 1'000'000;
constexpr int kViolations = 500;

struct Length {
  int switches = 0;
  std::size_t events = 0;

  auto operator<=>(const Length&) const = default;
};

Length LengthOf(const model::Trace& trace) {
  Length length{0, trace.events.size()};
  for (std::size_t i = 1; i < trace.events.size(); ++i)
    length.switches += trace.events[i].thread != trace.events[i - 1].thread;
  return length;
}

bool IsSame(const Violation& a, const Violation& b) {
  return a.kind == b.kind && a.line == b.line && std::string_view(a.file) == b.file &&
         (a.line != 0 || a.message == b.message);
}

}  // namespace

void Minimise(CheckResult& r) {
  const Token token = ParseToken(r.token);
  Judge judge(*token.subject, *token.model, token.delivery, token.spin_rounds);
  const std::optional<Violation> given =
      ReplayExecution(judge.machine(), *token.model, token.execution, {}).violation;
  // Each endless loop takes seconds of CPU time to be known.
  const auto is_slow = [](const Violation& v) { return v.kind == model::ErrorKind::kEndlessLoop; };
  if (is_slow(*given)) return;
  Length shortest = LengthOf(r.graph->trace);
  std::string execution;
  int seen = 0;
  model::ExploreOptions options;
  options.stop_at_first_error = false;
  options.on_violation = [&](const Violation& v) {
    if (is_slow(v)) seen = kViolations;
    if (++seen > kViolations || !IsSame(v, *given)) return;
    const Length length = LengthOf(TraceOf(judge.machine(), v, v.graph));
    if (length >= shortest) return;
    shortest = length;
    execution = EncodeExecution(v.graph);
  };
  options.interrupt = [&](const model::ExploreResult& so_far) {
    return so_far.runs >= kRuns || so_far.replayed_events >= kReplayedEvents || seen > kViolations;
  };
  model::PreemptionSearch search(judge.machine(), *token.model, kPreemptions, options);
  (void)search.GoOn(options, {});
  if (execution.empty()) return;
  Token shorter = token;
  shorter.execution = execution;
  const Regression now = ReplayAgain(shorter);
  // Code under test that does not always do the same must not cost the report that there is.
  if (now.fate != Fate::kFails || now.result.error != r.error) return;
  r.message = now.result.message;
  r.token = now.result.token;
  r.report = now.result.report;
  r.graph = now.result.graph;
}

}  // namespace heddle
