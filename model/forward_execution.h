// One execution of a program, made from its start to its end, with nothing taken back but waiting.
//
// sb | rf is acyclic in all models, and a part of a consistent graph that is closed under it is
// consistent.  So every execution can be made forward, in any order of its events that respects
// sb | rf: a read takes a write that is there, a write goes somewhere into mo.
//
// Operations that others cannot notice (fences, choices, plain accesses, frees) are *local*.  They
// commute with whatever other threads do next, unless there is a race, which either order shows.
// So a thread may always be moved past them at once, and only the rest is scheduling.
//
// A spin_until whose condition failed has left the reads of that evaluation in the graph.  While
// they are the newest writes, the thread is *blocked*.  If one is not, or no longer, the evaluation
// can be taken back (its thread's last events, which nothing depends on), and made anew.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "model/execution_builder.h"

namespace heddle::model {

/// Not thread-safe.
class ForwardExecution {
 public:
  /// Throws std::invalid_argument if the program has more than kMaxThreads threads, or none.
  ForwardExecution(Program& program, const MemoryModel& model, const ExploreOptions& options);

  const ExecutionGraph& graph() const { return g_; }
  ExecutionGraph& graph() { return g_; }
  const ExecutionBuilder& builder() const { return builder_; }

  // --- the graph: the program need not follow it at once

  void Clear() { g_.Reset(program_.thread_count()); }
  /// Appends `t`'s next operation and returns how many answers it may have at most: the sources of
  /// a read or the places of a write, from the newest on; the outcomes of a choice; else 1.
  int Propose(ThreadId t, const Label& label);
  /// Gives the proposed event (and the writing half of an RMW with it) the `k`-th answer.  False:
  /// that is inconsistent, or not awaited; the event is still proposed.
  bool Answer(int k);
  /// Takes the proposed event, answered or not, away again.
  void Withdraw() { g_.CutTo(before_); }
  /// An error of the events just answered.
  std::optional<Violation> ErrorOfAnswer() const;
  /// The first event of `t`'s failed evaluation that can be taken back; `t` is blocked.
  EventId FailedEvaluation(ThreadId t) const;
  /// Takes the last events of a thread, from `first` on, away; `deleted` is for graph().Restore.
  void TakeBack(EventId first, DeletedEvents& deleted);

  // --- the program, at the graph's end

  /// Brings the program to the graph's end.
  std::optional<Violation> Sync() { return builder_.Sync(g_); }
  /// The same, if only the event just answered is missing.
  void Follow() { builder_.Reply(g_, proposed_); }
  /// An error in which a thread has stopped, or that it is too long.
  std::optional<Violation> Failure();
  /// The first thread whose next operation is local; -1: none.  Requires that there is no Failure.
  ThreadId NextLocal();
  const Label& Pending(ThreadId t) const { return builder_.Pending(t).label; }

  bool IsBlocked(ThreadId t) { return builder_.IsBlocked(t); }
  /// Whether the blocked `t` has something to look at again.
  bool IsOutdated(ThreadId t) const;
  /// Whether `t` has an operation, and does not wait for another value than the newest.
  bool CanGoOn(ThreadId t);
  /// Whether `t` can go on, or has an operation with a consistent answer, if an old one.
  bool CanMove(ThreadId t);
  /// Whether the execution may end here: no thread can go on.  (Those that await may move still.)
  bool AtEnd();
  /// Judges such an end and counts it in `result`.  Calls Program::Finish and `visit` if all
  /// threads have finished.
  std::optional<Violation> End(ExploreResult& result, const Visitor& visit);

 private:
  EventId Append(ThreadId t, const Label& label);
  bool SplitsRmw(Location location, int place) const;
  bool AnswerWrite(int k);
  bool AnswerRead(int k);
  bool AnswerWritingHalf(int k);

  Program& program_;
  const MemoryModel& model_;
  const bool interleaves_;
  const int max_thread_events_;
  std::unique_ptr<ConsistencyChecker> checker_;
  ExecutionBuilder builder_;
  ExecutionGraph g_;
  EventId proposed_;
  std::uint32_t before_ = 0;  // the last stamp before it
};

}  // namespace heddle::model
