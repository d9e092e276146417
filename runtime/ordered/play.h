// What is played on real threads, and what comes of it?
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/program.h"
#include "runtime/ordered/schedule.h"
#include "runtime/runtime.h"
#include "runtime/scenario.h"

/// Called before each scheduled operation, by the thread that is about to do it: a place for a
/// breakpoint.  `what` is what the model says it does: "e3 CPU1: R acq flag = 1 from e2, mp.h:34".
extern "C" void heddle_step(int step, int thread, const char* what);

namespace heddle::ordered {

/// One run of a scenario's code, type-erased.
class Instance {
 public:
  virtual ~Instance() = default;
  virtual void Thread(int cpu) = 0;
  virtual void Finish() = 0;
  virtual std::vector<Observation> Observed() const = 0;
};

struct Code {
  int threads = 1;
  int spawned = 0;  ///< the most that the code itself starts
  bool leaks_allowed = false;
  bool every_firing_point = false;
  TrapDelivery delivery = TrapDelivery::kKernel;
  std::function<std::unique_ptr<Instance>()> make;
};

struct Failure {
  int thread = -1;  ///< -1: none, in Finish
  model::ErrorKind kind = model::ErrorKind::kNone;
  std::string message;
  SourceLocation at;
};

/// A thread that waits for what does not hold.
struct Wait {
  int thread = 0;
  std::string what;
  SourceLocation at;
};

/// A thread that is held at what the schedule does not have.
struct Held {
  int thread = 0;
  std::string at;  ///< what it is about to do
};

struct Ending {
  std::size_t steps_done = 0;
  std::string divergence;  ///< "": none; what was expected, and what came
  bool hangs = false;      ///< a thread neither does its next operation nor ends
  std::vector<Failure> failures;
  std::vector<Wait> waits;
  std::vector<Held> held;
  bool complete = false;  ///< all threads have ended, and Finish has run:
  std::vector<Observation> outcome, each_observation;
};

struct Limits {
  /// Of processor time: then a thread hangs.  One that uses none does after a minute.  0: never; so
  /// it is while a debugger is attached.
  std::chrono::milliseconds without_step{2000};
};

/// Runs `code` along `schedule`, and calls `on_step` after each step, in the thread that did it.
Ending Play(const Code& code, const Schedule& schedule,
            const std::function<void(const Step&)>& on_step, Limits limits = {});

}  // namespace heddle::ordered
