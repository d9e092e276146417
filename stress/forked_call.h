// What does a function return that may crash, hang or use up the memory?  Asked in a child.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace heddle::stress {

struct ForkedCall {
  std::string text;          ///< what came back; half of it, or nothing, if `failure` says why
  std::string failure;       ///< "crashed: Killed", "took longer than 30 s"; empty: nothing
  bool interrupted = false;  ///< by a signal that asks this process to end: EndSignals
};

/// Calls `f` in a child, which dies with this process, after `limit`, or when EndSignals come.  Its
/// memory is limited as in memory_limit.h.  Requires that this process has one thread, and that `f`
/// does not throw.
ForkedCall CallForked(const std::function<std::string()>& f, std::chrono::seconds limit);

}  // namespace heddle::stress
