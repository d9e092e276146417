// heddle check: explores a scenario or mutant under one memory model and judges what it found.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/check/reported_graph.h"
#include "runtime/check/search.h"
#include "runtime/check/token.h"

namespace heddle {

struct CheckOptions : SearchOptions {
  Strategy strategy;
  bool timed = false;     ///< fill Tally::phases
  int spin_rounds = 0;    ///< ModelCode::spin_rounds: 0 … kMostSpinRounds
  bool symmetry = false;  ///< one of the executions that differ only in who is who (kAlike)
};

enum class CheckVerdict {
  kHolds,         ///< no violation in a complete search, or in all that its bound allows
  kViolation,     ///< a violation, with a report
  kInconclusive,  ///< cut short by a budget, or not meant to be complete
  kTableWrong,    ///< complete, but an outcome that the table allows never happens
};

struct CheckResult : Tally {
  const Subject* subject = nullptr;
  const model::MemoryModel* model = nullptr;
  TrapDelivery delivery = TrapDelivery::kKernel;
  CheckVerdict verdict = CheckVerdict::kInconclusive;
  Strategy strategy;
  double seconds = 0;  ///< over all runs of a search that was gone on with
  Shard shard;
  int spin_rounds = 0;
  bool symmetry = false;                       ///< of a scenario with alike threads
  Budget ended_by = Budget::kNone;             ///< what cut it short
  std::uint64_t peak_memory = 0;               ///< bytes, of all its processes
  std::string error;                           ///< of kViolation: model::Name(kind)
  std::string message;                         ///< one sentence
  std::string token;                           ///< of kViolation: what `heddle replay` takes
  std::string report;                          ///< several lines, for people
  std::shared_ptr<const ReportedGraph> graph;  ///< of kViolation and of every replay, else null

  /// As the subject's description says: a scenario holds, a mutant fails in the way stated (or
  /// holds where the dropped step is said not to be needed; on Arm, where nothing is said, it may
  /// do either).  A search that is not exhaustive goes another way, so it may come to another of a
  /// mutant's errors first: any will do.
  bool AsExpected() const;
  Verdict expected() const;  ///< of a mutant; empty for a scenario
};

CheckResult Check(const Subject& subject, const model::MemoryModel& model, TrapDelivery delivery,
                  const CheckOptions& options);

/// Runs the execution that a report's token describes again and reports it; a token looks like
/// "MP/relaxed-publication@rc11+kernel:1:…".  Throws std::invalid_argument, saying what to change,
/// and model::OtherProgram or model::ForbiddenExecution.
CheckResult Replay(const Token& token);
CheckResult Replay(std::string_view token);

}  // namespace heddle
