// Native runs of the catalog's scenarios, compared with what the model allows.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "stress/suite.h"

namespace heddle::cli {

/// The set of outcomes that the native architecture's model allows, if a search exhausted them.
using AllowedOutcomes = std::optional<std::map<std::vector<std::int64_t>, std::uint64_t>>;

struct NativeRun {
  stress::StressResult result;
  std::vector<std::string> observations;                 ///< names, in order of an outcome's values
  std::vector<std::vector<std::int64_t>> outside_model;  ///< seen here, but not in the model
  bool compared = false;                                 ///< the model's set was known
  bool Good() const {
    return result.verdict == stress::StressVerdict::kPassed && outside_model.empty();
  }
};

/// Throws std::invalid_argument if nothing is selected that can run here, or the time is too short:
/// for those who have much to do before.
void RefuseBadRun(const StressArguments& arguments);

/// Runs every scenario that `glob` selects and that this architecture can run; the time is shared
/// out, four parts to a torture scenario and one to a sampled one.  Prints a line per scenario as
/// it ends and its histogram.  `allowed` gives the model's outcomes of a scenario.  Throws
/// what RefuseBadRun does.
std::vector<NativeRun> RunNatively(const StressArguments& arguments, bool print,
                                   const std::map<std::string, AllowedOutcomes>& allowed);

/// Model checks of the selected scenarios under the native architecture's model, for `allowed`.
std::map<std::string, AllowedOutcomes> ExploreAllowed(const std::string& glob);

/// 0, 1 (a forbidden or impossible outcome), or 4 (harness not trusted).
int ExitStatus(const std::vector<NativeRun>& runs);

}  // namespace heddle::cli
