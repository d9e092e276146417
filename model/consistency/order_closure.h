// Everything that one multi-copy-atomic order (sc or x86-TSO) puts before a new event.
//
// The order is  sc:  (sb | rf | mo | rb | ffr)+         tso:  (ppo | fence | rfe | mo | rb | ffr)+
// where ppo is sb without store -> load, and ffr goes from the last serialising event before a
// fetch to every write mo-after the fetch's source.  A new event has only incoming edges when it is
// added mo-maximally, so a graph stays acyclic exactly if no write that the new event would precede
// is in this closure: hence one backward search answers both questions of ConsistencyChecker.
#pragma once

#include "model/execution_graph.h"

namespace heddle::model {

enum class StoreOrder { kSc, kTso };

/// Under tso, whether stores before `label` in sb have left the store buffer once an event after it
/// loads: mfence, LOCKed instructions (also a CAS that failed), XCHG (a seq_cst store), and
/// serialising events (Intel SDM vol. 3A, "Serializing Instructions": they drain all stores).
bool DrainsStores(const Label& label);

class OrderClosure {
 public:
  OrderClosure(const ExecutionGraph& graph, StoreOrder order) : g_(graph), order_(order) {}

  /// Everything ordered before `e`, were `e` added now; e has no rf and is not in mo.
  void Before(EventId e);
  /// `e` and everything ordered before it; e is complete.
  void UpTo(EventId e);

  bool ContainsWrite(EventId w) const { return all_.Contains(w); }

 private:
  void IncludeStore(EventId e) { all_.Add(e); }
  void IncludeLoad(EventId e);
  void Saturate();
  void ExpandLoad(const Event& e, ThreadId thread);
  void ExpandStore(const Event& e);

  const ExecutionGraph& g_;
  const StoreOrder order_;
  Clock all_;    // every event of the thread below the entry is included
  Clock loads_;  // every event but stores below the entry is included (tso: loads overtake stores)
  Clock expanded_stores_, expanded_loads_;
};

}  // namespace heddle::model
