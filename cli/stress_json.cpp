#include "cli/stress_json.h"

#include "cli/tally.h"

namespace heddle::cli {
namespace {

nlohmann::json OrNull(const std::string& text) {
  return text.empty() ? nlohmann::json() : nlohmann::json(text);
}

nlohmann::json OutcomesJson(const stress::StressResult& r) {
  nlohmann::json outcomes = nlohmann::json::array();
  for (const auto& o : r.outcomes)
    outcomes.push_back({{"values", o.outcome},
                        {"count", o.count},
                        {"grade", stress::Name(o.grade)},
                        {"why", o.why}});
  return outcomes;
}

nlohmann::json ToJson(const NativeRun& run) {
  const stress::StressResult& r = run.result;
  nlohmann::json placements = nlohmann::json::object();
  for (const auto& [sharing, placed] : run.by_placement)
    placements[std::string(stress::Name(sharing))] = OutcomesJson(placed);
  nlohmann::json knobs = nlohmann::json::array();
  for (const stress::KnobCount& k : r.knobs) {
    nlohmann::json shown = nlohmann::json::array();
    for (const auto& entry : k.outcomes)
      shown.push_back({{"values", entry.outcome}, {"count", entry.count}});
    knobs.push_back({{"knob", k.knob},
                     {"value", k.value},
                     {"seconds", k.seconds},
                     {"samples", k.samples},
                     {"outcomes", shown}});
  }
  return {{"scenario", r.scenario},
          {"verdict", Name(r.verdict)},
          {"samples", r.samples},
          {"milliseconds", r.duration.count()},
          {"seed", r.seed},
          {"late_percent", r.pace.LatePercent()},
          {"preempted_percent", r.pace.PreemptedPercent()},
          {"stolen_percent", r.pace.ticks > 0 ? nlohmann::json(r.pace.StolenPercent()) : nullptr},
          {"disturbances",
           {{"freezes", r.disturbances.freezes},
            {"stops", r.disturbances.stops},
            {"migrations", r.disturbances.migrations},
            {"stalls", r.disturbances.stalls}}},
          {"held_up_pieces", r.held_up},
          {"placements", placements},
          {"knobs", knobs},
          {"failed_pieces", run.failed_pieces},
          {"rounds", r.rounds},
          {"traps", r.traps},
          {"unhandled_traps", r.unhandled_traps},
          {"syncs", r.syncs},
          {"outcomes", OutcomesJson(r)},
          {"outside_model", run.outside_model},
          {"unseen", run.unseen},
          {"compared_with_model", run.compared},
          {"failures", r.failures},
          {"notes", r.notes}};
}

nlohmann::json ToJson(const MutantRun& run) {
  return {{"scenario", run.name},
          {"verdict", Name(run.verdict)},
          {"why", run.why},
          {"bad_samples", run.bad},
          {"milliseconds", run.duration.count()}};
}

nlohmann::json ToJson(const stress::Controls& controls) {
  nlohmann::json all = nlohmann::json::array();
  for (const stress::PassedControl& control : controls.earlier)
    all.push_back({{"scenario", control.scenario}, {"text", control.line}, {"wrong", nullptr}});
  for (const stress::Control& control : controls.all)
    all.push_back({{"scenario", control.scenario},
                   {"text", Describe(control)},
                   {"wrong", OrNull(control.wrong)}});
  return all;
}

}  // namespace

nlohmann::json StressJson(const NativeRuns& runs, const std::vector<MutantRun>& mutants) {
  nlohmann::json results = nlohmann::json::array();
  for (const NativeRun& run : runs.runs) results.push_back(ToJson(run));
  for (const MutantRun& run : mutants) results.push_back(ToJson(run));
  const Tally tally = TallyOf(runs, mutants);
  return {{"verdict", tally.verdict},
          {"text", Describe(tally)},
          {"trusted", tally.trusted},
          {"why_not_trusted", OrNull(runs.controls.why_not)},
          {"controls", ToJson(runs.controls)},
          {"cut_short", OrNull(runs.cut_short)},
          {"seed", runs.seed},
          {"results", results}};
}

}  // namespace heddle::cli
