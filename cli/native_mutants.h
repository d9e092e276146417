// Does this machine show what the mutants do?
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "stress/plan.h"

namespace heddle::cli {

struct MutantRun {
  enum class Verdict { kKilled, kSurvived, kNotShown, kSkipped };

  std::string name;  ///< "rcu_preempt/not-queued"
  Verdict verdict = Verdict::kSkipped;
  std::string why;  ///< what killed it, why it was not run, or why this machine may not show it
  std::chrono::milliseconds duration{0};
  /// Of one that was killed: samples that were wrong.  1 of what ends with the first failure.
  std::uint64_t bad = 0;
};

const char* Name(MutantRun::Verdict verdict);

/// Those of the mutants below whose names ("rcu_span/no-wait") `glob` matches; none unless it has a
/// '/'.  Also those that are not needed here.
std::vector<stress::StressPlan> MutantPlans(const std::string& glob);

/// Throws std::invalid_argument if arguments.mutants asks for what RunMutantsNatively cannot do.
void RefuseBadMutants(const StressArguments& arguments);

/// Runs each mutant of the selected scenarios in processes of its own until it fails, for at most
/// arguments.mutants, and prints a line for each as it ends.  That one has failed is known at once
/// of a torture, and of samples at the end of a piece: the first takes 0.25 s, and each next one at
/// most twice as long, up to 10 s.  Those that the machine's own model cannot tell from the
/// scenario are skipped, and those that say why they show nothing natively.  Those that survive and
/// say why they may are not shown.  Ends early on signals, if there are EndSignals.
/// Calls `on_run` after each.
std::vector<MutantRun> RunMutantsNatively(const StressArguments& arguments, std::uint64_t seed,
                                          bool print,
                                          const std::function<void(const MutantRun&)>& on_run);

}  // namespace heddle::cli
