#include "cli/search_state_json.h"

#include <algorithm>

#include "cli/json_member.h"

namespace heddle::cli {
namespace {

using nlohmann::json;

double Seconds(const json& object, const char* key) {
  const auto seconds = Member<double>(object, key);
  if (!(seconds >= 0)) RefuseJson(key, "0 or more", seconds);
  return seconds;
}

model::SearchPath PathFromJson(const json& j) {
  model::SearchPath path;
  for (const json& element : ArrayMember(j, "path"))
    path.push_back(ReadJson<std::uint32_t>("path", element));
  return path;
}

model::SearchTask TaskFromJson(const json& j) {
  const model::SearchTask task{PathFromJson(j), Member<std::size_t>(j, "floor")};
  if (task.floor > task.path.size())
    throw MalformedJson("the floor of task " + Show(task) + " is deeper than its path");
  return task;
}

model::ErrorKind KindFromJson(const json& j) {
  const auto name = Member<std::string>(j, "error");
  for (int k = 0; k <= static_cast<int>(model::ErrorKind::kTooLarge); ++k)
    if (name == model::Name(static_cast<model::ErrorKind>(k)))
      return static_cast<model::ErrorKind>(k);
  throw MalformedJson("there is no error named '" + name + "'");
}

Tally TallyFromJson(const json& j) {
  Tally tally;
  const auto number = [&j](const char* key) { return Member<std::uint64_t>(j, key); };
  tally.executions = number("executions");
  tally.blocked = number("blocked");
  tally.events = number("events");
  tally.revisits = number("revisits");
  tally.runs = number("runs");
  tally.replayed_events = number("replayed_events");
  const json& phases = Member(j, "phase_seconds");
  tally.phases = {Seconds(phases, "replaying"), Seconds(phases, "extending"),
                  Seconds(phases, "advancing"), Seconds(phases, "finishing")};
  for (const json& o : ArrayMember(j, "outcomes")) {
    std::vector<std::int64_t> values;
    for (const json& value : ArrayMember(o, "values"))
      values.push_back(ReadJson<std::int64_t>("values", value));
    tally.outcomes[values] = Member<std::uint64_t>(o, "executions");
  }
  return tally;
}

}  // namespace

json ToJson(const SearchState& state) {
  const Tally& t = state.tally;
  json outcomes = json::array(), tasks = json::array(), violation;
  for (const auto& [values, count] : t.outcomes)
    outcomes.push_back({{"values", values}, {"executions", count}});
  for (const model::SearchTask& task : state.tasks)
    tasks.push_back({{"path", task.path}, {"floor", task.floor}});
  if (const auto& v = state.violation)
    violation = {{"path", v->path},
                 {"error", model::Name(v->kind)},
                 {"message", v->message},
                 {"execution", v->execution}};
  return {{"state", state.done()  ? "done"
                    : state.begun ? "begun"
                                  : "waiting"},
          {"seconds", state.seconds},
          {"executions", t.executions},
          {"blocked", t.blocked},
          {"events", t.events},
          {"revisits", t.revisits},
          {"runs", t.runs},
          {"replayed_events", t.replayed_events},
          {"phase_seconds",
           {{"replaying", t.phases.replaying},
            {"extending", t.phases.extending},
            {"advancing", t.phases.advancing},
            {"finishing", t.phases.finishing}}},
          {"outcomes", outcomes},
          {"tasks", tasks},
          {"violation", violation}};
}

SearchState StateFromJson(const json& j) {
  SearchState state;
  state.tally = TallyFromJson(j);
  state.seconds = Seconds(j, "seconds");
  for (const json& task : ArrayMember(j, "tasks")) state.tasks.push_back(TaskFromJson(task));
  const auto name = Member<std::string>(j, "state");
  state.begun = name != "waiting";
  if (name != (state.done()  ? "done"
               : state.begun ? "begun"
                             : "waiting") ||
      (!state.begun && !state.tasks.empty()))
    throw MalformedJson("state '" + name + "' does not go with " +
                        std::to_string(state.tasks.size()) + " tasks");
  const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
  if (!std::is_sorted(state.tasks.begin(), state.tasks.end(), by_path))
    throw MalformedJson("tasks must be in the order of their paths");
  if (const json& v = Member(j, "violation"); !v.is_null())
    state.violation = {PathFromJson(v), KindFromJson(v), Member<std::string>(v, "message"),
                       Member<std::string>(v, "execution")};
  return state;
}

}  // namespace heddle::cli
