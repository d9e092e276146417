// Which execution is a graph?  As text, with or without some of its events.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "model/execution_graph.h"

namespace heddle {

/// rf, values and mo, which, for one program, are the execution.  Events for which `erased` are
/// left out and the others numbered anew; none of them may read from, or in mo stand beside, an
/// erased one.
inline std::string ExecutionText(const model::ExecutionGraph& g,
                                 const std::function<bool(model::EventId)>& erased = {}) {
  std::vector<std::vector<int>> number;  // per thread and index, counted without what is erased
  const auto name = [&](model::EventId e) {
    if (e.is_init()) return std::string("i");
    const auto& of_thread = number[static_cast<std::size_t>(e.thread)];
    return std::to_string(e.thread) + "." +
           std::to_string(of_thread[static_cast<std::size_t>(e.index)]);
  };
  for (int t = 0; t < g.thread_count(); ++t) {
    number.emplace_back();
    int next = 0;
    for (int i = 0; i < g.size(t); ++i)
      number.back().push_back(erased && erased(model::IdOf(t, i)) ? -1 : next++);
  }
  std::string text;
  for (int t = 0; t < g.thread_count(); ++t) {
    for (int i = 0; i < g.size(t); ++i) {
      if (number[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)] < 0) continue;
      const model::Event& e = g.at(model::IdOf(t, i));
      text += (e.label.is_read() ? name(e.rf) : "w") + "=" + std::to_string(e.value) + " ";
    }
    text += "; ";
  }
  for (int l = 0; l < g.location_count(); ++l) {
    if (g.mo(l).empty()) continue;
    text += "| " + std::to_string(l) + ": ";
    for (const model::EventId w : g.mo(l)) text += name(w) + " ";
  }
  return text;
}

}  // namespace heddle
