// Which incremental consistency checker belongs to which memory model?
#pragma once

#include <memory>

#include "model/memory_model.h"
#include "model/models/arm64.h"

namespace heddle::model {

std::unique_ptr<ConsistencyChecker> MakeScChecker();
std::unique_ptr<ConsistencyChecker> MakeTsoChecker();
std::unique_ptr<ConsistencyChecker> MakeRc11Checker();
std::unique_ptr<ConsistencyChecker> MakeArm64Checker(CacheType cache);

}  // namespace heddle::model
