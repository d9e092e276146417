#include "model/program_tree.h"

#include <algorithm>

#include "model/execution_errors.h"

namespace heddle::model {

ProgramTree::ProgramTree(Program& program, const MemoryModel& model, const ExploreOptions& options)
    : program_(program),
      model_(model),
      max_thread_events_(std::min(options.max_thread_events, kMaxEventsPerThread - 2)),
      awaits_last_(options.awaits_last),
      builder_(program),
      tree_(program, model) {}

ProgramTree::Next ProgramTree::Descend(std::size_t depth) {
  return Sync() ? Extend(depth) : Next::kViolation;
}

ProgramTree::Next ProgramTree::Extend(std::size_t depth) {
  Next next = Next::kEvent;
  while (next == Next::kEvent && tree_.depth() < depth) next = StepForward();
  return next;
}

bool ProgramTree::EndsInVain() const {
  const ExecutionGraph& g = tree_.graph();
  // A waiter that could go on with the newest value.
  const auto released = [&](const Waiter& w) {
    return w.label.await.Holds(builder_.ValueOf(g, g.NewestWrite(w.label.location)));
  };
  return std::any_of(g.waiters().begin(), g.waiters().end(), released) ||
         (builder_.AnyBlocked(g) && builder_.WaitsInVain(g));
}

bool ProgramTree::GoTo(const SearchTask& task) {
  SearchPath path = task.path;
  const std::size_t unknown = TakeTrailingZeros(path);
  const std::size_t known = path.size() - std::min(unknown, path.size());
  for (std::size_t d = 0; d < path.size(); ++d) {
    if (tree_.depth() <= d) Descend(d + 1);
    // Of an event that the execution does not come to, the first alternative stands for its end.
    if (tree_.depth() <= d && d >= known) {
      if (path[d] != 1) return false;
      continue;
    }
    tree_.set_floor(d);
    while (tree_.depth() > d && tree_.Begun(d) < path[d]) {
      tree_.Truncate(d + 1);
      if (!tree_.Advance() && d >= known) return false;
    }
    // An alternative without graphs is passed over.
    if (d >= known && tree_.depth() > d && tree_.Begun(d) > path[d]) {
      if (d < task.floor) return false;
      break;
    }
    if (tree_.depth() <= d || tree_.Begun(d) != path[d])
      throw std::invalid_argument(
          "this position is not in the program's search: it was saved for another program, "
          "version or model");
  }
  tree_.set_floor(task.floor);
  return true;
}

ProgramTree::Next ProgramTree::StepForward() {
  ExecutionGraph& g = tree_.graph();
  for (const EventId e : tree_.fresh())
    if ((violation_ = ErrorOf(program_, model_, g, e))) return Next::kViolation;
  tree_.fresh().clear();
  const ThreadId t = builder_.NextThread(g, awaits_last_);
  if (builder_.HasError()) {
    violation_ = builder_.FromStep(builder_.Pending(builder_.error_thread()));
    return Next::kViolation;
  }
  if (builder_.TakeNewlyBlocked() && builder_.WaitsInVain(g)) return Next::kDeadEnd;
  if (t < 0) return Next::kEnd;
  const int index = g.size(t);
  if (index >= max_thread_events_) {
    violation_ = builder_.TooLong(t, max_thread_events_);
    return Next::kViolation;
  }
  const Label& label = builder_.Pending(t).label;
  if (!tree_.Extend(t, label, label.await && builder_.OthersCanMove(g, t))) return Next::kDeadEnd;
  if (g.size(t) > index) builder_.Reply(g, IdOf(t, index));  // else it waits
  return Next::kEvent;
}

}  // namespace heddle::model
