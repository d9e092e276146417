// Which orderings between its events does a trace view draw?
#pragma once

#include <vector>

#include "runtime/check/reported_graph.h"

namespace heddle::cli {

struct Arrow {
  enum class Kind {
    kReadsFrom,      ///< carries a value; any order it gives follows from others
    kSynchronises,   ///< carries a value, and happens-before
    kHappensBefore,  ///< between CPUs, by no value: from a fence, say
    kNoOrder,        ///< carries a value, but not the order that is missing
    kMissing,        ///< the ordering whose absence is the violation
  };
  model::EventId from, to;
  Kind kind;
};

/// Between shown events.  Every rf edge is there; of happens-before between CPUs those pairs that
/// have no shown event between them, the rest following from these and the columns.
std::vector<Arrow> ArrowsOf(const ReportedGraph& shown, const model::MemoryModel& model);

}  // namespace heddle::cli
