// Incremental RC11: hb by vector clocks, coherence as a suffix of mo, psc by a search over the
// seq_cst events only.
//
// hb, release sequences (C++20: continued by RMWs only) and fences depend on an event's porf prefix
// alone, so each clock is computed once, when the event is added.
#include <algorithm>

#include "model/consistency/checkers.h"
#include "model/consistency/psc.h"
#include "model/memory_model.h"

namespace heddle::model {
namespace {

class Rc11Checker final : public ConsistencyChecker {
 public:
  void OnAppend(ExecutionGraph& g, EventId e) const override {
    Event& event = g.at(e);
    if (e.index > 0) {
      const EventId before{e.thread, static_cast<std::int16_t>(e.index - 1)};
      const Event& previous = g.at(before);
      event.porf = previous.porf;
      event.porf.Add(before);
      event.hb = previous.hb;
      event.hb.Add(before);
      event.pending = previous.pending;
      event.fence_release = previous.fence_release;
    }
    if (event.label.kind != Kind::kFence) return;
    // [W rel] ; rs ; rf ; [R] ; sb ; [F acq]: what relaxed reads saw is synchronised with here.
    if (AtLeastAcquire(event.label.order)) event.hb.Join(event.pending);
    if (AtLeastRelease(event.label.order)) {
      event.fence_release = event.hb;
      event.fence_release.Add(e);
    }
  }

  void OnComplete(ExecutionGraph& g, EventId e) const override {
    Event& event = g.at(e);
    if (event.label.is_read()) {
      if (event.rf.is_init()) return;
      const Event& source = g.at(event.rf);
      event.porf.Join(source.porf);
      event.porf.Add(event.rf);
      if (event.order() == Order::kPlain) return;
      (AtLeastAcquire(event.order()) ? event.hb : event.pending).Join(source.message);
    } else if (event.label.is_write() && event.label.order != Order::kPlain) {
      event.message = event.fence_release;  // [F rel] ; sb ; [W]
      if (AtLeastRelease(event.label.order)) {
        event.message = event.hb;
        event.message.Add(e);
      }
      if (event.label.rmw) {  // rs = [W] ; (rf ; rmw)*
        const EventId source = g.at({e.thread, static_cast<std::int16_t>(e.index - 1)}).rf;
        if (!source.is_init()) event.message.Join(g.at(source).message);
      }
    }
  }

  int FirstCoherent(const ExecutionGraph& g, EventId e) const override {
    const Event& event = g.at(e);
    const bool fetch = event.label.kind == Kind::kFetch;
    Clock seen = event.hb;
    if (fetch) {  // what was seen before the last serialising event; own writes by the loop below
      seen = Clock();
      if (event.last_serialize >= 0) seen = g.at({e.thread, event.last_serialize}).hb;
    }
    int first = 0;
    const auto& mo = g.mo(event.label.location);
    for (int p = static_cast<int>(mo.size()); p > 0 && first == 0; --p) {
      const EventId w = mo[static_cast<std::size_t>(p - 1)];
      if (seen.Contains(w) || w.thread == e.thread) first = p;
    }
    if (first == static_cast<int>(mo.size())) return first;
    for (const EventId r : g.readers(event.label.location)) {
      if (r == e || !seen.Contains(r)) continue;  // a data access after a fetch is no older than it
      first = std::max(first, g.mo_position(g.at(r).rf));
    }
    return first;
  }

  bool Consistent(const ExecutionGraph& g, EventId e) const override {
    return IsPscAcyclicWith(g, e);
  }
};

}  // namespace

std::unique_ptr<ConsistencyChecker> MakeRc11Checker() { return std::make_unique<Rc11Checker>(); }

}  // namespace heddle::model
