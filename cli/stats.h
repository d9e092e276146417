// What did a search do, and where did its time go?
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "runtime/check/check.h"

namespace heddle::cli {

nlohmann::json StatsJson(const CheckResult& r);
/// A row per check.
void PrintStats(const std::vector<CheckResult>& results);

}  // namespace heddle::cli
