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

#include "model/event.h"
#include "runtime/source_location.h"

namespace heddle {

class Waiters {
 public:
  /// Those of the atomic at `atomic`.
  Waiters(model::Location atomic, SourceLocation at);

  void Enter();
  void Leave();
  void Sleep();  ///< until a notification has removed this thread
  void NotifyOne();
  void NotifyAll();

 private:
  model::Label Update(model::RmwOp op, model::Value operand, model::Order order) const;
  model::Value Self() const;

  model::Location location_, atomic_;
  SourceLocation at_;
};

}  // namespace heddle
