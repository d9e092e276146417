// A program and the tree of its graphs, moved together: what extends the graph next, and how to get
// to a position that was saved.
#pragma once

#include <optional>

#include "model/execution_builder.h"
#include "model/search_tree.h"

namespace heddle::model {

class ProgramTree {
 public:
  /// Throws std::invalid_argument if the program has more than kMaxThreads threads, or none.
  ProgramTree(Program& program, const MemoryModel& model, const ExploreOptions& options = {});

  /// What comes after an event: another one, nothing consistent (or worth a visit), the execution's
  /// end, or violation().
  enum class Next { kEvent, kDeadEnd, kEnd, kViolation };

  /// Brings the program to the graph's end, and both to where `depth` events are open, or to the
  /// end.
  Next Descend(std::size_t depth);
  /// The second half of that, for a program that is at the graph's end.
  Next Extend(std::size_t depth);
  /// Brings only the program to the graph's end; a violation if it does something else than before.
  bool Sync() { return !(violation_ = builder_.Sync(tree_.graph())); }
  /// Whether the end that was reached is none: other executions go on from there.
  bool EndsInVain() const;
  /// Goes to where the task begins; false: there is nothing to explore.  Throws
  /// std::invalid_argument if the program's search has no such position.
  bool GoTo(const SearchTask& task);

  SearchTree& tree() { return tree_; }
  const ExecutionBuilder& builder() const { return builder_; }
  std::optional<Violation>& violation() { return violation_; }

 private:
  Next StepForward();

  Program& program_;
  const MemoryModel& model_;
  const int max_thread_events_;
  const bool awaits_last_;
  ExecutionBuilder builder_;
  SearchTree tree_;
  std::optional<Violation> violation_;
};

}  // namespace heddle::model
