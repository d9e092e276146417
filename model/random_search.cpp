#include "model/random_search.h"

#include <algorithm>
#include <numeric>

#include "model/forward_execution.h"
#include "model/phase_clock.h"
#include "model/random.h"
#include "model/scheduler.h"

namespace heddle::model {
namespace {

constexpr std::uint64_t kBase = 64;
constexpr int kTrials = 8;  // walks that tell PCT how long an execution is

// Executions as a search tree without thought: number n is the leaf whose path has n's digits, each
// plus 1.
class Numbers {
 public:
  explicit Numbers(std::uint64_t count) : count_(count) {
    while (digits_ < 10 && Power(digits_) < count) ++digits_;
  }

  SearchPath PathOf(std::uint64_t n) const { return Prefix(n, digits_); }
  std::uint64_t First(const SearchTask& task) const {
    // Below a leaf there is only its first alternative: Halve does not know where the leaves are.
    const auto below =
        task.path.begin() + static_cast<std::ptrdiff_t>(std::min(digits_, task.path.size()));
    const bool after = std::any_of(below, task.path.end(), [](std::uint32_t i) { return i > 1; });
    return NumberOf(task.path, task.path.size()) + (after ? 1 : 0);
  }
  /// One after the last.
  std::uint64_t End(const SearchTask& task) const {
    if (task.floor == 0) return count_;
    const std::uint64_t size = Power(digits_ - std::min(digits_, task.floor));
    return std::min(count_, NumberOf(task.path, task.floor) + size);
  }
  std::vector<SearchTask> Split(std::size_t parts) const {
    std::size_t depth = 0;
    while (depth < digits_ && Tasks(depth) < parts) ++depth;
    std::vector<SearchTask> tasks;
    for (std::uint64_t i = 0; i < Tasks(depth); ++i)
      tasks.push_back({Prefix(i * Power(digits_ - depth), depth), depth});
    return tasks;
  }

 private:
  static std::uint64_t Power(std::size_t digits) { return std::uint64_t{1} << (6 * digits); }
  std::uint64_t Tasks(std::size_t depth) const {
    const std::uint64_t size = Power(digits_ - depth);
    return count_ / size + (count_ % size != 0 ? 1 : 0);
  }
  SearchPath Prefix(std::uint64_t n, std::size_t length) const {
    SearchPath path(length);
    for (std::size_t d = 0; d < length; ++d)
      path[d] = static_cast<std::uint32_t>(n / Power(digits_ - 1 - d) % kBase + 1);
    return path;
  }
  std::uint64_t NumberOf(const SearchPath& path, std::size_t length) const {
    std::uint64_t n = 0;
    for (std::size_t d = 0; d < std::min(length, digits_); ++d)
      n += (std::max(path[d], 1U) - 1) * Power(digits_ - 1 - d);
    return n;
  }

  const std::uint64_t count_;
  std::size_t digits_ = 1;
};

// One execution after the other.
class Walk {
 public:
  Walk(Program& program, const MemoryModel& model, const ExploreOptions& options)
      : execution_(program, model, options) {}

  ForwardExecution& execution() { return execution_; }
  int picks() const { return picks_; }  ///< of threads, in the last one

  /// Goes to an execution's end; a violation if there is one on the way.
  std::optional<Violation> Run(Scheduler& scheduler, std::uint64_t seed) {
    const int threads = execution_.graph().thread_count();
    scheduler.Begin(seed, threads);
    picks_ = 0;
    again_until_.assign(static_cast<std::size_t>(threads), 0);
    execution_.Clear();
    if (auto violation = execution_.Sync()) return violation;
    for (;;) {
      if (auto violation = execution_.Failure()) return violation;
      ThreadId t = execution_.NextLocal();
      if (t < 0) {
        FindMovable();
        // Those that can still move await something: they may wait for ever, or take old writes.
        if (movable_.empty() || (execution_.AtEnd() && scheduler.PickChoice(2) == 0))
          return std::nullopt;
        t = scheduler.PickThread(movable_);
        ++picks_;
      }
      auto violation = execution_.IsBlocked(t) ? LookAgain(t) : Move(scheduler, t);
      if (violation) return violation;
    }
  }

