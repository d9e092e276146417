// What did each CPU do before a failure, for trace viewers?
#pragma once

#include <string>
#include <vector>

#include "stress/stored_run.h"

namespace heddle::cli {

/// The flight records of all failures as JSON in Chrome's trace format, which Perfetto reads, too:
/// a process per failure, a thread per CPU, an instant per operation and a slice per handler.  A
/// failure's first operation is at 0 µs.
std::string PerfettoTrace(const std::vector<stress::StoredRun>& runs);

}  // namespace heddle::cli
