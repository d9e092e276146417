// Runs a program into a graph: one thread at a time, replaying what the graph already holds, and
// looks for the errors that a single new event can show (races, use after free, non-determinism).
// Which source a read takes and where a write goes in mo is the caller's business.
#pragma once

#include <optional>
#include <vector>

#include "model/explorer.h"

namespace heddle::model {

class ExecutionBuilder {
 public:
  explicit ExecutionBuilder(Program& program) : program_(program) {}

  /// Restarts the program and replays every event of `g`, in an order that respects sb | rf.
  /// Returns a violation if a thread issues another operation than the one recorded, or stops
  /// short.
  std::optional<Violation> Replay(const ExecutionGraph& g);

  /// The thread to move next: one in the middle of an RMW, else the first that can.  -1: none.
  ThreadId NextThread(const ExecutionGraph& g);
  /// What `t` wants to do; valid until its Reply.
  const Step& Pending(ThreadId t) const { return steps_[static_cast<std::size_t>(t)]; }
  /// Whether `t` has an operation to issue (Pending), as opposed to finished, blocked or failed.
  bool IsReady(ThreadId t) {
    Peek(t);
    return states_[static_cast<std::size_t>(t)] == State::kReady;
  }
  bool HasError() const { return error_thread_ >= 0; }
  ThreadId error_thread() const { return error_thread_; }
  /// Tells the program that `e`, just completed in `g`, has happened.
  void Reply(const ExecutionGraph& g, EventId e);

  bool AnyBlocked() const;
  /// If every waiting thread has read the newest values, nothing can ever release them.
  std::optional<Violation> Deadlock(const ExecutionGraph& g) const;
  /// Errors that involve the complete event `e`: data race, use after free, double free.
  std::optional<Violation> Errors(const ExecutionGraph& g, EventId e) const;
  /// The violation that thread `t`'s kError step reports.
  Violation FromStep(const Step& step) const;

  /// The value of `w`, initial writes included.
  Value ValueOf(const ExecutionGraph& g, EventId w) const {
    return w.is_init() ? program_.InitialValue(w.index) : g.at(w).value;
  }

 private:
  enum class State : char { kUnknown, kReady, kFinished, kBlocked, kError };
  void Peek(ThreadId t);
  std::optional<Violation> Race(const ExecutionGraph& g, EventId e) const;
  std::optional<Violation> Torn(const ExecutionGraph& g, EventId e) const;
  std::optional<Violation> Lifetime(const ExecutionGraph& g, EventId e) const;
  std::string Where(const ExecutionGraph& g, EventId e) const;

  Program& program_;
  std::vector<Step> steps_;
  std::vector<State> states_;
  std::vector<int> replayed_;
  ThreadId error_thread_ = -1;
};

}  // namespace heddle::model
