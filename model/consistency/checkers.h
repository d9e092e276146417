// Which incremental consistency checker belongs to which memory model?
#pragma once

#include <memory>

#include "model/memory_model.h"

namespace heddle::model {

std::unique_ptr<ConsistencyChecker> MakeScChecker();
std::unique_ptr<ConsistencyChecker> MakeTsoChecker();
std::unique_ptr<ConsistencyChecker> MakeRc11Checker();

}  // namespace heddle::model
