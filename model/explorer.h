// The search interface: visit every consistent execution of a program.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "model/memory_model.h"
#include "model/program.h"

namespace heddle::model {

struct ExploreOptions {
  std::uint64_t max_executions = 0;         ///< complete + blocked; 0 = no bound
  std::chrono::milliseconds time_limit{0};  ///< 0 = no bound
  bool stop_at_first_error = true;
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

struct ExploreResult {
  std::uint64_t executions = 0;        ///< complete ones, each a distinct graph
  std::uint64_t blocked = 0;           ///< executions that ended with a waiting thread
  std::uint64_t revisits = 0;          ///< backward revisits performed (0 for brute force)
  bool complete = false;               ///< false: cut short by a bound or by an error
  std::optional<Violation> violation;  ///< the first one
};

/// Called on every complete consistent graph, after all threads finished.
using Visitor = std::function<void(const ExecutionGraph&)>;
/// Called now and then (about every thousand executions) with the result so far.
using Progress = std::function<void(const ExploreResult&)>;

/// Optimal search: TruSt (Kokologiannakis, Marmanis, Gladstein, Vafeiadis, POPL 2022).  Visits each
/// consistent graph exactly once; memory is polynomial in the length of one execution.  Throws
/// std::invalid_argument if the program has more than kMaxThreads threads.
ExploreResult ExploreByRevisits(Program& program, const MemoryModel& model,
                                const ExploreOptions& options, const Visitor& visit,
                                const Progress& progress = {});

/// The executable definition of "complete, sound, no duplicates": enumerates every graph (all
/// rf × mo) that the program can produce, and keeps those that satisfy the axioms.  Exponential;
/// for programs of up to about 10 events.  Does not look for data races or blocked threads: plain
/// accesses are enumerated like relaxed ones.
ExploreResult ExploreByBruteForce(Program& program, const MemoryModel& model, const Visitor& visit);

}  // namespace heddle::model
