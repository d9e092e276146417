// A search by one or several workers, within budgets, that can be stopped and gone on with.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/check/search_job.h"

namespace heddle {

/// Everything that is needed to go on: what is left and what was counted.
struct SearchState {
  bool begun = false;                       ///< false: all of it is left
  std::vector<model::SearchTask> tasks;     ///< else what is left, in the search's order
  Tally tally;                              ///< of what is not left
  std::optional<FoundViolation> violation;  ///< the first; tasks that come after it are not left
  double seconds = 0;                       ///< over all runs

  bool done() const { return begun && tasks.empty(); }
};

/// Every `of`-th task of the search as SplitSearch divides it, from the `index`-th on; 1-based.
struct Shard {
  std::uint32_t index = 1, of = 1;
};

enum class Budget { kNone, kExecutions, kTime, kMemory };

struct SearchProgress {
  std::uint64_t executions = 0, blocked = 0;
  double seconds = 0, per_second = 0;      ///< of this run
  std::optional<double> estimate, spread;  ///< executions and blocked ones in all
  std::optional<double> seconds_left;
};

struct SearchOptions {
  int workers = 1;  ///< 1: this process
  Shard shard;
  std::optional<std::uint64_t> max_executions;  ///< complete + blocked, over all runs
  std::chrono::milliseconds time_limit{0};      ///< of this run; 0 = no bound
  std::uint64_t memory_limit = 0;               ///< bytes, of all processes; 0 = no bound
  SearchState from;
  std::function<void(const std::string&)> list;  ///< gets lines if SearchSpec::list
  std::function<void(const SearchState&)> checkpoint;
  std::chrono::milliseconds checkpoint_every{5000};
  std::function<void(const SearchProgress&)> progress;
  std::chrono::milliseconds progress_every{200};
  /// A worker keeps a task for so long before it must give half of it away.
  std::chrono::milliseconds keep{2};
};

struct SearchResult {
  SearchState state;
  Budget ended_by = Budget::kNone;  ///< kNone: done
  std::uint64_t peak_memory = 0;    ///< bytes, the sum of all processes' peaks
};

/// Throws WorkerDied, and std::invalid_argument if `from` is not a state of this search.
SearchResult Search(const SearchSpec& spec, const SearchOptions& options);

}  // namespace heddle
