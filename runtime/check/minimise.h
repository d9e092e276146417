// Does the same go wrong in a shorter execution?
#pragma once

#include "runtime/check/check.h"

namespace heddle {

/// Gives a violation the shortest execution that is found in which the same goes wrong (the same
/// error at the same place in the source; without a place, with the same message): fewest context
/// switches in its trace, then fewest events.  Looked at are executions with few preemptions, from
/// none on; what bounds the search is counted, not timed, so that the same violation always
/// becomes the same report.
void Minimise(CheckResult& violation);

}  // namespace heddle
