#include "model/consistency/psc.h"

#include <algorithm>
#include <climits>
#include <vector>

namespace heddle::model {
namespace {

EventId Id(int t, int i) { return {static_cast<std::int16_t>(t), static_cast<std::int16_t>(i)}; }

bool IsAccess(const Event& e) { return e.label.kind == Kind::kRead || e.label.is_write(); }

bool SameLocation(const Event& a, const Event& b) {
  return IsAccess(a) && IsAccess(b) && a.label.location == b.label.location;
}

// eco is the order of these keys on one location: a write at mo position p is 2p, its readers 2p+1.
int EcoKey(const ExecutionGraph& g, const Event& e) {
  return e.label.is_write() ? 2 * e.mo_position : 2 * g.mo_position(e.rf) + 1;
}

class PscGraph {
 public:
  explicit PscGraph(const ExecutionGraph& g) : g_(g) {
    int threads_with_sc = 0;
    for (int t = 0; t < g.thread_count(); ++t) {
      const std::size_t before = sc_.size();
      for (int i = 0; i < g.size(t); ++i)
        if (IsSc(g.at(Id(t, i)))) sc_.push_back(Id(t, i));
      if (sc_.size() > before) ++threads_with_sc;
    }
    worth_a_search_ = threads_with_sc >= 2;
  }

  bool Acyclic() {
    if (!worth_a_search_) return true;
    state_.assign(sc_.size(), kNew);
    for (std::size_t s = 0; s < sc_.size(); ++s)
      if (state_[s] == kNew && FindsCycle(s)) return false;
    return true;
  }

 private:
  enum State : char { kNew, kOnPath, kDone };

  bool IsSc(const Event& e) const {
    return (IsAccess(e) || e.label.kind == Kind::kFence) && e.order() == Order::kSeqCst;
  }
  static bool IsFence(const Event& e) { return e.label.kind == Kind::kFence; }
  bool Hb(EventId a, EventId b) const { return g_.at(b).hb.Contains(a); }

  bool FindsCycle(std::size_t s) {
    state_[s] = kOnPath;
    for (std::size_t t = 0; t < sc_.size(); ++t) {
      if (state_[t] == kDone || (t != s && !Psc(sc_[s], sc_[t])) || t == s) continue;
      if (state_[t] == kOnPath || FindsCycle(t)) return true;
    }
    state_[s] = kDone;
    return false;
  }

  bool Psc(EventId s, EventId t) const {
    const bool from_fence = IsFence(g_.at(s)), to_fence = IsFence(g_.at(t));
    if (s.thread == t.thread && s.index < t.index) return true;  // sb
    if (from_fence && to_fence && (Hb(s, t) || ThroughEco(s, t))) return true;
    return PscBase(s, t, from_fence, to_fence);
  }

  // ([E_sc] | [F_sc];hb?) ; scb ; ([E_sc] | hb?;[F_sc])
  bool PscBase(EventId s, EventId t, bool from_fence, bool to_fence) const {
    if (Scb(s, t)) return true;
    if (from_fence && AnyAfter(s, [&](EventId x) { return Scb(x, t); })) return true;
    if (!to_fence) return false;
    const auto reaches_t = [&](EventId x) {
      return AnyBefore(t, [&](EventId y) { return Scb(x, y); });
    };
    return reaches_t(s) || (from_fence && AnyAfter(s, reaches_t));
  }

  // [F_sc] ; hb ; eco ; hb ; [F_sc]
  bool ThroughEco(EventId s, EventId t) const {
    return AnyAfter(s, [&](EventId x) {
      return AnyBefore(t, [&](EventId y) {
        const Event &a = g_.at(x), &b = g_.at(y);
        if (b.label.kind == Kind::kFetch)  // eco leads into a fetch, not out of it
          return IsAccess(a) && a.label.location == b.label.location &&
                 EcoKey(g_, a) < EcoKey(g_, b);
        return SameLocation(a, b) && EcoKey(g_, a) < EcoKey(g_, b);
      });
    });
  }

  // sb | sb≠loc;hb;sb≠loc | hb&loc | mo | rb
  bool Scb(EventId x, EventId y) const {
    if (x == y) return false;
    if (x.thread == y.thread && x.index < y.index) return true;
    const Event &a = g_.at(x), &b = g_.at(y);
    if (SameLocation(a, b)) {
      if (Hb(x, y)) return true;
      if (b.label.is_write() && EcoKey(g_, a) < EcoKey(g_, b)) return true;  // mo | rb
    }
    // hb is closed under sb on both sides, so the first and the last candidates suffice.
    const EventId after = NextElsewhere(x), before = PreviousElsewhere(y);
    return after.index >= 0 && before.index >= 0 && Hb(after, before);
  }

  EventId NextElsewhere(EventId x) const {
    for (int i = x.index + 1; i < g_.size(x.thread); ++i)
      if (!SameLocation(g_.at(x), g_.at(Id(x.thread, i)))) return Id(x.thread, i);
    return Id(x.thread, -1);
  }
  EventId PreviousElsewhere(EventId y) const {
    for (int i = y.index - 1; i >= 0; --i)
      if (!SameLocation(g_.at(y), g_.at(Id(y.thread, i)))) return Id(y.thread, i);
    return Id(y.thread, -1);
  }

  template <typename F>
  bool AnyAfter(EventId s, F f) const {  // some x with s hb x
    for (int t = 0; t < g_.thread_count(); ++t)
      for (int i = g_.size(t) - 1; i >= 0 && Hb(s, Id(t, i)); --i)
        if (f(Id(t, i))) return true;
    return false;
  }
  template <typename F>
  bool AnyBefore(EventId s, F f) const {  // some x with x hb s
    const Clock& hb = g_.at(s).hb;
    for (int t = 0; t < g_.thread_count(); ++t)
      for (int i = 0; i < hb.count[static_cast<std::size_t>(t)]; ++i)
        if (f(Id(t, i))) return true;
    return false;
  }

  const ExecutionGraph& g_;
  std::vector<EventId> sc_;
  std::vector<State> state_;
  bool worth_a_search_ = false;
};

}  // namespace

bool IsPscAcyclic(const ExecutionGraph& g) { return PscGraph(g).Acyclic(); }

}  // namespace heddle::model
