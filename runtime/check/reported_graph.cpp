#include "runtime/check/reported_graph.h"

#include <utility>

#include "model/graph_export.h"

namespace heddle {
namespace {

using model::ErrorKind;

// The events at which an execution failed that names none: the last one of the thread that stopped
// in an error; if that was decoding, all fetches of the instruction.  None if it is the end of all
// threads that failed.
std::vector<model::EventId> WhereItStopped(Machine& machine, const model::ExecutionGraph& g) {
  for (model::ThreadId t = 0; t < g.thread_count(); ++t) {
    if (g.size(t) == 0 || machine.Next(t).kind != model::Step::Kind::kError) continue;
    const int last = g.size(t) - 1;
    const model::Label& label = g.thread(t).back().label;
    const int before = label.kind == model::Kind::kFetch ? static_cast<int>(label.value) : 0;
    std::vector<model::EventId> events;
    for (int i = last - before; i <= last; ++i)
      events.push_back({static_cast<std::int16_t>(t), static_cast<std::int16_t>(i)});
    return events;
  }
  return {};
}

// What the violation is about.
std::vector<model::EventId> EventsOf(Machine& machine, const model::Violation& v,
                                     const model::ExecutionGraph& g) {
  if (!v.events.empty() || v.kind == ErrorKind::kForbiddenOutcome) return v.events;
  return WhereItStopped(machine, g);
}

// What the report's trace must show.  Deadlocks and outcomes are about all threads' ends.
std::vector<model::EventId> FocusOf(const model::Violation& v,
                                    const std::vector<model::EventId>& events) {
  if (v.kind == ErrorKind::kDeadlock || v.kind == ErrorKind::kForbiddenOutcome) return {};
  return events;
}

}  // namespace

model::Trace TraceOf(Machine& machine, const model::Violation& violation,
                     const model::ExecutionGraph& graph) {
  return ShortestTrace(graph, FocusOf(violation, EventsOf(machine, violation, graph)));
}

std::shared_ptr<const ReportedGraph> ReportGraph(Machine& machine, const model::MemoryModel& model,
                                                 std::optional<model::Violation> violation,
                                                 model::ExecutionGraph graph,
                                                 const std::string& title) {
  auto r = std::make_shared<ReportedGraph>();
  r->graph = std::move(graph);
  if (violation) {
    violation->events = EventsOf(machine, *violation, r->graph);
    r->trace = ShortestTrace(r->graph, FocusOf(*violation, violation->events));
    r->explanation = Explain(machine, model, *violation, r->trace);
    r->marked = std::move(violation->events);
  } else {
    r->trace = ShortestTrace(r->graph, {});
  }
  const model::EventText text(machine, r->graph, r->trace);
  for (const model::EventId e : r->trace.events) r->phrases.push_back(text.Phrase(e));
  for (model::Location l = 0; l < r->graph.location_count(); ++l)
    r->locations.push_back(machine.LocationName(l));
  r->dot = ToDot(machine, r->graph, r->trace, r->marked, r->explanation, title);
  return r;
}

}  // namespace heddle
