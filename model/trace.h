// An execution for people: columns per CPU, and why the reads that look wrong were possible.
#pragma once

#include <string>

#include "model/explorer.h"

namespace heddle::model {

/// The events of `g` in the order of their stamps, one column per thread, with file:line; events in
/// `marked` get a '*'.  Lines are at most about 24 + 40 * threads characters.
std::string FormatTrace(const Program& program, const ExecutionGraph& g,
                        const std::vector<EventId>& marked);

/// "e3 W rlx flag = 1": an event in one phrase.
std::string Describe(const Program& program, const ExecutionGraph& g, EventId e);

/// Which orderings were missing: for a race, the accesses between which there is no happens-before
/// path and the communication that failed to give one; for other violations, the newest writes that
/// reads near the end did not see.  One sentence per line, at most `most` lines; may be empty.
std::string ExplainMissingOrder(const Program& program, const MemoryModel& model,
                                const Violation& violation, int most);

}  // namespace heddle::model
