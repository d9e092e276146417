// Lines of standard output that GitHub shows beside the source.
#pragma once

#include <string>

#include "runtime/check/check.h"

namespace heddle::cli {

/// Whether this runs as a step of a GitHub workflow: GITHUB_ACTIONS is "true".
bool InGitHubActions();

/// An error for a check that is not as expected, at the last of the events that the violation is
/// about; a warning for one that is inconclusive; else nothing.
std::string Annotation(const CheckResult& result);

}  // namespace heddle::cli
