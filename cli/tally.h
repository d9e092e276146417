// What do all scenarios of a native run come to?
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/native_mutants.h"
#include "cli/native_run.h"
#include "stress/stored_run.h"

namespace heddle::cli {

struct Tally {
  std::size_t scenarios = 0;
  std::vector<std::string> failed, inconclusive;  ///< scenarios; the others have passed
  std::vector<std::string> outside;               ///< those with outcomes outside the model
  std::size_t survivors = 0;                      ///< mutants that survived
  bool trusted = false;                           ///< the controls were as they must be
  std::string cut_short;  ///< "interrupted after 3.0 s of 100 s"; empty: it was not
  std::string verdict;    ///< "passed", "failed", "harness not trusted", "inconclusive"
};

Tally TallyOf(const NativeRuns& runs, const std::vector<MutantRun>& mutants);
Tally TallyOf(const stress::StoredRun& run);

/// One line, the verdict first, which names the scenarios that have not passed.
std::string Describe(const Tally& tally);

}  // namespace heddle::cli
