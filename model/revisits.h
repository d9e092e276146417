// Which reads may a new write revisit?
#pragma once

#include <vector>

#include "model/execution_graph.h"
#include "model/program.h"

namespace heddle::model {

/// The value of `w`, initial writes included.
inline Value ValueOf(const Program& program, const ExecutionGraph& g, EventId w) {
  return w.is_init() ? program.InitialValue(w.index) : g.at(w).value;
}

/// Adds to `found` the reads of `a`'s location outside porf-prefix(a) that may be revisited: they
/// and everything that a revisit would delete were added maximally (see search_tree.h); and waiters
/// that await `a`'s value, each as the identifier that its read would have.  `a` is not in mo yet.
void FindRevisits(const ExecutionGraph& g, EventId a, std::vector<EventId>& found);

}  // namespace heddle::model
