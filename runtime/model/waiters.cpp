#include "runtime/model/waiters.h"

#include <bit>
#include <string>

#include "runtime/model/machine.h"

namespace heddle {

using model::Order;
using model::RmwOp;
using model::Value;

Waiters::Waiters(model::Location atomic, SourceLocation at)
    : location_(Machine::Current().WaitersOf(atomic)), atomic_(atomic), at_(at) {}

model::Label Waiters::Update(RmwOp op, Value operand, Order order) const {
  model::Label l{.kind = model::Kind::kRead, .order = order, .rmw = true, .op = op};
  l.location = location_;
  l.value = operand;
  l.file = at_.file;
  l.line = at_.line;
  return l;
}

Value Waiters::Self() const { return Value{1} << Machine::Current().current_cpu(); }

void Waiters::Enter() { Machine::Current().Perform(Update(RmwOp::kOr, Self(), Order::kAcquire)); }

void Waiters::Leave() { Machine::Current().Perform(Update(RmwOp::kAnd, ~Self(), Order::kRelaxed)); }

void Waiters::Sleep() {
  model::Label l{.kind = model::Kind::kRead, .order = Order::kRelaxed, .location = location_};
  l.file = at_.file;
  l.line = at_.line;
  l.await = model::AwaitTest::Of([self = Self()](Value waiting) { return (waiting & self) == 0; });
  const std::string what = "a notification of '" + Machine::Current().LocationName(atomic_) +
                           "' after its last change (notify_one or notify_all)";
  Machine::Current().Await(l, what.c_str());
}

void Waiters::NotifyAll() {
  if (!Machine::Current().in_thread()) return;
  Machine::Current().Perform(Update(RmwOp::kExchange, 0, Order::kRelease));
}

// Even if nobody waits, this is a read-modify-write: a wait that follows it synchronises with it.
void Waiters::NotifyOne() {
  Machine& m = Machine::Current();
  if (!m.in_thread()) return;
  for (Value waiting = 0;;) {
    Value chosen = 0;
    if (const int n = std::popcount(waiting); n > 0) {
      Value rest = waiting;
      for (Value skip = n > 1 ? m.Choose(n, at_) : 0; skip > 0; --skip) rest &= rest - 1;
      chosen = rest & (~rest + 1);  // the lowest bit
    }
    model::Label l = Update(RmwOp::kExchange, waiting & ~chosen, Order::kRelease);
    l.cas = true;
    l.expected = waiting;
    const Value found = m.Perform(l);
    if (found == waiting || m.is_abandoning()) return;
    waiting = found;
  }
}

}  // namespace heddle
