// psc = ([E_sc] | [F_sc] ; hb?) ; scb ; ([E_sc] | hb? ; [F_sc])  |  [F_sc] ; (hb | hb ; eco ; hb) ;
// [F_sc] scb = sb | sb≠loc ; hb ; sb≠loc | hb & loc | mo | rb
//
// Nothing is hb-after the new event e, so the only way on from it is mo or rb to a newer write y of
// its location (and eco from there).  Hence every new cycle is  s -> e -> t -> … -> s  where
//   s is e itself if that is seq_cst, or a seq_cst fence hb-before e, and
//   t is y if seq_cst, or a seq_cst fence hb-after y; from a fence, too, one hb-after a reader of
//   y.
// So: search forward from all t, and see whether an s is reached.  The seq_cst events of a thread
// are a chain of psc (sb), so the lowest index reached in each thread says it all.
#include "model/consistency/psc.h"

#include <algorithm>
#include <array>
#include <climits>
#include <vector>

namespace heddle::model {
namespace {

bool IsAccess(const Event& e) { return e.label.kind == Kind::kRead || e.label.is_write(); }

bool IsFence(const Event& e) { return e.label.kind == Kind::kFence; }

bool IsSc(const Event& e) { return (IsAccess(e) || IsFence(e)) && e.order() == Order::kSeqCst; }

bool SameLocation(const Event& a, const Event& b) {
  return IsAccess(a) && IsAccess(b) && a.label.location == b.label.location;
}

std::size_t At(int i) { return static_cast<std::size_t>(i); }

class PscSearch {
 public:
  PscSearch(const ExecutionGraph& g, EventId e) : g_(g), e_(e) {
    reached_.fill(INT_MAX);
    expanded_.fill(INT_MAX);
    to_any_.fill(-1);
    to_fence_.fill(-1);
  }

  bool FindsCycle() {
    const Event& event = g_.at(e_);
    const Location location = event.label.location;
    const int position = PositionOf(event);
    const int newest = static_cast<int>(g_.mo(location).size());
    if (position == newest) return false;
    const bool has_fence = FindFencesBefore(event);
    to_any_ = to_fence_;
    if (IsSc(event)) to_any_[At(e_.thread)] = e_.index;
    if (!IsSc(event) && !has_fence) return false;

    for (int p = position + 1; p <= newest; ++p) ReachThroughScb(g_.WriteAt(location, p));
    if (Expand(to_any_)) return true;
    if (!has_fence) return false;
    for (const EventId r : g_.readers(location))
      if (r != e_ && g_.mo_position(g_.at(r).rf) > position) ReachFencesAfter(r);
    return Expand(to_fence_);
  }

 private:
  using PerThread = std::array<int, kMaxThreads>;

  // A write's place in mo, a read's source's.
  int PositionOf(const Event& e) const {
    return e.label.is_write() ? e.mo_position : g_.mo_position(e.rf);
  }

  bool FindFencesBefore(const Event& event) {
    bool found = false;
    for (int t = 0; t < g_.thread_count(); ++t) {
      int i = event.hb.count[At(t)] - 1;
      const auto& events = g_.thread(t);
      while (i >= 0 && !(IsFence(events[At(i)]) && IsSc(events[At(i)]))) --i;
      to_fence_[At(t)] = i;
      found = found || i >= 0;
    }
    return found;
  }

  void Reach(ThreadId t, int index) { reached_[At(t)] = std::min(reached_[At(t)], index); }

  // The first event of `t` that is hb-after `x`; the thread's size if there is none.
  int FirstAfter(EventId x, ThreadId t) const {
    if (t == x.thread) return x.index + 1;
    const auto& events = g_.thread(t);
    const auto first = std::partition_point(events.begin(), events.end(),
                                            [&](const Event& y) { return !y.hb.Contains(x); });
    return static_cast<int>(first - events.begin());
  }

  void ReachFencesAfter(EventId z) {
    for (int t = 0; t < g_.thread_count(); ++t) ReachFence(t, FirstAfter(z, t));
  }
  void ReachFence(ThreadId t, int from) {
    const auto& events = g_.thread(t);
    for (int i = from; i < static_cast<int>(events.size()) && i < reached_[At(t)]; ++i)
      if (IsFence(events[At(i)]) && IsSc(events[At(i)])) Reach(t, i);
  }
  // `t` is scb-after something reached.
  void ReachThroughScb(EventId t) {
    if (IsSc(g_.at(t))) Reach(t.thread, t.index);
    ReachFencesAfter(t);
  }

  // True as soon as a target is reached: in some thread an index up to `targets`.
  bool Expand(const PerThread& targets) {
    for (bool changed = true; changed;) {
      changed = false;
      for (int t = 0; t < g_.thread_count(); ++t) {
        if (reached_[At(t)] <= targets[At(t)]) return true;
        const int from = reached_[At(t)];
        const int to = std::min(expanded_[At(t)], g_.size(t));
        if (from >= to) continue;
        expanded_[At(t)] = from;
        changed = true;
        for (int i = from; i < to; ++i) {
          const Event& x = g_.at(IdOf(t, i));
          if (!IsSc(x)) continue;
          if (IsFence(x)) {
            ExpandFence(IdOf(t, i));
          } else {
            ExpandAccess(IdOf(t, i), x);
          }
        }
      }
    }
    return false;
  }

