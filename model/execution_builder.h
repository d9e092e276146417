// Runs a program into a graph: brings its threads to where the graph's events end, then one step at
// a time.  Which source a read takes and where a write goes in mo is the caller's business.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "model/explorer.h"
#include "model/revisits.h"

namespace heddle::model {

class ExecutionBuilder {
 public:
  /// Throws std::invalid_argument if the program has more than kMaxThreads threads, or none.
  explicit ExecutionBuilder(Program& program);

  /// Brings the program's threads to the ends of `g`'s, in an order that respects sb | rf: from the
  /// start, or, if the program is isolated, only the threads that changed since the last call.
  /// Returns a violation if a thread issues another operation than the one recorded.
  std::optional<Violation> Sync(ExecutionGraph& g);

  /// The thread to move next: the first that can; with `awaits_last`, the first that can without
  /// waiting, else one that awaits what the newest write holds, else one that awaits.  -1: none, or
  /// one has an error.  A thread that is about to run a destructor comes after those that can move
  /// without waiting: they may still use the object, which is an error once it is found, but its
  /// real memory should be in order until then.
  ThreadId NextThread(const ExecutionGraph& g, bool awaits_last = true);
  /// Whether `t` cannot move: it awaits what is written once, and is not yet.
  bool IsHeld(const ExecutionGraph& g, ThreadId t) const {
    if (states_[static_cast<std::size_t>(t)] != State::kReady) return false;
    const Label& label = Pending(t).label;
    return label.of_written_once && g.mo(label.location).empty();
  }
  /// Whether a thread other than `t` has something to do, or awaits what some write holds.
  bool OthersCanMove(const ExecutionGraph& g, ThreadId t);
  /// What `t` wants to do; valid until its Reply.
  const Step& Pending(ThreadId t) const { return *steps_[static_cast<std::size_t>(t)]; }
  /// Whether `t` has an operation to issue (Pending), as opposed to finished, blocked or failed.
  bool IsReady(ThreadId t) {
    Peek(t);
    return states_[static_cast<std::size_t>(t)] == State::kReady;
  }
  /// Whether `t` has stopped because a spin_until's condition failed.
  bool IsBlocked(ThreadId t) {
    Peek(t);
    return states_[static_cast<std::size_t>(t)] == State::kBlocked;
  }
  bool HasError() const { return error_thread_ >= 0; }
  ThreadId error_thread() const { return error_thread_; }
  /// Tells the program that `e`, just completed in `g`, has happened.  Not for writing halves.
  void Reply(const ExecutionGraph& g, EventId e);

  /// Whether a thread has stopped in the middle (spin_until, or a waiter of `g` that may not wait
  /// for ever).
  bool AnyBlocked(const ExecutionGraph& g) const;
  /// Whether the last thing that a waiting thread read was out of date already: then no execution
  /// that begins like `g` is complete or a deadlock.
  bool WaitsInVain(const ExecutionGraph& g) const;
  /// Whether a thread has blocked since this was last asked.
  bool TakeNewlyBlocked() { return std::exchange(newly_blocked_, false); }
  /// If every waiting thread has seen the newest values, nothing can ever release them.  Tells who
  /// waits for what, and who last wrote it.
  std::optional<Violation> Deadlock(const ExecutionGraph& g) const;
  /// The violation that a kError step reports.
  Violation FromStep(const Step& step) const;
  /// The violation that thread `t` has issued `max_events` and goes on.
  Violation TooLong(ThreadId t, int max_events) const;

  /// The value of `w`, initial writes included.
  Value ValueOf(const ExecutionGraph& g, EventId w) const { return model::ValueOf(program_, g, w); }
  Program& program() const { return program_; }
  std::uint64_t replayed_events() const { return replayed_events_; }

 private:
  enum class State : char { kUnknown, kReady, kFinished, kBlocked, kError };
  void Peek(ThreadId t);
  bool IsStuck(const ExecutionGraph& g, ThreadId t) const { return g.IsWaiting(t) || IsHeld(g, t); }
  static bool IsAboutToDestroy(const ExecutionGraph& g, ThreadId t) {
    return g.end_count() > 0 && g.size(t) > 0 && g.thread(t).back().label.kind == Kind::kDestroy;
  }
  int ReplayableUpTo(const ExecutionGraph& g, ThreadId t) const;
  ThreadId NextDestroyer(const ExecutionGraph& g) const;
  Violation Nondeterminism(const ExecutionGraph& g, EventId e) const;

  Program& program_;
  std::vector<const Step*> steps_;
  std::vector<State> states_;
  std::vector<int> replayed_;  // events of each thread that the program has gone through
  ThreadId error_thread_ = -1;
  std::uint64_t replayed_events_ = 0;
  bool started_ = false, newly_blocked_ = false;
};

}  // namespace heddle::model
