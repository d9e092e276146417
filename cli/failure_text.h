// What is known of native failures, as text.
#pragma once

#include <string>
#include <vector>

#include "stress/stored_run.h"

namespace heddle::cli {

/// Where it crashed, where each CPU stood and what it did last, writes of code, the last output:
/// lines that begin with `indent`.
std::string EvidenceText(const stress::StoredEvidence& evidence, const std::string& indent);

/// A command that looks for this failure again, for a shell.
std::string AgainCommand(const stress::StoredRun& run, const stress::StoredFailure& failure);

/// "one L3 6, one core 3": how often each.
std::string CountedText(const std::vector<std::string>& placements);

/// Failures of a scenario that differ in numbers only.
struct FailureGroup {
  std::vector<const stress::StoredFailure*> all;  ///< not empty
  const stress::StoredFailure& first() const { return *all.front(); }
  /// "and 9 more like it (one L3 6, one core 3)"; "" if there is but one.
  std::string MoreText() const;
};

/// In the order of their first ones.
std::vector<FailureGroup> GroupsOf(const std::vector<stress::StoredFailure>& failures);

}  // namespace heddle::cli
