#include "runtime/check/regression.h"

#include "model/replay.h"

namespace heddle {

Regression ReplayAgain(const Token& token) {
  try {
    CheckResult r = Replay(token);
    const Fate fate = r.verdict == CheckVerdict::kViolation ? Fate::kFails : Fate::kHolds;
    return {fate, std::move(r), {}};
  } catch (const model::ForbiddenExecution& e) {
    return {Fate::kForbidden, {}, e.what()};
  } catch (const model::OtherProgram& e) {
    return {Fate::kOtherProgram, {}, e.what()};
  }
}

std::string WhyNotFixed(std::string_view text, std::chrono::milliseconds limit) {
  const Token token = ParseToken(text);
  const Regression again = ReplayAgain(token);
  if (again.fate == Fate::kHolds) return {};
  if (again.fate == Fate::kFails) return again.result.report;
  CheckOptions options;
  options.time_limit = limit;
  options.spin_rounds = token.spin_rounds;
  const CheckResult r = Check(*token.subject, *token.model, token.delivery, options);
  const std::string head =
      "The execution cannot be replayed (" + again.why + "), so everything was checked: ";
  switch (r.verdict) {
    case CheckVerdict::kHolds:
      return {};
    case CheckVerdict::kTableWrong:
      return token.subject->mutant.empty() ? head + r.message : "";
    case CheckVerdict::kViolation:
      return head + r.report;
    case CheckVerdict::kInconclusive:
      break;
  }
  return head + std::to_string(limit.count()) +
         " ms were too few; give WhyNotFixed more, or record the failure anew";
}

}  // namespace heddle
