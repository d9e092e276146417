// Who waits for a notification of an atomic?
//
// Beside each atomic M lies a hidden location W: the set of threads that are blocked in a wait on
// M, one bit each.  An operation of [atomics.wait] is then
//
//   M.wait(old, order):  repeat: if M.load(order) != old, return          (most executions end
//   here)
//                        W |= self (acquire); if M.load(order) != old, W &= ~self and return
//                        wait until W lacks self
//   M.notify_all():      W = {} (release)
//   M.notify_one():      W -= one of its members, any (release); nothing if it is empty
//
// This is what the standard says.  A wait that has seen the write X is to be released by a
// notification if some write Y after X happens before it.  All notifications are read-modify-
// writes or exchanges of W.  If one follows the wait's registration in W's modification order, it
// finds it.  If it precedes it, the registration synchronises with it, so the load that follows
// cannot see anything older than Y: it does not block on X.  And a wait that no notification
// follows hangs although the value may have changed: that is the bug to be found.
//
// The order that W adds hides no data race: whatever a wait returns after blocking, the first line
// may return as well, and then without any.
//
// One deviation: notify_one may release any waiting thread, where the standard wants one for which
// the value has changed.  They differ only for threads that wait for different values at once; use
// notify_all there, as implementations do not keep the two apart either.
#pragma once

#include <bit>
#include <string>

#include "runtime/events/label.h"

namespace heddle::events {

/// `Hidden` is W, as a backend has it:
///
///   model::Value Perform(label), void Await(label, what)   operations of it
///   int self()                                             the number of the calling thread
///   std::string name()                                     of M
///   Backend::Current(), with in_thread(), is_abandoning() and Choose(n, at)
template <typename Hidden>
class Waiters {
 public:
  Waiters(Hidden hidden, SourceLocation at) : hidden_(hidden), at_(at) {}

  void Enter() { Update(model::RmwOp::kOr, Self(), model::Order::kAcquire); }
  void Leave() { Update(model::RmwOp::kAnd, ~Self(), model::Order::kRelaxed); }
  /// Until a notification has removed this thread.
  void Sleep() {
    model::Label l = MakeLabel(model::Kind::kRead, model::Order::kRelaxed, at_);
    l.await = model::AwaitTest::Of(
        [self = Self()](model::Value waiting) { return (waiting & self) == 0; });
    const std::string what = "a notification of '" + hidden_.name() +
                             "' after its last change (notify_one or notify_all)";
    hidden_.Await(l, what.c_str());
  }
  void NotifyAll() {
    if (Backend().in_thread()) Update(model::RmwOp::kExchange, 0, model::Order::kRelease);
  }
  // Even if nobody waits, this is a read-modify-write: a wait that follows it synchronises with it.
  void NotifyOne() {
    if (!Backend().in_thread()) return;
    for (model::Value waiting = 0;;) {
      model::Value chosen = 0;
      if (const int n = std::popcount(waiting); n > 0) {
        model::Value rest = waiting;
        for (model::Value skip = n > 1 ? Backend().Choose(n, at_) : 0; skip > 0; --skip)
          rest &= rest - 1;
        chosen = rest & (~rest + 1);  // the lowest bit
      }
      model::Label l =
          MakeUpdate(model::RmwOp::kExchange, waiting & ~chosen, model::Order::kRelease, at_);
      l.cas = true;
      l.expected = waiting;
      const model::Value found = hidden_.Perform(l);
      if (found == waiting || Backend().is_abandoning()) return;
      waiting = found;
    }
  }

 private:
  static auto& Backend() { return Hidden::Backend::Current(); }
  model::Value Self() const { return model::Value{1} << hidden_.self(); }
  void Update(model::RmwOp op, model::Value operand, model::Order order) {
    hidden_.Perform(MakeUpdate(op, operand, order, at_));
  }

  Hidden hidden_;
  SourceLocation at_;
};

}  // namespace heddle::events
