// An event in words.
#pragma once

#include <string>

#include "model/program.h"
#include "model/trace_order.h"

namespace heddle::model {

/// Names the events of a graph as a report does.  Does not outlive its arguments.
class EventText {
 public:
  EventText(const Program& program, const ExecutionGraph& g, const Trace& trace)
      : program_(program), graph_(g), trace_(trace) {}

  std::string Number(EventId e) const;    ///< "e3", "init"
  std::string Phrase(EventId e) const;    ///< "R acq flag = 1 from e2", without its number
  std::string Place(EventId e) const;     ///< "message_passing.h:34"; empty if not known
  std::string Sentence(EventId e) const;  ///< "e3 (CPU1: R acq flag = 1 from e2, file.h:34)"
  std::string Name(Location location) const { return program_.LocationName(location); }

 private:
  std::string Instruction(EventId fetch) const;

  const Program& program_;
  const ExecutionGraph& graph_;
  const Trace& trace_;
};

/// What an interrupting choice says: "no interrupt", "IRQ begins", "IRQ ends".
std::string Interruption(const Event& e);

const char* Name(Order order);      ///< "rlx"
const char* Name(Kind kind);        ///< "write"
const char* Name(Barrier barrier);  ///< "dsb ish"
std::string Show(Value value);      ///< small values in decimal, others in hexadecimal

}  // namespace heddle::model
