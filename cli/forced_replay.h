// heddle replay --native: one execution of the model again, in the same order on real threads.
#pragma once

#include <functional>
#include <string>

#include "runtime/check/check.h"
#include "runtime/ordered/play.h"

namespace heddle::cli {

struct ForcedReplay {
  enum class Verdict {
    kHeld,      ///< the execution held, as in the model
    kFailure,   ///< the model's failure has come
    kNotShown,  ///< it has not
  };
  Verdict verdict = Verdict::kNotShown;
  std::string text;  ///< what came of it, lines for people
  bool threads_left =
      false;  ///< held where they stand, or hanging: exit() would pull their data away
};

/// `in_model`: the same execution, replayed in the model.  `on_step` is called after each step, in
/// the thread that did it.  Throws ordered::NotSchedulable.
ForcedReplay ReplayInOrder(const CheckResult& in_model,
                           const std::function<void(const ordered::Step&)>& on_step,
                           ordered::Limits limits = {});

/// Of a replay by `what`, a token or a file: prints each step and what came of it, and returns the
/// exit status.
int PrintForcedReplay(const CheckResult& in_model, const std::string& what, ordered::Limits limits);

}  // namespace heddle::cli
