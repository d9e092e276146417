// A native run's result as JSON: from the process that ran it to the one that keeps it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "stress/result.h"

namespace heddle::stress {

/// As text, as nlohmann::json::dump.  What a program under test said need not be UTF-8, and shows
/// as U+FFFD where it is not.
std::string Dump(const nlohmann::json& any, int indent = -1);

/// Without what Judge says.  Seconds and counts as numbers, outcomes as arrays of values.
nlohmann::json ToJson(const StressResult& result);

/// Of such a result, also of one that an earlier heddle has kept, when ticks and disturbances were
/// not counted.  Throw nlohmann::json::exception.
Pace PaceFromJson(const nlohmann::json& result);
Disturbances DisturbancesFromJson(const nlohmann::json& result);

/// The inverse; the outcomes' grades and reasons are the plan's.  Throws nlohmann::json::exception
/// if it is not of ToJson.
StressResult ResultFromJson(const StressPlan& plan, const nlohmann::json& json);

}  // namespace heddle::stress
