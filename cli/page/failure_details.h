// What is known of a native failure?
#pragma once

#include "report/markup.h"
#include "stress/stored_run.h"

namespace heddle::cli {

/// Where and when, what each CPU did last, where threads stood, what was written.
report::Markup FailureDetails(const stress::StoredRun& run, const stress::StoredFailure& failure);

}  // namespace heddle::cli
