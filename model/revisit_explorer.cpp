// Visits every execution of a program, or of a part of its search.
#include <algorithm>
#include <utility>

#include "model/explorer.h"
#include "model/phase_clock.h"
#include "model/program_tree.h"

namespace heddle::model {
namespace {

using Next = ProgramTree::Next;

class RevisitSearch {
 public:
  RevisitSearch(Program& program, const MemoryModel& model, const ExploreOptions& options,
                const Visitor& visit)
      : program_(program),
        moves_(program, model, options),
        options_(options),
        visit_(visit),
        clock_(options.timed) {}

  ExploreResult Run() {
    bool more = moves_.GoTo(options_.task);
    clock_.Charge(result_.seconds.replaying);
    while (more) {
      if (RunOnce()) break;
      more = tree_.Advance();
      clock_.Charge(result_.seconds.advancing);
      if (more && options_.interrupt && options_.interrupt(result_)) break;
    }
    result_.complete = !more;
    if (more) result_.rest = Position();
    result_.revisits = tree_.revisits();
    result_.replayed_events = moves_.builder().replayed_events();
    return result_;
  }

 private:
  SearchTask Position() const {
    // Alternatives that cannot be there are not worth giving away.
    std::size_t floor = tree_.floor();
    while (floor < tree_.depth() && !tree_.MayHaveMore(floor)) ++floor;
    return {tree_.Path(), floor};
  }

  // Visits one execution.  True: the search is to stop here.
  bool RunOnce() {
    ++result_.runs;
    const bool same = moves_.Sync();
    clock_.Charge(result_.seconds.replaying);
    const Next next = same ? moves_.Extend(SIZE_MAX) : Next::kViolation;
    clock_.Charge(result_.seconds.extending);
    bool stop = false;
    if (next == Next::kViolation) stop = Report(std::move(*moves_.violation()));
    if (next == Next::kEnd) stop = Complete();
    clock_.Charge(result_.seconds.finishing);
    return stop;
  }

  bool Complete() {
    const ExecutionBuilder& builder = moves_.builder();
    ExecutionGraph& g = tree_.graph();
    if (moves_.EndsInVain()) return false;
    // One more than may be is left alone: a search that ends in its bound is complete.
    if (options_.max_executions && result_.executions + result_.blocked >= *options_.max_executions)
      return true;
    if (builder.AnyBlocked(g)) {
      ++result_.blocked;
      auto deadlock = builder.Deadlock(g);
      return deadlock && Report(std::move(*deadlock));
    }
    ++result_.executions;
    result_.events += static_cast<std::uint64_t>(g.event_count());
    const Step end = program_.Finish(g);
    if (visit_) visit_(g);
    return end.kind == Step::Kind::kError && Report(builder.FromStep(end));
  }

  bool Report(Violation violation) {
    violation.graph = tree_.graph();
    if (options_.on_violation) options_.on_violation(violation);
    if (!result_.violation) result_.violation = std::move(violation);
    tree_.fresh().clear();
    return options_.stop_at_first_error;
  }

  Program& program_;
  ProgramTree moves_;
  SearchTree& tree_ = moves_.tree();
  const ExploreOptions& options_;
  const Visitor& visit_;
  PhaseClock clock_;
  ExploreResult result_;
};

// The subtrees that begin where `depth` events are open.
std::vector<SearchTask> SplitAt(std::size_t depth, Program& program, const MemoryModel& model) {
  std::vector<SearchTask> tasks;
  ProgramTree moves(program, model);
  do {
    if (moves.Descend(depth) != Next::kDeadEnd)
      tasks.push_back({moves.tree().Path(), moves.tree().depth()});
  } while (moves.tree().Advance());
  return tasks;
}

}  // namespace

ExploreResult ExploreByRevisits(Program& program, const MemoryModel& model,
                                const ExploreOptions& options, const Visitor& visit) {
  return RevisitSearch(program, model, options, visit).Run();
}

std::vector<SearchTask> Halve(const SearchTask& task) {
  const std::size_t floor = task.floor;
  SearchPath here = task.path;
  std::size_t unknown = TakeTrailingZeros(here);
  if (here.size() < floor) return {task};
  if (here.size() == floor) {  // nobody knows what the next open event is
    here.push_back(1);
    ++unknown;
  }
  const auto path = [](SearchPath known, std::size_t zeros) {
    known.resize(known.size() + zeros, 0);
    return known;
  };
  SearchPath next(here.begin(), here.begin() + static_cast<std::ptrdiff_t>(floor) + 1);
  ++next.back();
  return {{path(here, unknown), floor + 1}, {path(next, std::max<std::size_t>(unknown, 1)), floor}};
}

std::vector<SearchTask> SplitSearch(Program& program, const MemoryModel& model, std::size_t parts) {
  std::vector<SearchTask> tasks = {SearchTask{}};
  for (std::size_t depth = 1; tasks.size() < parts; ++depth) {
    auto finer = SplitAt(depth, program, model);
    const bool all_ended = std::all_of(finer.begin(), finer.end(),
                                       [&](const SearchTask& t) { return t.path.size() < depth; });
    tasks = std::move(finer);
    if (all_ended) break;
  }
  return tasks;
}

}  // namespace heddle::model
