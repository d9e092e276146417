// Why was a violation possible?  In sentences, each derived from the model's own relations.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/event_text.h"
#include "model/explorer.h"

namespace heddle::model {

struct Explanation {
  std::vector<std::string> sentences;
  /// Orderings whose absence is the violation, or made it possible.
  std::vector<std::pair<EventId, EventId>> missing;
  /// The rf edges that carried a value, but no order.
  std::vector<std::pair<EventId, EventId>> weak;

  std::string Text() const;  ///< one sentence per line
};

/// For a data race: which happens-before edge is missing, which reads-from edges failed to give it
/// and what they lack, and where the two threads last synchronised.  For use after free: the same
/// between use and free.  For torn instructions: which bytes never were together, or,
/// if any two could have been, where each came from.  For a deadlock:
/// what is awaited.  For all other violations: why reads in the trace could miss newer writes, at
/// most `most` of them.  `violation.graph` must be consistent under `model`; beyond 1000 events,
/// where the axioms' cubic time would be felt, nothing is said.
Explanation Explain(const Program& program, const MemoryModel& model, const Violation& violation,
                    const Trace& trace, int most = 3);

}  // namespace heddle::model
