// What lets a model have a cycle that no interleaving can have?
#include <algorithm>
#include <deque>

#include "model/explain/context.h"

namespace heddle::model {
namespace {

// Whether the model would forbid what is shown of the execution if these accesses were seq_cst.
bool ForbiddenWithSeqCst(const ExplainContext& c, const std::vector<EventId>& accesses) {
  ExecutionGraph g = c.g;
  for (const EventId e : accesses) g.at(e).label.order = g.at(e).label.failure = Order::kSeqCst;
  g.Restrict([&](EventId e) { return c.trace.NumberOf(e) != 0; });
  return !IsConsistent(c.model, g);
}

// Drops what is not needed for the model to forbid the execution; empty if that is not enough.
std::vector<EventId> Needed(const ExplainContext& c, std::vector<EventId> accesses) {
  if (!ForbiddenWithSeqCst(c, accesses)) return {};
  for (std::size_t i = 0; i < accesses.size();) {
    auto fewer = accesses;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (ForbiddenWithSeqCst(c, fewer))
      accesses = std::move(fewer);
    else
      ++i;
  }
  return accesses;
}

std::string List(const ExplainContext& c, const std::vector<EventId>& events) {
  std::string list;
  for (std::size_t i = 0; i < events.size(); ++i)
    list += (i == 0 ? "" : i + 1 == events.size() ? " and " : ", ") + c.text.Number(events[i]);
  return list;
}

// A store waits in its CPU's buffer until something drains it: on the cycle that no interleaving
// has, those stores that, drained at once (as seq_cst ones are), would break the model's axioms.
bool ExplainByStoreBuffers(const ExplainContext& c, const std::vector<EventId>& cycle,
                           Explanation& explanation) {
  std::vector<EventId> stores;
  for (std::size_t i = 0; i + 1 < cycle.size(); ++i)
    if (cycle[i].thread == cycle[i + 1].thread && c.g.at(cycle[i]).label.is_write() &&
        c.g.at(cycle[i + 1]).label.is_read())
      stores.push_back(cycle[i]);
  const auto buffered = Needed(c, stores);
  for (const EventId store : buffered) {
    const EventId load = *(std::find(cycle.begin(), cycle.end(), store) + 1);
    explanation.sentences.push_back(
        c.text.Sentence(store) + " was still in CPU" + std::to_string(store.thread) +
        "'s store buffer at " + c.text.Sentence(load) +
        ": there is neither a seq_cst fence nor a locked instruction between them.");
    explanation.missing.emplace_back(store, load);
  }
  return !buffered.empty();
}

bool ExplainBySeqCst(const ExplainContext& c, const std::vector<EventId>& cycle,
                     Explanation& explanation) {
  std::vector<EventId> weak;
  for (const EventId e : cycle) {
    const Event& event = c.g.at(e);
    const bool access = event.label.kind == Kind::kRead || event.label.is_write();
    if (access && event.order() != Order::kSeqCst &&
        std::find(weak.begin(), weak.end(), e) == weak.end())
      weak.push_back(e);
  }
  auto needed = Needed(c, weak);
  if (needed.empty()) return false;
  std::sort(needed.begin(), needed.end(),
            [&](EventId a, EventId b) { return c.trace.NumberOf(a) < c.trace.NumberOf(b); });
  std::string path;
  for (const EventId e : cycle) path += c.text.Number(e) + " -> ";
  explanation.sentences.push_back("No interleaving can have the cycle " + path +
                                  c.text.Number(cycle.front()) + "; " + std::string(c.model.name) +
                                  " would forbid it if " + List(c, needed) +
                                  (needed.size() == 1 ? " was" : " were") + " seq_cst.");
  return true;
}

}  // namespace

std::vector<EventId> ShortestBasePath(const ExplainContext& c, EventId from, EventId to) {
  const int start = c.index.number(from), end = c.index.number(to);
  std::vector<int> parent(static_cast<std::size_t>(c.index.size()), -1);
  std::deque<int> queue{start};
  while (!queue.empty() && parent[static_cast<std::size_t>(end)] < 0) {
    const int a = queue.front();
    queue.pop_front();
    for (int b = 0; b < c.index.size(); ++b) {
      if (!c.base.Has(a, b) || b == start || parent[static_cast<std::size_t>(b)] >= 0) continue;
      parent[static_cast<std::size_t>(b)] = a;
      queue.push_back(b);
    }
  }
  std::vector<EventId> path{to};
  while (path.back() != from) {
    const int p = parent[static_cast<std::size_t>(c.index.number(path.back()))];
    path.push_back(c.index.id(p));
  }
  std::reverse(path.begin(), path.end());
  return path;
}

bool ExplainCycle(const ExplainContext& c, const std::vector<EventId>& cycle,
                  Explanation& explanation) {
  return c.model.name == "tso" ? ExplainByStoreBuffers(c, cycle, explanation)
                               : ExplainBySeqCst(c, cycle, explanation);
}

}  // namespace heddle::model
