// How does a model thread wait for a value?
//
// By one awaiting read or RMW, which the explorer gives only values that are waited for.  But a CPU
// that interrupts reach takes them meanwhile, so it looks again and again (ADR 4, ADR 6).
#include <string>
#include <utility>

#include "runtime/events/ipis.h"
#include "runtime/model/contexts.h"
#include "runtime/model/machine.h"

namespace heddle {

using model::Kind;
using model::Label;
using model::Value;

Value Machine::Await(Label label, const char* what) {
  const SourceLocation at{label.file, label.line};
  if (!in_thread()) {
    const Value value = PerformOutside({.kind = Kind::kRead, .location = label.location});
    if (!label.await.Holds(value))
      Fail(model::ErrorKind::kDeadlock, std::string(what) + " never holds", at);
    return PerformOutside(label);
  }
  const bool read_only = !label.rmw;
  Value value = 0;
  if (!ipis_->ReachTheCpu()) {
    thread().step.message = what;
    value = Perform(label);
  } else {
    // Its CPU has to take interrupts meanwhile.  Polling may see a value go by, which it need not.
    const model::AwaitTest test = std::exchange(label.await, {});
    SpinUntil(
        [&] {
          return label.rmw ? TryOnce(label, test, value) : test.Holds(value = Perform(label));
        },
        what, at);
  }
  thread().has_awaited = read_only;
  return value;
}

// One round of a loop that waits for `test` and then does the read-modify-write; tells what it
// read.
bool Machine::TryOnce(Label rmw, const model::AwaitTest& test, Value& read) {
  Label look{.kind = Kind::kRead, .location = rmw.location};
  look.bytes = rmw.bytes;
  look.file = rmw.file;
  look.line = rmw.line;
  read = Perform(look);
  if (!test.Holds(read)) return false;
  if (!rmw.cas) {  // unless somebody was faster
    rmw.value = WriteHalf(rmw, read).value;
    rmw.expected = read;
    rmw.op = model::RmwOp::kExchange;
    rmw.cas = true;
    return Perform(rmw) == read;
  }
  return test.Holds(read = Perform(rmw));
}

void Machine::Serialize(SourceLocation at) {
  Label label{.kind = Kind::kSerialize};
  // A thread that has just awaited a value comes here because of it: a control dependency, which
  // Arm orders before what is fetched from here on.
  label.depends.control = std::exchange(thread().has_awaited, false) ? 1 : 0;
  label.file = at.file;
  label.line = at.line;
  Perform(label);
}

int Machine::HandlersFired() { return contexts_->fired(); }

bool Machine::MayBeInterrupted() { return contexts_->MayFire(); }

void Machine::WaitsInHandler(SourceLocation at) {
  if (!abandoning_) contexts_->FailIfWaitingInHandler(at);
}

bool Machine::InterruptWhileWaiting(SourceLocation at) { return ipis_->WhileWaiting(at); }

}  // namespace heddle
