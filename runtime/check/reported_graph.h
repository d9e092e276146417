// What does a report show of an execution?
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/explain.h"
#include "runtime/model/machine.h"

namespace heddle {

/// The execution that a report is about.
struct ReportedGraph {
  model::ExecutionGraph graph;
  model::Trace trace;                  ///< which of its events are shown, and in which order
  std::vector<model::EventId> marked;  ///< the events that the violation is about
  std::vector<std::string> phrases;    ///< of the trace's events: model::EventText::Phrase
  model::Explanation explanation;      ///< empty if there is no violation
  std::vector<std::string> locations;  ///< names
  std::string dot;                     ///< as a picture: model/graph_export.h
};

/// What a report of the violation shows.  Requires that `machine` is where it happened.
model::Trace TraceOf(Machine& machine, const model::Violation& violation,
                     const model::ExecutionGraph& graph);

/// `violation` is empty if the execution holds.  Requires that `machine` has just replayed it: a
/// violation that names no events is looked for where a thread stopped.
std::shared_ptr<const ReportedGraph> ReportGraph(Machine& machine, const model::MemoryModel& model,
                                                 std::optional<model::Violation> violation,
                                                 model::ExecutionGraph graph,
                                                 const std::string& title);

}  // namespace heddle
