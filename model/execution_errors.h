// Which errors does one new event of an execution show?
#pragma once

#include <optional>

#include "model/explorer.h"
#include "model/memory_model.h"

namespace heddle::model {

/// Errors that involve the complete event `e` of `g`: mixed sizes, data race, uninitialised read,
/// torn instruction, racing modification of an instruction, use after free, double free.  The first
/// one found.
std::optional<Violation> ErrorOf(const Program& program, const MemoryModel& model,
                                 const ExecutionGraph& g, EventId e);

/// A violation at `at`'s place in the source.
Violation MakeViolation(ErrorKind kind, std::string message, std::vector<EventId> events,
                        const Label& at);

}  // namespace heddle::model