  void ExpandAccess(EventId id, const Event& x) {
    const Location location = x.label.location;
    const auto& mo = g_.mo(location);
    for (auto p = At(PositionOf(x)); p < mo.size(); ++p) ReachThroughScb(mo[p]);  // mo | rb
    for (const EventId r : g_.readers(location))                                  // hb & loc
      if (g_.at(r).label.kind == Kind::kRead && g_.at(r).hb.Contains(id)) ReachThroughScb(r);
    if (id.index + 1 >= g_.size(id.thread)) return;
    ReachFencesAfter(IdOf(id.thread, id.index + 1));  // sb ; hb ; [F_sc]
    const int after = NextElsewhere(id, x);           // sb≠loc ; hb ; sb≠loc
    if (after < 0) return;
    for (int t = 0; t < g_.thread_count(); ++t) {
      if (t == id.thread) continue;
      const int first = FirstAfter(IdOf(id.thread, after), t);
      if (first >= g_.size(t)) continue;
      bool elsewhere = false;  // is one of [first, i) at another location than first?
      const Event& b = g_.at(IdOf(t, first));
      for (int i = first + 1; i < g_.size(t) && i < reached_[At(t)]; ++i) {
        const Event& y = g_.at(IdOf(t, i));
        if (IsSc(y) && (elsewhere || !SameLocation(b, y))) Reach(t, i);
        elsewhere = elsewhere || !SameLocation(b, y);
      }
    }
  }

  // The first event sb-after `id` at another location, or at none; -1: there is none.
  int NextElsewhere(EventId id, const Event& x) const {
    for (int i = id.index + 1; i < g_.size(id.thread); ++i)
      if (!SameLocation(x, g_.at(IdOf(id.thread, i)))) return i;
    return -1;
  }

  void ExpandFence(EventId x) {
    oldest_.clear();
    for (int t = 0; t < g_.thread_count(); ++t) {
      const int first = FirstAfter(x, t);
      if (first >= g_.size(t)) continue;
      ReachFence(t, first);                                                // hb
      for (int i = first + 1; i < g_.size(t) && i < reached_[At(t)]; ++i)  // hb? ; sb
        if (IsSc(g_.at(IdOf(t, i)))) Reach(t, i);
      if (t != x.thread) ReachArrival(x, IdOf(t, first));
      for (int i = first; i < g_.size(t); ++i) NoteOldest(g_.at(IdOf(t, i)));
    }
    // hb ; (mo | rb), hb ; eco ; hb
    for (std::size_t n = 0; n < oldest_.size(); ++n) {
      const auto [location, position, is_write] = oldest_[n];
      const auto& mo = g_.mo(location);
      for (auto p = At(position); p < mo.size(); ++p) ReachThroughScb(mo[p]);
      for (const EventId r : g_.readers(location)) {
        const int from = g_.mo_position(g_.at(r).rf);
        if (from > position || (from == position && is_write)) ReachFencesAfter(r);
      }
    }
  }

  // The first event of its thread that is hb-after the fence `x`: reached by hb ; (hb & loc).
  void ReachArrival(EventId x, EventId t) {
    const Event& event = g_.at(t);
    if (!IsAccess(event)) return;
    const auto between = [&](EventId p) {
      return p != t && event.hb.Contains(p) && g_.at(p).hb.Contains(x);
    };
    const auto &mo = g_.mo(event.label.location), &readers = g_.readers(event.label.location);
    if (std::any_of(mo.begin(), mo.end(), between) ||
        std::any_of(readers.begin(), readers.end(), between))
      ReachThroughScb(t);
  }

  // The oldest place in each location's mo that something hb-after the fence has seen or taken.
  struct Oldest {
    Location location;
    int position;
    bool is_write;  // so that the readers of that very write come after it
  };
  void NoteOldest(const Event& p) {
    if (!IsAccess(p)) return;
    const int position = PositionOf(p);
    for (Oldest& o : oldest_) {
      if (o.location != p.label.location) continue;
      if (position < o.position) {
        o.position = position;
        o.is_write = p.label.is_write();
      } else if (position == o.position) {
        o.is_write = o.is_write || p.label.is_write();
      }
      return;
    }
    oldest_.push_back({p.label.location, position, p.label.is_write()});
  }

  const ExecutionGraph& g_;
  const EventId e_;
  PerThread reached_;   // the lowest index of a seq_cst event that is psc-after e
  PerThread expanded_;  // from here on, whose successors have been reached
  PerThread to_any_, to_fence_;
  std::vector<Oldest> oldest_;
};

}  // namespace

bool IsPscAcyclicWith(const ExecutionGraph& g, EventId e) {
  const Event& event = g.at(e);
  if (!IsAccess(event)) return true;
  return !PscSearch(g, e).FindsCycle();
}

}  // namespace heddle::model
