// Native runs as text.
#pragma once

#include <string>
#include <vector>

#include "cli/native_run.h"

namespace heddle::cli {

/// Says so if fewer are used than were asked for ("0-3,5"; "": all).
void PrintMissingCpus(const std::string& asked, const std::vector<int>& used);
void PrintControls(const stress::Controls& controls);
/// The scenario's line, its histogram, and what is to be said of it.
void PrintRun(const NativeRun& run, const stress::StressPlan& plan);

}  // namespace heddle::cli
