// What is wrong with a result, for those who get it as XML or as annotations.
#pragma once

#include <optional>
#include <string>

#include "cli/native_run.h"
#include "runtime/check/check.h"
#include "stress/controls.h"
#include "stress/stored_run.h"

namespace heddle::cli {

struct Trouble {
  enum class Kind {
    kFailure,  ///< a bug was found, or something that was to be found was not
    kError,    ///< nothing was shown
    kSkipped,  ///< nothing was run
  };
  Kind kind = Kind::kFailure;
  std::string type;     ///< a few words: "data race", "harness not trusted"
  std::string message;  ///< a line
  std::string text;     ///< all lines
};

/// Each is empty if all is well.
std::optional<Trouble> TroubleOf(const CheckResult& result);
std::optional<Trouble> TroubleOf(const NativeRun& run);
std::optional<Trouble> TroubleOf(const stress::StoredRun& run, const stress::StoredScenario& s);
/// Runs that no run of a scenario says anything bad of show nothing if the controls went wrong.
std::optional<Trouble> TroubleOf(const stress::Controls& controls);
/// A run that was cut short shows less than it was asked for.
std::optional<Trouble> TroubleOfEnd(const NativeRuns& runs);
/// `verdict` as Name(MutantRun::Verdict) has it.
std::optional<Trouble> TroubleOfMutant(const std::string& verdict, const std::string& why);

}  // namespace heddle::cli
