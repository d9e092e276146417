// Every graph that a program can produce under any memory model at all.
#pragma once

#include <functional>

#include "model/execution_graph.h"
#include "model/program.h"

namespace heddle::model {

/// Calls `visit` once for each finished graph with acyclic sb | rf: every read takes every write of
/// its location that can come before it, every write goes to every place in mo, every choice takes
/// every alternative.  Nothing else is asked of a graph.  Executions in which a thread waits or
/// fails are left out; but `stuck` is called for each graph whose unfinished threads all await what
/// the newest write of their location does not hold.  Exponential in time and memory; for programs
/// of up to about 10 events.
void EnumerateGraphs(Program& program, const std::function<void(const ExecutionGraph&)>& visit,
                     const std::function<void(const ExecutionGraph&)>& stuck = {});

}  // namespace heddle::model
