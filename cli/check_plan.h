// Which checks does a command consist of, and within which bounds?
#pragma once

#include <vector>

#include "cli/checkpoint.h"
#include "cli/commands.h"

namespace heddle::cli {

/// The model of this name; none for "all": those that are usual for each scenario.  Throws
/// std::invalid_argument, saying which there are.
std::vector<const model::MemoryModel*> ParseModels(const std::string& name);

/// In the order of the table.  In a shard, a mutant that must fail is not divided, since its search
/// ends early and no part of it must fail: whole ones are dealt out to the shards in turn.  Throws
/// std::invalid_argument if the arguments select nothing.
std::vector<PlannedCheck> PlanChecks(const CheckArguments& arguments);

/// Everything but what differs from check to check.  Throws std::invalid_argument.
CheckOptions ParseOptions(const CheckArguments& arguments);

}  // namespace heddle::cli
