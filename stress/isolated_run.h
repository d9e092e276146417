// Running a plan that may crash, hang or ruin the process: in a child.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "stress/suite.h"

namespace heddle::stress {

struct IsolatedResult {
  /// What the child counted; only name, seed and duration if it crashed or hung.  Judged.
  StressResult result;
  /// What went wrong: the first of result.failures, "crashed: Segmentation fault" or "hung"; empty:
  /// nothing.
  std::string failure;
  /// Of a failure, format in docs/results.md: what each thread did last, where threads stood,
  /// and the end of what the child wrote to standard error.  Else null.
  nlohmann::json evidence;
};

/// Runs until the first failure, or for options.duration, and then at most `longest_end` more: a
/// thread that waits for ever gives up 5 s after the run's end, or a few more where the machine is
/// busy (runtime/native/patience.h), and one that does not even wait is killed.  A child that
/// somebody has stopped is made to go on then, and has so long again.  Now and then a torture is
/// stopped on purpose.  SIGINT ends the run in the child, and so here; the child dies with its
/// parent.  Memory is limited to 2 GiB, or half of what this machine, or container, has available.
/// Requires that the process has one thread.  Throws std::runtime_error with the words of what
/// RunStress throws, or if somebody stops the child again and again, and std::system_error if there
/// can be no child.
IsolatedResult RunIsolated(const StressPlan& plan, const StressOptions& options,
                           std::chrono::milliseconds longest_end = std::chrono::seconds(30));

}  // namespace heddle::stress
