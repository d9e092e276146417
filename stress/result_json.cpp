#include "stress/result_json.h"

namespace heddle::stress {
namespace {

nlohmann::json ToJson(const std::vector<Histogram::Entry>& outcomes) {
  nlohmann::json json = nlohmann::json::array();
  for (const Histogram::Entry& entry : outcomes) json.push_back({entry.outcome, entry.count});
  return json;
}

}  // namespace

std::string Dump(const nlohmann::json& any, int indent) {
  return any.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json ToJson(const StressResult& r) {
  nlohmann::json outcomes = nlohmann::json::array(), knobs = nlohmann::json::array();
  for (const OutcomeCount& row : r.outcomes)
    if (row.count > 0) outcomes.push_back({row.outcome, row.count});
  for (const KnobCount& knob : r.knobs)
    knobs.push_back({{"knob", knob.knob},
                     {"value", knob.value},
                     {"seconds", knob.seconds},
                     {"samples", knob.samples},
                     {"outcomes", ToJson(knob.outcomes)}});
  return {
      {"seed", r.seed},
      {"outcomes", outcomes},
      {"lost", r.lost},
      {"rounds", r.rounds},
      {"traps", r.traps},
      {"unhandled_traps", r.unhandled_traps},
      {"syncs", r.syncs},
      {"pace",
       {r.pace.slots, r.pace.late, r.pace.batches, r.pace.preempted, r.pace.ticks, r.pace.stolen}},
      {"disturbances",
       {{"freezes", r.disturbances.freezes},
        {"stops", r.disturbances.stops},
        {"migrations", r.disturbances.migrations},
        {"stalls", r.disturbances.stalls}}},
      {"held_up", r.held_up},
      {"knobs", knobs},
      {"shared_cpus", r.shared_cpus},
      {"milliseconds", r.duration.count()},
      {"interrupted", r.interrupted},
      {"faults", r.faults}};
}

Pace PaceFromJson(const nlohmann::json& result) {
  const auto& json = result.at("pace");
  Pace pace{json.at(0), json.at(1), json.at(2), json.at(3)};
  if (json.size() > 4) {
    pace.ticks = json.at(4);
    pace.stolen = json.at(5);
  }
  return pace;
}

Disturbances DisturbancesFromJson(const nlohmann::json& result) {
  if (!result.contains("disturbances")) return {};
  const auto& json = result.at("disturbances");
  return {json.at("freezes"), json.at("stops"), json.at("migrations"),
          json.value("stalls", std::uint64_t{0})};
}

StressResult ResultFromJson(const StressPlan& plan, const nlohmann::json& json) {
  StressResult r;
  r.scenario = plan.name;
  Histogram all;
  for (const auto& row : json.at("outcomes"))
    all.Add(row.at(0).get<std::vector<std::int64_t>>(), row.at(1).get<std::uint64_t>());
  all.AddLost(json.at("lost").get<std::uint64_t>());
  CountOutcomes(plan, all, r);
  json.at("seed").get_to(r.seed);
  json.at("rounds").get_to(r.rounds);
  json.at("traps").get_to(r.traps);
  json.at("unhandled_traps").get_to(r.unhandled_traps);
  json.at("syncs").get_to(r.syncs);
  r.pace = PaceFromJson(json);
  r.disturbances = DisturbancesFromJson(json);
  r.held_up = json.value("held_up", std::uint64_t{0});
  for (const auto& knob : json.at("knobs")) {
    KnobCount& count = r.knobs.emplace_back();
    knob.at("knob").get_to(count.knob);
    knob.at("value").get_to(count.value);
    knob.at("seconds").get_to(count.seconds);
    knob.at("samples").get_to(count.samples);
    for (const auto& row : knob.at("outcomes"))
      count.outcomes.push_back({row.at(0).get<std::vector<std::int64_t>>(), row.at(1)});
  }
  json.at("shared_cpus").get_to(r.shared_cpus);
  r.duration = std::chrono::milliseconds(json.at("milliseconds").get<std::int64_t>());
  json.at("interrupted").get_to(r.interrupted);
  json.at("faults").get_to(r.faults);
  return r;
}

}  // namespace heddle::stress
