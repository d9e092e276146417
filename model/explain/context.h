// What the parts of an explanation (model/explain.h) share.
#pragma once

#include <string>
#include <vector>

#include "model/explain.h"
#include "model/memory_model.h"

namespace heddle::model {

/// One graph, its names and relations.  Does not outlive what it refers to.
struct ExplainContext {
  const Program& program;
  const MemoryModel& model;
  const ExecutionGraph& g;
  const Trace& trace;
  EventText text;
  GraphIndex index;
  Relation hb;     ///< the model's
  Relation base;   ///< sb | rf | mo | rb | ffr of the shown events: see model/models/sc.cpp
  Relation order;  ///< base^+: what every interleaving that explains the trace would respect
};

ExplainContext MakeContext(const Program& program, const MemoryModel& model,
                           const ExecutionGraph& g, const Trace& trace);

/// Why `from` does not happen before `to`, though a chain of reads leads there: which edges carried
/// no order, what they lack, and that mending them `would` ("would order the accesses").  Returns
/// false and says nothing if there is no such chain.  Requires that `from` does not happen before
/// `to`.
bool ExplainMissingOrder(const ExplainContext& context, EventId from, EventId to,
                         const std::string& would, Explanation& explanation);

/// The events of a shortest path over `base`, both ends included.  Requires that there is one.
std::vector<EventId> ShortestBasePath(const ExplainContext& context, EventId from, EventId to);

/// Which stores of a cycle in `base` waited in store buffers (tso), or which of its accesses would
/// have to be seq_cst.  Returns false and says nothing if that would not suffice.
bool ExplainCycle(const ExplainContext& context, const std::vector<EventId>& cycle,
                  Explanation& explanation);

/// Explains the last stale reads of the trace, at most `most`: those that no interleaving explains,
/// by what the model leaves unordered; only if there are none, those that came first.
void ExplainStaleReads(const ExplainContext& context, int most, Explanation& explanation);

/// Why fetch `fetch` could miss `newer`: its thread's last serialising event does not know of it.
void ExplainStaleFetch(const ExplainContext& context, EventId fetch, EventId newer,
                       Explanation& explanation);

}  // namespace heddle::model
