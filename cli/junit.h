// Results as JUnit XML, which CI systems read: docs/ci.md.
#pragma once

#include <string>
#include <vector>

#include "cli/native_mutants.h"
#include "cli/native_run.h"
#include "runtime/check/check.h"
#include "stress/stored_run.h"

namespace heddle::cli {

/// A suite per scenario and a case per check; then one that is an error if the controls of native
/// runs went wrong, and a suite per native run.
std::string CheckJunit(const std::vector<CheckResult>& results, const NativeRuns& runs);

/// A suite per scenario of each stored run, and its mutants as below.
std::string ReportJunit(const std::vector<stress::StoredRun>& runs);

/// As the second half of CheckJunit; then a suite per scenario of mutants, a case for each.
std::string StressJunit(const NativeRuns& runs, const std::vector<MutantRun>& mutants);

}  // namespace heddle::cli
