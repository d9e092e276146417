// Is the end of an execution one that the scenario's table allows?
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/check/search_job.h"
#include "runtime/check/subject.h"

namespace heddle {

Grade GradeUnder(const Expect& row, std::string_view model);

/// An outcome as people read it: "r0=1 r1=42".
std::string Show(const Subject& subject, const std::vector<std::int64_t>& outcome);

/// Why the table forbids that an execution ends in these observations; empty if it does not.
/// `outcome`: their values at the end (kSample); `each`: all that were made (kTorture).
std::string ForbiddenOutcome(const Subject& subject, const model::MemoryModel& model,
                             const std::vector<Observation>& outcome,
                             const std::vector<Observation>& each);

/// A machine that fails an execution whose outcome the table forbids.
class Judge final : public Searched {
 public:
  /// `symmetry`: whether the search may leave out executions that differ only in who is who.
  Judge(const Subject& subject, const model::MemoryModel& model, TrapDelivery delivery,
        int spin_rounds = 0, bool symmetry = false);

  Machine& machine() { return machine_; }
  model::Program& program() override { return machine_; }
  Outcomes TakeOutcomes() override { return std::exchange(outcomes_, {}); }
  std::string LastOutcome() override;

 private:
  std::string JudgeOutcomes(const Machine& m);

  const Subject& subject_;
  const model::MemoryModel& model_;
  Machine machine_;
  Outcomes outcomes_;
  bool judged_ = false;  // the execution that has just ended; else it failed before
};

}  // namespace heddle
