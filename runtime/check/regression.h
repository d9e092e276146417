// What became of a failure that was found once?
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "runtime/check/check.h"

namespace heddle {

enum class Fate {
  kFails,         ///< the execution still ends in a violation, the same or another one
  kHolds,         ///< it no longer does
  kForbidden,     ///< the model no longer allows it
  kOtherProgram,  ///< the program no longer does what the token says
};

struct Regression {
  Fate fate;
  CheckResult result;  ///< of kFails and kHolds
  std::string why;     ///< of the others
};

/// Throws std::invalid_argument if the token is malformed.
Regression ReplayAgain(const Token& token);

/// For tests: "" if the failure that the token describes is fixed, else the report of what goes
/// wrong.  Where the execution can no longer be replayed, since the code has changed, this tells
/// nothing: all of the scenario is checked under the token's model, for at most `limit`, and must
/// hold.  Throws like ReplayAgain.
std::string WhyNotFixed(std::string_view token,
                        std::chrono::milliseconds limit = std::chrono::seconds(60));

}  // namespace heddle