 private:
  // A thread has many points at which it can be interrupted, and few handlers.
  static int PickInterrupt(Scheduler& scheduler, int alternatives) {
    constexpr int kPointsPerInterrupt = 8;
    if (alternatives == 1 || scheduler.PickChoice(kPointsPerInterrupt) != 0) return 0;
    return 1 + scheduler.PickChoice(alternatives - 1);
  }

  void FindMovable() {
    movable_.clear();
    for (ThreadId t = 0; t < execution_.graph().thread_count(); ++t)
      if (execution_.CanMove(t)) movable_.push_back(t);
  }

  std::optional<Violation> LookAgain(ThreadId t) {
    const EventId first = execution_.FailedEvaluation(t);
    again_until_[static_cast<std::size_t>(t)] = execution_.graph().size(t);
    execution_.TakeBack(first, deleted_);
    return execution_.Sync();
  }

  std::optional<Violation> Move(Scheduler& scheduler, ThreadId t) {
    const Label& label = execution_.Pending(t);
    // A thread that looks again sees what is there by then, or it might look again for ever.
    const bool newest = execution_.graph().size(t) < again_until_[static_cast<std::size_t>(t)];
    const bool choice = label.kind == Kind::kChoice;
    answers_.resize(static_cast<std::size_t>(execution_.Propose(t, label)));
    std::iota(answers_.begin(), answers_.end(), 0);
    for (;;) {
      const int left = static_cast<int>(answers_.size());
      const int i = label.interrupts ? PickInterrupt(scheduler, left)
                    : choice         ? scheduler.PickChoice(left)
                    : newest         ? 0
                                     : scheduler.PickWrite(left);
      if (execution_.Answer(answers_[static_cast<std::size_t>(i)])) break;
      answers_.erase(answers_.begin() + i);
    }
    if (auto violation = execution_.ErrorOfAnswer()) return violation;
    execution_.Follow();
    return std::nullopt;
  }

  ForwardExecution execution_;
  int picks_ = 0;
  std::vector<ThreadId> movable_;
  std::vector<int> answers_;
  std::vector<int> again_until_;  // per thread, so many events: it takes newest writes till then
  DeletedEvents deleted_;
};

std::uint64_t SeedOf(const RandomSearch& search, std::uint64_t number) {
  return MixBits(search.seed) ^ MixBits(number);
}

std::unique_ptr<Scheduler> MakeScheduler(const RandomSearch& search, Walk& walk) {
  auto random = MakeRandomScheduler();
  if (search.pct_depth == 0) return random;
  int steps = 0;
  for (int i = 0; i < kTrials; ++i) {
    (void)walk.Run(*random, SeedOf(search, ~static_cast<std::uint64_t>(i)));
    steps = std::max(steps, walk.picks());
  }
  return MakePctScheduler(search.pct_depth, steps);
}

}  // namespace

ExploreResult ExploreAtRandom(Program& program, const MemoryModel& model,
                              const RandomSearch& search, const ExploreOptions& options,
                              const Visitor& visit) {
  const Numbers numbers(search.executions);
  ExploreResult result;
  PhaseClock clock(options.timed);
  Walk walk(program, model, options);
  const auto scheduler = MakeScheduler(search, walk);
  std::uint64_t n = numbers.First(options.task);
  const std::uint64_t end = numbers.End(options.task);
  clock.Charge(result.seconds.replaying);
  const auto full = [&] {
    return options.max_executions && result.runs >= *options.max_executions;
  };
  for (bool stop = false; n < end && !stop && !full(); ++n) {
    ++result.runs;
    auto violation = walk.Run(*scheduler, SeedOf(search, n));
    clock.Charge(result.seconds.extending);
    if (!violation) violation = walk.execution().End(result, visit);
    clock.Charge(result.seconds.finishing);
    if (violation && !result.violation) {
      violation->graph = walk.execution().graph();
      result.violation = std::move(violation);
    }
    if (result.violation && options.stop_at_first_error) break;
    stop = options.interrupt && options.interrupt(result);
  }
  result.complete = n >= end;
  if (!result.complete) result.rest = {numbers.PathOf(n), options.task.floor};
  result.replayed_events = walk.execution().builder().replayed_events();
  return result;
}

std::vector<SearchTask> SplitRandomSearch(const RandomSearch& search, std::size_t parts) {
  return Numbers(search.executions).Split(parts);
}

}  // namespace heddle::model
