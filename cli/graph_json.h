// An execution graph as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "runtime/check/check.h"

namespace heddle::cli {

/// Format "heddle-graph", version 1; docs/graph-json.md describes it.  Readers must ignore members
/// that they do not know; a change of meaning gets a new version.
/// Requires that `result` has a graph.
nlohmann::json GraphJson(const CheckResult& result);

}  // namespace heddle::cli
