// The results of checks as a page, for people.
#pragma once

#include <string>
#include <vector>

#include "runtime/check/check.h"

namespace heddle::cli {

/// All checks of a command: the verdict, the table, and what each check found.  Scenarios in which
/// something is not as expected come first.
std::string CheckPage(const std::vector<CheckResult>& results);

/// One execution.
std::string ReplayPage(const CheckResult& result);

}  // namespace heddle::cli
