// heddle check: explores a scenario or mutant under one memory model and judges what it found.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/explorer.h"
#include "runtime/check/subject.h"

namespace heddle {

struct CheckOptions {
  std::uint64_t max_executions = 0;         ///< 0 = no bound
  std::chrono::milliseconds time_limit{0};  ///< per check; 0 = no bound
  model::Progress progress;
};

enum class CheckVerdict {
  kHolds,         ///< complete search, no violation; every expected outcome seen
  kViolation,     ///< a violation, with a report
  kInconclusive,  ///< cut short by a bound
  kTableWrong,    ///< complete, but an outcome that the table allows never happens
};

struct CheckResult {
  const Subject* subject = nullptr;
  const model::MemoryModel* model = nullptr;
  TrapDelivery delivery = TrapDelivery::kKernel;
  CheckVerdict verdict = CheckVerdict::kInconclusive;
  std::uint64_t executions = 0, blocked = 0, revisits = 0;
  double seconds = 0;
  std::string error;    ///< of kViolation: model::Name(kind)
  std::string message;  ///< one sentence
  std::string token;    ///< of kViolation: what `heddle replay` takes
  std::string report;   ///< several lines, for people
  std::map<std::vector<std::int64_t>, std::uint64_t> outcomes;  ///< with counts of executions

  /// As the subject's description says: a scenario holds, a mutant fails in the way stated (or
  /// holds where the dropped step is said not to be needed).
  bool AsExpected() const;
  Verdict expected() const;  ///< of a mutant; empty for a scenario
};

CheckResult Check(const Subject& subject, const model::MemoryModel& model, TrapDelivery delivery,
                  const CheckOptions& options);

/// Runs the execution that a report's token describes again and reports it; a token looks like
/// "MP/relaxed-publication@rc11+kernel:1:…".  Throws std::invalid_argument, saying what to change.
CheckResult Replay(std::string_view token);

}  // namespace heddle
