#include "model/consistency/store_order_checker.h"

#include <algorithm>

#include "model/consistency/checkers.h"

namespace heddle::model {

void StoreOrderChecker::OnAppend(ExecutionGraph& g, EventId e) const {
  if (e.index == 0) return;
  const EventId before{e.thread, static_cast<std::int16_t>(e.index - 1)};
  const Event& previous = g.at(before);
  Event& event = g.at(e);
  event.porf = previous.porf;
  event.porf.Add(before);
  event.hb = previous.hb;
  event.hb.Add(before);
  event.last_full_fence = DrainsStores(previous.label) ? before.index : previous.last_full_fence;
}

void StoreOrderChecker::OnComplete(ExecutionGraph& g, EventId e) const {
  Event& event = g.at(e);
  if (!event.label.is_read() || event.rf.is_init()) return;
  event.porf.Join(g.at(event.rf).porf);
  event.porf.Add(event.rf);
  // Every rf between atomics synchronises: these models have no weaker atomic accesses.
  if (event.label.order == Order::kPlain || g.at(event.rf).label.order == Order::kPlain) return;
  event.hb.Join(g.at(event.rf).hb);
  event.hb.Add(event.rf);
}

int StoreOrderChecker::FirstCoherent(const ExecutionGraph& g, EventId e) const {
  const Event& event = g.at(e);
  const Location location = event.label.location;
  const bool fetch = event.label.kind == Kind::kFetch;
  const auto& mo = g.mo(location);
  if (mo.empty()) return 0;
  const EventId newest = mo.back();
  // Mostly so, and the closure costs time linear in the graph.  Under tso, too: what porf-precedes
  // `e` from another thread left it by a store, which no store before it overtakes.
  if (!fetch && (newest.thread == e.thread || event.porf.Contains(newest)))
    return static_cast<int>(mo.size());
  OrderClosure closure(g, order_);
  if (!fetch) {
    closure.Before(e);
  } else if (event.last_serialize >= 0) {
    closure.UpTo({e.thread, event.last_serialize});
  }
  int first = 0;
  for (int p = static_cast<int>(mo.size()); p > 0 && first == 0; --p) {
    const EventId w = mo[static_cast<std::size_t>(p - 1)];
    // Own stores count even while they are buffered (SC per location; a fetch sees them after the
    // jump that led to it).
    if (closure.ContainsWrite(w) || w.thread == e.thread) first = p;
  }
  if (fetch) return first;  // fetches are not coherent among themselves
  for (const EventId r : g.readers(location)) {
    if (r.thread != e.thread || r == e || g.at(r).label.kind != Kind::kRead) continue;
    first = std::max(first, g.mo_position(g.at(r).rf));
  }
  return first;
}

std::unique_ptr<ConsistencyChecker> MakeScChecker() {
  return std::make_unique<StoreOrderChecker>(StoreOrder::kSc);
}

std::unique_ptr<ConsistencyChecker> MakeTsoChecker() {
  return std::make_unique<StoreOrderChecker>(StoreOrder::kTso);
}

}  // namespace heddle::model
