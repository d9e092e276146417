// Why does one event not happen before another, though its effects may have reached it?
#pragma once

#include <optional>
#include <vector>

#include "model/memory_model.h"

namespace heddle::model {

/// What an access would have to be, beyond what it is, for an rf edge to synchronise.
enum class Need { kNothing, kAtomic, kSynchronising };

/// An rf edge that does not synchronise: a reading event knows of the write, but not what came
/// before it.
struct WeakEdge {
  EventId write, read;
  Need of_write = Need::kNothing;  ///< kSynchronising: to be a release
  Need of_read = Need::kNothing;   ///< kSynchronising: to be an acquire; a fetch: to have a fence
};

struct MissingOrder {
  EventId from, to;
  bool communicates = false;   ///< there is a path over sb and rf, atomic on at least one side
  std::vector<WeakEdge> weak;  ///< on the path with fewest of them, in its order
};

/// Looks for the path over hb and rf that has the fewest rf edges outside hb, and asks the model
/// what each of those lacks: it is what, changed in a copy of the graph, gives the path's next step
/// a happens-before from `from`.  Changing all that is named, and no less, makes `from` happen
/// before `to`.  Requires that it does not.  Costs a few computations of hb.
MissingOrder FindMissingOrder(const MemoryModel& model, const ExecutionGraph& g, EventId from,
                              EventId to);

/// Where a thread last learned, by happens-before, of what another one had done.
struct Synchronisation {
  EventId learner;  ///< the first event of its thread that knows of `known`
  EventId known;    ///< the other thread's last event that happens before `learner`
};

/// The last one with `other` at or before `e`; nothing if no event of `other` happens before `e`.
/// `hb` is the model's, numbered by `index`.
std::optional<Synchronisation> LastSynchronisation(const GraphIndex& index, const Relation& hb,
                                                   const ExecutionGraph& g, EventId e,
                                                   ThreadId other);

}  // namespace heddle::model
