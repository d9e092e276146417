// An execution as a picture within a page: a column per CPU, a row per event.
#pragma once

#include "cli/page/source_lines.h"
#include "report/markup.h"
#include "runtime/check/check.h"

namespace heddle::cli {

/// What pages with trace views add to the frame's style.
extern const std::string_view kTraceStyle;

/// Once in such a page: the heads of the arrows.
report::Markup ArrowHeads();

/// The event e3 is the element `id`-e3.  Requires that `result` has a graph.
report::Markup TraceView(const CheckResult& result, const std::string& id, SourceLines& sources);

}  // namespace heddle::cli
