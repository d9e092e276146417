// --hang-timeout of check and replay.
#pragma once

#include <string>

#include "cli/duration.h"
#include "runtime/model/crash_guard.h"

namespace heddle::cli {

/// From here on, code under test that runs so long without an operation hangs; "" changes nothing.
inline void SetHangTimeout(const std::string& text) {
  if (!text.empty()) CrashGuard::set_hang_timeout(ParseDuration(text));
}

}  // namespace heddle::cli
