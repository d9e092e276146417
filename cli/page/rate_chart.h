// How fast was a scenario in the course of its run?
#pragma once

#include "report/markup.h"
#include "stress/stored_run.h"

namespace heddle::cli {

/// Samples per second of each piece, a colour per placement, with a mark at each failure; nothing
/// if there was no piece.
report::Markup RateChart(const stress::StoredRun& run, const stress::StoredScenario& scenario);

}  // namespace heddle::cli
