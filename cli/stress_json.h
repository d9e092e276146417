// What does `heddle stress --json` write?
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "cli/native_mutants.h"
#include "cli/native_run.h"

namespace heddle::cli {

/// Format in docs/results.md.
nlohmann::json StressJson(const NativeRuns& runs, const std::vector<MutantRun>& mutants);

}  // namespace heddle::cli
