// What a worker is asked to do, does, and answers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/estimate.h"
#include "model/preemption_search.h"
#include "runtime/check/strategy.h"
#include "runtime/check/tally.h"

namespace heddle {

/// A program to be searched, with what its executions end in.  Each worker makes its own.
class Searched {
 public:
  virtual ~Searched() = default;
  virtual model::Program& program() = 0;
  /// Of the executions since the last call.
  virtual Outcomes TakeOutcomes() { return {}; }
  /// The outcome of the execution that has just ended, as text.
  virtual std::string LastOutcome() { return {}; }

  /// Where a search with bounded preemptions of the program is; none if it has not begun.
  std::unique_ptr<model::PreemptionSearch> bounded;
};

/// What all workers of a search have in common.
struct SearchSpec {
  std::string name;  ///< "MP@rc11+kernel"
  std::function<std::unique_ptr<Searched>()> make;
  const model::MemoryModel* model = nullptr;
  Strategy strategy;
  bool list = false;   ///< a line per complete execution
  bool timed = false;  ///< where the time goes
};

/// A violation, and where in the search it is.
struct FoundViolation {
  model::SearchPath path;
  model::ErrorKind kind = model::ErrorKind::kNone;
  std::string message;
  std::string execution;  ///< model::EncodeExecution

  template <typename Wire>
  void Transfer(Wire& wire) {
    wire(path, kind, message, execution);
  }
};

struct SearchJob {
  enum class Kind : std::uint8_t { kExplore, kSplit, kProbe };
  Kind kind = Kind::kExplore;
  model::SearchTask task;                       ///< kExplore
  std::optional<std::uint64_t> max_executions;  ///< kExplore
  std::uint64_t parts = 0;                      ///< kSplit: into at least so many
  std::uint64_t seed = 0, milliseconds = 0;     ///< kProbe

  template <typename Wire>
  void Transfer(Wire& wire) {
    wire(kind, task.path, task.floor, max_executions, parts, seed, milliseconds);
  }
};

struct JobReport {
  Tally tally;
  std::optional<model::SearchTask> rest;    ///< of a task that was not done
  std::optional<FoundViolation> violation;  ///< then the rest is not worth exploring
  std::string listing;
  std::vector<model::SearchTask> tasks;  ///< kSplit: in the order of the search
  model::Probes probes;                  ///< kProbe
  std::uint64_t peak_memory = 0;         ///< bytes of the process that did the job, so far

  template <typename Wire>
  void Transfer(Wire& wire) {
    wire(tally.executions, tally.blocked, tally.events, tally.revisits, tally.runs,
         tally.replayed_events, tally.phases.replaying, tally.phases.extending,
         tally.phases.advancing, tally.phases.finishing, tally.limited, tally.outcomes, rest,
         violation, listing, tasks, probes.count, probes.sum, probes.squares, peak_memory);
  }
};

/// A position as people and errors name it: "1.3.2/1" is the path 1, 3, 2 with floor 1.
std::string Show(const model::SearchTask& task);

/// Does the job; stops early, with the rest, once `interrupt` (if any; asked after every run) says
/// so, or when the listing has become long.
JobReport RunJob(Searched& searched, const SearchSpec& spec, const SearchJob& job,
                 const std::function<bool(const model::ExploreResult&)>& interrupt);

}  // namespace heddle
