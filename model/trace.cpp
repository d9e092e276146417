#include "model/trace.h"

#include <algorithm>

namespace heddle::model {

std::string FormatTrace(const Program& program, const ExecutionGraph& g, const Trace& trace,
                        const std::vector<EventId>& marked) {
  const EventText text(program, g, trace);
  constexpr std::size_t kNarrowest = 8;
  std::vector<std::size_t> width(static_cast<std::size_t>(g.thread_count()), 0);
  for (const EventId e : trace.events) {
    auto& w = width[static_cast<std::size_t>(e.thread)];
    w = std::max({w, kNarrowest, text.Phrase(e).size() + 2});
  }
  std::string lines = "  event ";
  for (std::size_t t = 0; t < width.size(); ++t) {
    std::string head = width[t] == 0 ? "" : "CPU" + std::to_string(t);
    head.resize(width[t], ' ');
    lines += head;
  }
  lines += "where\n";
  for (const EventId e : trace.events) {
    const bool mark = std::find(marked.begin(), marked.end(), e) != marked.end();
    std::string number = text.Number(e);
    number.resize(std::max<std::size_t>(number.size(), 5), ' ');
    std::string line = (mark ? "* " : "  ") + number + " ";
    for (std::size_t t = 0; t < width.size(); ++t) {
      std::string cell = static_cast<int>(t) == e.thread ? text.Phrase(e) : "";
      cell.resize(width[t], ' ');
      line += cell;
    }
    line += text.Place(e);
    while (line.back() == ' ') line.pop_back();
    lines += line + "\n";
  }
  if (trace.left_out != 0)
    lines += "  not shown: " + std::to_string(trace.left_out) +
             (trace.left_out == 1 ? " event" : " events") +
             " on which the violation does not depend\n";
  return lines;
}

}  // namespace heddle::model
