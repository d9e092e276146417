// What does a page say of one check?
#pragma once

#include <string>

#include "cli/page/source_lines.h"
#include "report/markup.h"
#include "runtime/check/check.h"

namespace heddle::cli {

/// What was asked and expected, the violation and its trace, outcomes and numbers.  Events are
/// elements whose id begins with `id`.
report::Markup CheckDetails(const CheckResult& result, const std::string& id, SourceLines& sources);

/// A violation's message, trace, explanation and replay command.  Requires a graph.
report::Markup ExecutionDetails(const CheckResult& result, const std::string& id,
                                SourceLines& sources);

}  // namespace heddle::cli
