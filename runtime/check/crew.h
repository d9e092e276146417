// Who does the jobs of a search: this process, or others (process_crew.h).
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "runtime/check/search_job.h"

namespace heddle {

/// Not thread-safe.  Each worker has at most one job at a time.
class Crew {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Answer {
    int worker;
    JobReport report;
  };

  virtual ~Crew() = default;
  virtual int size() const = 0;
  /// Requires that the worker has answered its last job.
  virtual void Give(int worker, SearchJob job) = 0;
  /// Makes the worker answer soon, with the rest of its task; it may just have finished.
  virtual void Interrupt(int worker) = 0;
  /// The next answer; none if the deadline passes.  Throws what a job threw, or WorkerDied.
  virtual std::optional<Answer> Wait(Time deadline) = 0;
  /// Executions that running jobs have counted and not yet reported: `executions` and `blocked`.
  virtual Tally Unreported() const = 0;
  /// Bytes that all processes of the search use.
  virtual std::uint64_t MemoryUse() const = 0;
};

/// One worker: the caller, whose jobs run in Wait and are interrupted by its deadline.
std::unique_ptr<Crew> MakeInlineCrew(const SearchSpec& spec);

}  // namespace heddle
