// Every graph that a program can produce under any memory model at all.
#pragma once

#include <functional>

#include "model/execution_graph.h"
#include "model/program.h"

namespace heddle::model {

/// What an enumeration calls; any may be empty.
struct GraphVisitor {
  using Callback = std::function<void(const ExecutionGraph&)>;

  /// Every thread has finished, or waits and may do so for ever.
  Callback complete{};
  /// All unfinished threads await what the newest write of their location does not hold.
  Callback stuck{};
  /// A thread has failed, by itself: with this step.
  std::function<void(const ExecutionGraph&, const Step&)> failed{};
  /// Whether to go on from a graph in which no read-modify-write is half done; empty: always.
  std::function<bool(const ExecutionGraph&)> enter{};
};

/// Builds each graph with acyclic sb | rf once: every read takes every write of its location that
/// can come before it, every write goes to every place in mo, every choice takes every alternative.
/// Nothing else is asked of a graph.  Executions in which a thread waits in a loop of its own or
/// fails are not complete.  Exponential in time and memory; for programs of up to about 10 events,
/// or, with an `enter` that leaves much out, 15.
void EnumerateGraphs(Program& program, const GraphVisitor& visitor);

}  // namespace heddle::model
