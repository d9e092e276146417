// Random executions of a program that has too many to visit them all.
#pragma once

#include <cstdint>
#include <vector>

#include "model/explorer.h"

namespace heddle::model {

struct RandomSearch {
  std::uint64_t executions = 1;  ///< how many; at least 1, and the same one may come twice
  std::uint64_t seed = 0;
  int pct_depth = 0;  ///< 0: a random walk each; d >= 1: by PCT, for bugs of depth d
};

/// Makes them one after the other, each by a scheduler (model/scheduler.h) of its own seed, and
/// looks for the same errors as ExploreByRevisits.  Complete when all are made, which shows nothing
/// about the others.  `options.task` divides them as it does a search: their numbers, written with
/// some digits, are the paths.  So what is found does not depend on who makes which.
ExploreResult ExploreAtRandom(Program& program, const MemoryModel& model,
                              const RandomSearch& search, const ExploreOptions& options,
                              const Visitor& visit);

/// At least `parts` tasks, or one per execution.
std::vector<SearchTask> SplitRandomSearch(const RandomSearch& search, std::size_t parts);

}  // namespace heddle::model
