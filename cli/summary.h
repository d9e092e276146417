// The one table in which checks and native runs end.
#pragma once

#include <vector>

#include "cli/native_run.h"
#include "runtime/check/check.h"

namespace heddle::cli {

/// The outcomes that complete checks under this architecture's model have seen.
std::map<std::string, AllowedOutcomes> AllowedFrom(const std::vector<CheckResult>& results);

/// One line per scenario: executions per model, mutants caught, and what the native run saw.
void PrintSummary(const std::vector<CheckResult>& results, const std::vector<NativeRun>& runs);

}  // namespace heddle::cli
