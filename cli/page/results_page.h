// What did the nights find?  A file of native results as a page, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stress/stored_run.h"

namespace heddle::cli {

/// What such pages add to the frame's style.
extern const std::string_view kResultsStyle;

/// The newest run first, and open; the verdict is its own.  Requires at least one run.
std::string ResultsPage(const std::vector<stress::StoredRun>& runs);

}  // namespace heddle::cli
