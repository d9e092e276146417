#include "model/explain/missing_order.h"

#include <algorithm>
#include <deque>
#include <limits>

namespace heddle::model {
namespace {

std::size_t At(int i) { return static_cast<std::size_t>(i); }

Order Released(Order o) {
  if (AtLeastRelease(o)) return o;
  return o == Order::kAcquire ? Order::kAcqRel : Order::kRelease;
}
Order Acquired(Order o) {
  if (AtLeastAcquire(o)) return o;
  return o == Order::kRelease ? Order::kAcqRel : Order::kAcquire;
}

Order Mended(Order o, Need need, Order (*synchronising)(Order)) {
  switch (need) {
    case Need::kNothing:
      return o;
    case Need::kAtomic:
      return o == Order::kPlain ? Order::kRelaxed : o;
    case Need::kSynchronising:
      return synchronising(o);
  }
  return o;
}

void Mend(ExecutionGraph& g, const WeakEdge& edge) {
  Label& write = g.at(edge.write).label;
  Label& read = g.at(edge.read).label;
  write.order = Mended(write.order, edge.of_write, Released);
  read.order = Mended(read.order, edge.of_read, Acquired);
  read.failure = Mended(read.failure, edge.of_read, Acquired);
  // A fetch is no acquire, but hb knows no difference between a read that is one and a fetch with
  // an acquire fence behind it.
  if (edge.of_read == Need::kSynchronising) read.kind = Kind::kRead;
}

// The rf edges outside hb on a path of fewest such, from `from` to `to`; nothing if there is none.
// 0-1 breadth-first search.
std::optional<std::vector<WeakEdge>> WeakEdges(const GraphIndex& index, const Relation& hb,
                                               const Relation& rf, int from, int to) {
  std::vector<int> cost(At(index.size()), std::numeric_limits<int>::max());
  std::vector<int> parent(At(index.size()), -1);
  std::vector<bool> done(At(index.size()), false);
  std::deque<int> queue{from};
  cost[At(from)] = 0;
  while (!queue.empty()) {
    const int a = queue.front();
    queue.pop_front();
    if (done[At(a)]) continue;
    done[At(a)] = true;
    for (int b = 0; b < index.size(); ++b) {
      const bool strong = hb.Has(a, b);
      if ((!strong && !rf.Has(a, b)) || cost[At(a)] + !strong >= cost[At(b)]) continue;
      cost[At(b)] = cost[At(a)] + !strong;
      parent[At(b)] = a;
      strong ? queue.push_front(b) : queue.push_back(b);
    }
  }
  if (parent[At(to)] < 0) return std::nullopt;
  std::vector<WeakEdge> weak;
  for (int b = to; b != from; b = parent[At(b)])
    if (!hb.Has(parent[At(b)], b))
      weak.push_back({index.id(parent[At(b)]), index.id(b), Need::kNothing, Need::kNothing});
  std::reverse(weak.begin(), weak.end());
  return weak;
}

bool IsAtomic(const Event& e) { return e.label.kind == Kind::kFetch || e.order() != Order::kPlain; }

// The rf edges that could synchronise: between atomics, else also those with one atomic side.  A
// plain read of a plain write is never meant to.
std::optional<std::vector<WeakEdge>> WeakAtomicEdges(const GraphIndex& index, const Relation& hb,
                                                     int from, int to) {
  const Relation atomic = index.Where(IsAtomic), rf = index.Rf();
  auto weak = WeakEdges(index, hb, atomic >> rf >> atomic, from, to);
  return weak ? weak : WeakEdges(index, hb, (atomic >> rf) | (rf >> atomic), from, to);
}

// Drops needs without which `from` still happens before `to` once the others are met: a release
// sequence may pass an order on.
void DropSuperfluous(const MemoryModel& model, const ExecutionGraph& g, int from, int to,
                     std::vector<WeakEdge>& weak) {
  const auto ordered = [&] {
    ExecutionGraph mended = g;
    for (const WeakEdge& edge : weak) Mend(mended, edge);
    return model.happens_before(mended).Has(from, to);
  };
  for (WeakEdge& edge : weak) {
    for (Need* const need : {&edge.of_write, &edge.of_read}) {
      const Need before = *need;
      if (before == Need::kNothing) continue;
      *need = Need::kNothing;
      if (!ordered()) *need = before;
    }
  }
  std::erase_if(weak, [](const WeakEdge& edge) {
    return edge.of_write == Need::kNothing && edge.of_read == Need::kNothing;
  });
}

}  // namespace

MissingOrder FindMissingOrder(const MemoryModel& model, const ExecutionGraph& g, EventId from,
                              EventId to) {
  MissingOrder missing{from, to, false, {}};
  ExecutionGraph mended = g;
  const GraphIndex index(mended);
  auto weak = WeakAtomicEdges(index, model.happens_before(g), index.number(from), index.number(to));
  if (!weak) return missing;
  missing.communicates = true;
  for (std::size_t i = 0; i < weak->size(); ++i) {
    WeakEdge& edge = (*weak)[i];
    const EventId next = i + 1 < weak->size() ? (*weak)[i + 1].write : to;
    const Order write = mended.at(edge.write).label.order;
    const Label read = mended.at(edge.read).label;
    const auto suffices = [&](Need of_write, Need of_read) {
      edge.of_write = of_write;
      edge.of_read = of_read;
      Mend(mended, edge);
      const bool ordered = model.happens_before(mended).Has(index.number(from), index.number(next));
      if (!ordered) {
        mended.at(edge.write).label.order = write;
        mended.at(edge.read).label = read;
      }
      return ordered;
    };
    using enum Need;
    // Weakest first: the first that suffices is what is missing.
    (void)(suffices(kAtomic, kAtomic) || suffices(kSynchronising, kAtomic) ||
           suffices(kAtomic, kSynchronising) || suffices(kSynchronising, kSynchronising));
    const auto trim = [](Need& need, Order order) {
      if (need == kAtomic && order != Order::kPlain) need = kNothing;
    };
    trim(edge.of_write, write);
    trim(edge.of_read, read.kind == Kind::kFetch ? Order::kRelaxed : read.order);
  }
  DropSuperfluous(model, g, index.number(from), index.number(to), *weak);
  missing.weak = std::move(*weak);
  return missing;
}

std::optional<Synchronisation> LastSynchronisation(const GraphIndex& index, const Relation& hb,
                                                   const ExecutionGraph& g, EventId e,
                                                   ThreadId other) {
  const auto id = [](int t, int i) {
    return EventId{static_cast<std::int16_t>(t), static_cast<std::int16_t>(i)};
  };
  const auto knows = [&](EventId a, EventId b) { return hb.Has(index.number(b), index.number(a)); };
  int known = g.size(other) - 1;
  while (known >= 0 && !knows(e, id(other, known))) --known;
  if (known < 0) return std::nullopt;
  int learner = e.index;
  while (learner > 0 && knows(id(e.thread, learner - 1), id(other, known))) --learner;
  return Synchronisation{id(e.thread, learner), id(other, known)};
}

}  // namespace heddle::model
