// RC11's partial SC order: acyclic(psc_base | psc_F), decided over the seq_cst events only.
#pragma once

#include "model/execution_graph.h"

namespace heddle::model {

/// Requires rc11 clocks in `g` and a graph that is otherwise coherent.  With S seq_cst events among
/// E at most about S^2 * E^2 steps (fences on both sides), S^2 without fences; returns at once if
/// fewer than two threads have one.
bool IsPscAcyclic(const ExecutionGraph& g);

}  // namespace heddle::model
