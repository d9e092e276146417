// The search interface: visit every consistent execution of a program.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/memory_model.h"
#include "model/program.h"

namespace heddle::model {

/// Where a search is: for each open event on the way from the root, the how manieth of its
/// alternatives is being explored (1 …).  Means the same in every run of a program.  Zeros at the
/// end: of as many elements before them it is not known whether they are there.
using SearchPath = std::vector<std::uint32_t>;

/// Removes the zeros at the end of `path` and returns how many there were.
inline std::size_t TakeTrailingZeros(SearchPath& path) {
  const std::size_t size = path.size();
  while (!path.empty() && path.back() == 0) path.pop_back();
  return size - path.size();
}

/// A part of a search: the graphs from `path` on, in the order of the search, as far as they share
/// the path's first `floor` elements.  The default is everything.
struct SearchTask {
  SearchPath path;
  std::size_t floor = 0;
};

/// The same work as two tasks: up to the alternative that the search is at of the shallowest event
/// that is open below the task's floor, and that event's later alternatives.  If nobody has begun
/// the task, it is not known what is there, so that either may turn out to be empty.  One task if
/// no more than one execution is left.
std::vector<SearchTask> Halve(const SearchTask& task);

struct ExploreResult;
struct Violation;

struct ExploreOptions {
  std::optional<std::uint64_t> max_executions{};  ///< complete + blocked; empty = no bound
  bool stop_at_first_error = true;
  /// Move a thread that awaits only if no other can move, so that fewer executions end waiting.
  bool awaits_last = true;
  int max_thread_events = 2000;  ///< a thread that issues more is an error (kTooLarge)
  SearchTask task{};
  /// Asked after every run, with what has been counted so far: whether to stop there.
  std::function<bool(const ExploreResult&)> interrupt{};
  /// Told of every violation: several if not stop_at_first_error.  Not by random searches.
  std::function<void(const Violation&)> on_violation{};
  bool timed = false;  ///< fill ExploreResult::seconds
};

/// A violation, with the graph of the execution that has it.
struct Violation {
  ErrorKind kind = ErrorKind::kNone;
  std::string message;          ///< one sentence, names the objects
  std::vector<EventId> events;  ///< the events it is about (for a race: both accesses)
  const char* file = "";
  int line = 0;
  ExecutionGraph graph;
};

/// Where a search's time went.
struct PhaseSeconds {
  double replaying = 0;  ///< the program, up to where the graph changes
  double extending = 0;  ///< graph and program, event by event, with the checks for consistency
  double advancing = 0;  ///< to the next alternative: revisits and what they put back
  double finishing = 0;  ///< judging the end
};

struct ExploreResult {
  std::uint64_t executions = 0;        ///< complete ones, each a distinct graph
  std::uint64_t blocked = 0;           ///< executions that ended with a waiting thread
  std::uint64_t revisits = 0;          ///< backward revisits performed (0 for brute force)
  std::uint64_t runs = 0;              ///< times the program was run on; some end in no execution
  std::uint64_t replayed_events = 0;   ///< events that these runs went through again
  std::uint64_t events = 0;            ///< of all complete executions
  PhaseSeconds seconds;                ///< if they were asked for
  bool complete = false;               ///< false: cut short by a bound, an interrupt or an error
  SearchTask rest;                     ///< if not complete: where it stopped, and what comes then
  std::optional<Violation> violation;  ///< the first one
};

/// Called on every complete consistent graph, after all threads and Program::Finish.
using Visitor = std::function<void(const ExecutionGraph&)>;

/// Optimal search: TruSt (Kokologiannakis, Marmanis, Gladstein, Vafeiadis, POPL 2022).  Visits each
/// consistent graph exactly once; memory is polynomial in the length of one execution.  Throws
/// std::invalid_argument if the program has more than kMaxThreads threads.  Going to a task's start
/// is part of its runs, revisits and replayed events, not of its executions.  A search that has as
/// many executions as it may have is complete.
ExploreResult ExploreByRevisits(Program& program, const MemoryModel& model,
                                const ExploreOptions& options, const Visitor& visit);

/// Cuts a search into at least `parts` tasks, fewer if it has not so many executions: exploring
/// them in any order visits what the whole search visits.  The same for every call.
std::vector<SearchTask> SplitSearch(Program& program, const MemoryModel& model, std::size_t parts);

/// The executable definition of "complete, sound, no duplicates": enumerates every graph (all
/// rf × mo) that the program can produce, and keeps those that satisfy the axioms.  Exponential;
/// for programs of up to about 10 events.  Does not look for data races or blocked threads: plain
/// accesses are enumerated like relaxed ones.
ExploreResult ExploreByBruteForce(Program& program, const MemoryModel& model, const Visitor& visit);

}  // namespace heddle::model
