// In which order are the operations of an execution to happen on real threads?
//
// In the order of a report's trace.  That is a schedule if it is an interleaving: each read takes
// the newest write of its location, and writes come in modification order.  Only instruction
// fetches may be stale: which version of its unit each one finds is scheduled, too.  Of a use and a
// free that nothing orders, the use comes last, if it can.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/trace_order.h"

namespace heddle::ordered {

/// An execution that no interleaving of its threads explains, or code that this program does not
/// have.
struct NotSchedulable : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// What a thread does next: one event, or both halves of a read-modify-write.
struct Operation {
  static constexpr int kNoStep = -1;

  const model::Event* event = nullptr;
  int step =
      kNoStep;      ///< in Schedule::steps; kNoStep: that nothing interrupts, which takes no turn
  int version = 0;  ///< of a fetch: the n-th value of its unit, 0 the initial one
};

struct Step {
  int thread = 0;
  int number = 0;    ///< as the report's: "e3" is 3
  std::string text;  ///< "e3 CPU1: R acq flag = 1 from e2, message_passing.h:34"
};

struct Schedule {
  std::vector<std::vector<Operation>> threads;
  std::vector<Step> steps;
  std::vector<std::string> locations;  ///< names

  const Step& StepOf(const Operation& operation) const {
    return steps[static_cast<std::size_t>(operation.step)];
  }
};

/// `marked`, the events that went wrong, `phrases` of the trace's events and `locations` are as in
/// ReportedGraph.  The schedule refers to `g`.  Throws NotSchedulable.
Schedule MakeSchedule(const model::ExecutionGraph& g, const model::Trace& trace,
                      const std::vector<model::EventId>& marked,
                      const std::vector<std::string>& phrases,
                      const std::vector<std::string>& locations);

}  // namespace heddle::ordered
