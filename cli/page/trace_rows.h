// Where do the events of a trace view stand, and how deep in handlers?
#pragma once

#include <string>
#include <vector>

#include "runtime/check/reported_graph.h"

namespace heddle::cli {

struct TraceRow {
  model::EventId event;
  std::string phrase;  ///< "R acq flag = 1 from e2"
  int depth = 0;       ///< how many handlers are inside one another here; 0: none
  bool marked = false;
  std::string file;  ///< as reports name it; "" if it is not known
  int line = 0;
};

/// A handler's rows of its CPU, from where it begins to where it ends or the trace does.
struct HandlerSpan {
  int thread = 0, depth = 0;
  int first = 0, last = 0;  ///< rows
};

struct TraceRows {
  std::vector<TraceRow> rows;  ///< in the order of the trace
  std::vector<HandlerSpan> handlers;

  explicit TraceRows(const ReportedGraph& shown);
};

}  // namespace heddle::cli
