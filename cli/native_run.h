// Native runs of the catalog's scenarios, compared with what the model allows.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/allowed_outcomes.h"
#include "cli/commands.h"
#include "cli/reproducer_folder.h"
#include "stress/campaign.h"
#include "stress/controls.h"

namespace heddle::cli {

struct NativeRun {
  stress::StressResult result;
  std::map<stress::Sharing, stress::StressResult> by_placement;
  std::uint64_t failed_pieces = 0;
  bool rested = false;                                   ///< failed so often that it ran no more
  std::vector<std::string> observations;                 ///< names, in order of an outcome's values
  std::vector<std::vector<std::int64_t>> outside_model;  ///< seen here, but not in the model
  std::vector<std::vector<std::int64_t>> unseen;         ///< the other way round
  bool compared = false;                                 ///< the model's set was known
  bool Good() const {
    return result.verdict == stress::StressVerdict::kPassed && outside_model.empty();
  }
};

struct NativeRuns {
  std::uint64_t seed = 0;
  stress::Controls controls;
  std::vector<NativeRun> runs;
  bool interrupted = false;
  std::string gave_up;    ///< why nothing could be run in the end; empty: it could
  std::string cut_short;  ///< "interrupted after 3 s of 100 s"; empty: it was not
};

/// Throws std::invalid_argument if nothing is selected that can run here, the time is too short, or
/// there is nothing to leave undisturbed: for those who have much to do before.  `option` is the
/// one that gave the time.
void RefuseBadRun(const StressArguments& arguments, const std::string& option = "--duration");

/// Runs the controls, then every scenario that `glob` selects and that this architecture can run,
/// until the time is up; with arguments.resume what a killed run has left.  Prints failures as they
/// come, then each scenario's histogram.  `allowed` gives the model's outcomes of a scenario,
/// unless a killed run has left them, and `db` and `reproducers` get results and failures if they
/// are not null.  Throws what RefuseBadRun does.
NativeRuns RunNatively(const StressArguments& arguments, bool print,
                       const std::function<AllowedOutcomes(const std::string&)>& allowed,
                       stress::ResultsDb* db = nullptr, ReproducerFolder* reproducers = nullptr);

/// What `glob` selects and this architecture can run.  Throws std::invalid_argument if it is
/// nothing.
std::vector<stress::StressPlan> PlansFor(const std::string& glob);

/// 0, 1 (a forbidden or impossible outcome) or 4 (harness not trusted, or something was not run).
int ExitStatus(const NativeRuns& runs);

}  // namespace heddle::cli
