// Arm64, one event at a time: the axioms' order on the graph so far, where it can fail at all.
//
// An event that is mo-last, or reads what is, or does not access data, has incoming edges of ob
// only (each open pair of IC-after and DC-after can be put so that the new event is the later one),
// so a consistent graph stays consistent with it.  For any other event ob is computed anew.
#include <algorithm>
#include <memory>

#include "model/consistency/checkers.h"
#include "model/memory_model.h"
#include "model/models/arm64.h"

namespace heddle::model {
namespace {

class Arm64Checker final : public ConsistencyChecker {
 public:
  explicit Arm64Checker(CacheType cache) : cache_(cache), cpp_(MakeRc11Checker()) {}

  // porf, and hb for data races, are C++'s.
  void OnAppend(ExecutionGraph& g, EventId e) const override { cpp_->OnAppend(g, e); }
  void OnComplete(ExecutionGraph& g, EventId e) const override { cpp_->OnComplete(g, e); }

  // By the coherence of the thread's own data accesses, so "internal" holds; Consistent decides
  // about "external".
  int FirstCoherent(const ExecutionGraph& g, EventId e) const override {
    const Event& event = g.at(e);
    if (event.label.kind == Kind::kFetch) return 0;
    const Location location = event.label.location;
    int first = 0;
    for (const EventId w : g.mo(location))
      if (w.thread == e.thread && w != e) first = std::max(first, g.mo_position(w));
    for (const EventId r : g.readers(location))
      if (r.thread == e.thread && r != e && g.at(r).label.kind == Kind::kRead)
        first = std::max(first, g.mo_position(g.at(r).rf));
    return first;
  }

  bool Consistent(const ExecutionGraph& g, EventId e) const override {
    const Event& event = g.at(e);
    if (!event.label.is_read() && !event.label.is_write()) return true;
    if ((event.label.is_read() ? event.rf : e) == g.NewestWrite(event.label.location)) return true;
    return HasArm64OrderedBefore(GraphIndex(g), cache_);
  }

 private:
  const CacheType cache_;
  const std::unique_ptr<ConsistencyChecker> cpp_;
};

}  // namespace

std::unique_ptr<ConsistencyChecker> MakeArm64Checker(CacheType cache) {
  return std::make_unique<Arm64Checker>(cache);
}

}  // namespace heddle::model
