// The state of one search as JSON: docs/checkpoint.md.
#pragma once

#include <nlohmann/json.hpp>

#include "runtime/check/search.h"

namespace heddle::cli {

nlohmann::json ToJson(const SearchState& state);
/// Throws MalformedJson if `json` does not describe a state.
SearchState StateFromJson(const nlohmann::json& json);

}  // namespace heddle::cli
