#include "cli/page/trace_rows.h"

#include <algorithm>
#include <map>

namespace heddle::cli {

TraceRows::TraceRows(const ReportedGraph& shown) {
  std::map<int, std::vector<std::size_t>> open;  // by thread: its handlers that have not ended
  for (std::size_t i = 0; i < shown.trace.events.size(); ++i) {
    const model::EventId e = shown.trace.events[i];
    const model::Label& label = shown.graph.at(e).label;
    const int at = static_cast<int>(i);
    auto& inside = open[e.thread];
    const bool begins = label.interrupts && label.value > 1;
    if (begins) {
      inside.push_back(handlers.size());
      handlers.push_back({e.thread, static_cast<int>(inside.size()), at, at});
    }
    for (const std::size_t h : inside) handlers[h].last = at;
    TraceRow row;
    row.event = e;
    row.phrase = shown.phrases[i];
    row.phrase.erase(0, row.phrase.find_first_not_of(' '));
    row.depth = static_cast<int>(inside.size());
    row.marked = std::ranges::count(shown.marked, e) != 0;
    if (label.line != 0) {
      row.file = label.file;
      row.line = label.line;
    }
    rows.push_back(std::move(row));
    if (label.interrupts && !begins && !inside.empty()) inside.pop_back();
  }
}

}  // namespace heddle::cli
