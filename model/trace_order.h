// Which events of an execution does a report show, and in which order?
#pragma once

#include <vector>

#include "model/execution_graph.h"

namespace heddle::model {

/// The events that a report shows, in the order in which it shows them.  A report calls the n-th of
/// them "en".
struct Trace {
  std::vector<EventId> events;
  /// Events of the graph that are not shown, but for those that say that nothing interrupts.
  int left_out = 0;
  std::vector<std::vector<int>> numbers;  ///< by thread and index, of the shown events

  int NumberOf(EventId e) const;  ///< 1 … ; 0 if `e` is not shown or an initial write
};

/// The shortest trace that still shows what `focus` is about: only `focus` and what is (sb | rf)+
/// before it — in all models here that prefix is an execution of its own, in which the same
/// violation happens — and everything if `focus` is empty.
///
/// The order is one of fewest context switches among those that keep the two halves of an RMW
/// together and respect sb and rf, and of the following as many as some order can, in this
/// sequence: mo; "a read comes before what overwrites its source"; "a serialising event comes
/// before what overwrites the source of a fetch behind it".  So if an interleaving of the threads
/// explains the execution, which under sc is always the case, the trace is one.  The search is
/// exact up to some thousand states; beyond, each switch goes to the thread that can then run
/// longest.
Trace ShortestTrace(const ExecutionGraph& g, const std::vector<EventId>& focus);

}  // namespace heddle::model
