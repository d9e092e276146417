#include "model/revisits.h"

#include <algorithm>

namespace heddle::model {
namespace {

class Maximality {
 public:
  Maximality(const ExecutionGraph& g, EventId a) : g_(g), prefix_(g.at(a).porf) { prefix_.Add(a); }

  bool EverythingIsInPrefix() const {
    for (ThreadId t = 0; t < g_.thread_count(); ++t)
      if (prefix_.count[static_cast<std::size_t>(t)] < g_.size(t)) return false;
    return g_.waiters().empty();
  }
  bool InPrefix(EventId e) const { return prefix_.Contains(e); }

  // The newest event with stamp >= from, outside the prefix, that was not added maximally, as a
  // stamp; 0: there is none.  Waiters always were.
  std::uint32_t NewestNotMaximal(std::uint32_t from) const {
    std::uint32_t newest = 0;
    for (ThreadId t = 0; t < g_.thread_count(); ++t) {
      for (int i = g_.size(t) - 1; i >= prefix_.count[static_cast<std::size_t>(t)]; --i) {
        const EventId x = IdOf(t, i);
        const std::uint32_t stamp = g_.at(x).stamp;
        if (stamp < from || stamp <= newest) break;
        if (!IsMaximal(x)) newest = stamp;
      }
    }
    return newest;
  }

 private:
  bool IsMaximal(EventId x) const {
    const Event& e = g_.at(x);
    const auto previous = [&](EventId y) {
      return y.is_init() || g_.at(y).stamp <= e.stamp || prefix_.Contains(y);
    };
    if (e.label.kind == Kind::kChoice) return e.value == 0;
    if (!e.label.is_read() && !e.label.is_write()) return true;
    if (e.label.await && !e.label.of_written_once) return false;
    const EventId m = e.label.is_read() ? e.rf : x;
    if (!previous(m)) return false;
    const auto& mo = g_.mo(e.label.location);
    for (auto p = static_cast<std::size_t>(g_.mo_position(m)); p < mo.size(); ++p)
      if (previous(mo[p])) return false;
    if (e.label.is_write()) {
      for (EventId r = e.first_reader; r != kNoEvent; r = g_.at(r).next_reader)
        if (previous(r)) return false;
    }
    return true;
  }

  const ExecutionGraph& g_;
  Clock prefix_;  // porf-prefix(a) and a
};

}  // namespace

void FindRevisits(const ExecutionGraph& g, EventId a, std::vector<EventId>& found) {
  const Location location = g.at(a).label.location;
  const Maximality maximality(g, a);
  if (maximality.EverythingIsInPrefix()) return;
  std::uint32_t oldest = g.at(a).stamp;
  const auto candidate = [&](EventId r, std::uint32_t stamp) {
    found.push_back(r);
    oldest = std::min(oldest, stamp);
  };
  for (const EventId r : g.readers(location)) {
    const Event& read = g.at(r);
    if (read.label.order != Order::kPlain && !read.label.await && !maximality.InPrefix(r))
      candidate(r, read.stamp);
  }
  for (const Waiter& w : g.waiters())
    if (w.label.location == location && w.label.await.Holds(g.at(a).value))
      candidate(IdOf(w.thread, g.size(w.thread)), w.stamp);
  if (found.empty()) return;
  // A revisit deletes everything from its read on.
  const std::uint32_t newest = maximality.NewestNotMaximal(oldest);
  const auto stamp_of = [&](EventId r) {
    if (g.Contains(r)) return g.at(r).stamp;
    return std::find_if(g.waiters().begin(), g.waiters().end(),
                        [&](const Waiter& w) { return w.thread == r.thread; })
        ->stamp;
  };
  std::erase_if(found, [&](EventId r) { return stamp_of(r) <= newest; });
  std::sort(found.begin(), found.end());  // readers are listed in an order that depends on history
}

}  // namespace heddle::model
