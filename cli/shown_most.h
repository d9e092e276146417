// Which setting of the harness has shown an outcome most often?
#pragma once

#include <string>
#include <vector>

#include "stress/stored_run.h"

namespace heddle::cli {

/// A line, which begins with two blanks, for each of a few of the outcomes: those that sequential
/// consistency does not allow, the rarest first, or else the rarest one.  It names, for each knob
/// and for the placement, the value with which the outcome was the largest part of the samples.
std::string ShownMostText(const std::vector<stress::StoredOutcome>& outcomes,
                          const std::vector<stress::StoredKnob>& settings);

/// The same of a stored scenario.
std::string ShownMostText(const stress::StoredScenario& scenario);

}  // namespace heddle::cli
