// Lines of standard output that GitHub shows beside the source.
#pragma once

#include <string>
#include <vector>

#include "cli/native_mutants.h"
#include "cli/native_run.h"
#include "runtime/check/check.h"

namespace heddle::cli {

/// Whether this runs as a step of a GitHub workflow: GITHUB_ACTIONS is "true".
bool InGitHubActions();

/// An error for a check that is not as expected, at the last of the events that the violation is
/// about; a warning for one that is inconclusive; else nothing.
std::string Annotation(const CheckResult& result);

/// An error for each scenario that failed, at the place that its first failure names, if it names
/// one; warnings of what shows little: controls that went wrong, scenarios that are not trusted,
/// mutants that survived.
std::string Annotations(const NativeRuns& runs, const std::vector<MutantRun>& mutants);

}  // namespace heddle::cli
