// RC11's partial SC order: acyclic(psc_base | psc_F), decided over the seq_cst events only.
#pragma once

#include "model/execution_graph.h"

namespace heddle::model {

/// Requires rc11 clocks in `g` and a graph that is otherwise coherent.  About S * E steps for S
/// seq_cst events among E; returns at once if fewer than two threads have one.
bool IsPscAcyclic(const ExecutionGraph& g);

}  // namespace heddle::model
