// Functions with static branches that several sources share.
#pragma once

#include "keys/branch.h"

namespace heddle {

inline bool IsSharedOn() { return keys::StaticBranch<"test.shared">(); }

}  // namespace heddle
