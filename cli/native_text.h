// Native runs as text.
#pragma once

#include "cli/native_run.h"

namespace heddle::cli {

void PrintControls(const stress::Controls& controls);
/// The scenario's line, its histogram, and what is to be said of it.
void PrintRun(const NativeRun& run, const stress::StressPlan& plan);

}  // namespace heddle::cli
