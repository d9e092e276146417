// What has one scenario shown, where, and how fast?
#pragma once

#include "report/markup.h"
#include "stress/stored_run.h"

namespace heddle::cli {

/// The heat map of outcomes by placement, the rate over time, and what the knobs have shown.
report::Markup ScenarioResults(const stress::StoredRun& run,
                               const stress::StoredScenario& scenario);

}  // namespace heddle::cli
