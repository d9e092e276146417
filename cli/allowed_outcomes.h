// What does the model of this machine's architecture allow of a scenario?
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace heddle::cli {

/// The set of outcomes that the native architecture's model allows, if a search exhausted them.
using AllowedOutcomes = std::optional<std::map<std::vector<std::int64_t>, std::uint64_t>>;

/// A model check of this scenario, at most 20 s, in a process of its own: the code under test may
/// end it, sleep for ever or allocate without end, which standard error is told.  Nothing after
/// a signal that ends the run.  Throws std::invalid_argument if the scenario is not one (it is not
/// deterministic, say).
AllowedOutcomes ExploreAllowed(const std::string& scenario);

}  // namespace heddle::cli
