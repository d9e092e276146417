// Which executions does a search visit?
#pragma once

#include "model/random_search.h"

namespace heddle {

struct Strategy {
  enum class Kind {
    kExhaustive,   ///< all of them
    kPreemptions,  ///< those that some schedule with at most `preemptions` leads to
    kRandom,       ///< some
  };
  Kind kind = Kind::kExhaustive;
  int preemptions = 0;
  model::RandomSearch random;

  /// Whether it is one search of one process, which remembers where it has been: by one worker,
  /// undivided, and without checkpoints.
  bool is_undivided() const { return kind == Kind::kPreemptions; }
};

}  // namespace heddle
