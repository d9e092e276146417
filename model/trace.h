// An execution for people: columns per CPU.
#pragma once

#include <string>
#include <vector>

#include "model/event_text.h"

namespace heddle::model {

/// The events of `trace`, one column per thread that has any, with file:line; events in `marked`
/// get a '*'.  Lines are at most about 24 + 40 * threads characters.
std::string FormatTrace(const Program& program, const ExecutionGraph& g, const Trace& trace,
                        const std::vector<EventId>& marked);

}  // namespace heddle::model
