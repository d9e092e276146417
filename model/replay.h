// One execution as a short text, and back: every answer that the explorer gave.
//
// Format 1, e.g. "1:ib0#3.a2#1.:a0b0": the version; then per thread its answers in sb order — a
// read's or fetch's source ('i' for the initial write, else thread letter and index), a choice as
// "=k" —, '#' and its number of events, '.'; then ':' and, per location with two or more writes,
// its modification order, separated by ','.  Threads are lettered a, b, … (32: then A … F).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "model/explorer.h"

namespace heddle::model {

/// The text is of another program, or of what this one was before it was changed.
struct OtherProgram : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// The program can do what the text says, but the model forbids it.
struct ForbiddenExecution : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

std::string EncodeExecution(const ExecutionGraph& g);

/// Runs `program` once, along the execution that `text` describes, and reports what it ends in;
/// `visit` (if any) gets the graph, complete or not, with stamps in the order of the steps.
/// Throws std::invalid_argument, saying what is wrong, if the text is malformed; what does not fit
/// is OtherProgram or ForbiddenExecution.
ExploreResult ReplayExecution(Program& program, const MemoryModel& model, std::string_view text,
                              const Visitor& visit);

}  // namespace heddle::model
