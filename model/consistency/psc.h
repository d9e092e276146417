// RC11's partial SC order, one event at a time: does a new event close a cycle in psc?
#pragma once

#include "model/execution_graph.h"

namespace heddle::model {

/// Requires rc11 clocks in `g`, a graph that is coherent and, without `e`, has an acyclic psc, and
/// nothing hb-after `e`.  At once true if `e` is mo-maximal, or reads what is; else each seq_cst
/// event that is psc-after `e` is looked at once, at a cost of about threads * log(events).
bool IsPscAcyclicWith(const ExecutionGraph& g, EventId e);

}  // namespace heddle::model
