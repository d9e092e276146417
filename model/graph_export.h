// An execution graph as a picture.
#pragma once

#include <string>
#include <vector>

#include "model/explain.h"

namespace heddle::model {

/// The shown events of `g` as a graph in Graphviz's DOT language: one cluster per thread, sb black,
/// rf green, mo orange, rb violet (mo and rb to the next shown write only), `marked` events filled,
/// the explanation's missing orderings dashed red and the rf edges that give no order red.  Initial
/// writes appear where something reads from them.  The same text for the same arguments.
std::string ToDot(const Program& program, const ExecutionGraph& g, const Trace& trace,
                  const std::vector<EventId>& marked, const Explanation& explanation,
                  const std::string& title);

}  // namespace heddle::model
