// Running again what failed natively.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/reproducer.h"

namespace heddle::cli {

struct NativeReplay {
  int runs = 0, recurred = 0, otherwise = 0;  ///< otherwise: failed in another way
  double seconds = 0;
  std::string message;     ///< of the last failure that was the same, else of any
  std::vector<int> cpus;   ///< where it ran
  bool elsewhere = false;  ///< not where it had failed: those CPUs are not there
};

/// Runs the scenario with the seed and on the CPUs of `failure`, then with other seeds, until it
/// has failed so again `enough` times or `limit` is over.  Throws std::invalid_argument if this
/// machine or this heddle cannot run it.
NativeReplay ReplayNatively(const NativeFailure& failure, std::chrono::milliseconds limit,
                            int enough = 10);

/// What is to be said of it, and the exit status: 1 if it recurred, else 4, since that shows
/// nothing.
std::string Describe(const NativeReplay& replay, const std::string& path);
int StatusOf(const NativeReplay& replay);

}  // namespace heddle::cli
