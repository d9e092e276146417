// heddle stress
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/native_run.h"
#include "cli/output.h"
#include "cli/same_file.h"

namespace heddle::cli {
namespace {

nlohmann::json ToJson(const NativeRun& run) {
  const stress::StressResult& r = run.result;
  nlohmann::json outcomes = nlohmann::json::array();
  for (const auto& o : r.outcomes) {
    const char* grade = o.grade == Grade::kAllowed ? "allowed"
                        : o.grade == Grade::kWeak  ? "weak"
                                                   : "forbidden";
    outcomes.push_back(
        {{"values", o.outcome}, {"count", o.count}, {"grade", grade}, {"why", o.why}});
  }
  return {{"scenario", r.scenario},
          {"verdict", Name(r.verdict)},
          {"samples", r.samples},
          {"milliseconds", r.duration.count()},
          {"seed", r.seed},
          {"late_percent", r.late_percent},
          {"rounds", r.rounds},
          {"traps", r.traps},
          {"unhandled_traps", r.unhandled_traps},
          {"syncs", r.syncs},
          {"outcomes", outcomes},
          {"outside_model", run.outside_model},
          {"compared_with_model", run.compared},
          {"failures", r.failures},
          {"notes", r.notes}};
}

}  // namespace

int Stress(const StressArguments& arguments) {
  RefuseSameFile({{"--json", arguments.json_file}});
  RefuseBadRun(arguments);
  OutputFile json_file(arguments.json_file);
  const auto runs = RunNatively(arguments, !json_file.is_stdout(), ExploreAllowed(arguments.glob));
  nlohmann::json json = nlohmann::json::array();
  for (const NativeRun& run : runs) json.push_back(ToJson(run));
  json_file.Write(json.dump(2));
  return ExitStatus(runs);
}

}  // namespace heddle::cli
