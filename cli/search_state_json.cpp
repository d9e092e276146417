#include "cli/search_state_json.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace heddle::cli {
namespace {

using nlohmann::json;

template <typename T>
T Number(const json& j, const char* what) {
  if (!j.is_number_unsigned() || j.get<std::uint64_t>() > std::numeric_limits<T>::max())
    throw std::invalid_argument(std::string(what) + " must be a natural number, not " + j.dump());
  return j.get<T>();
}

double Seconds(const json& j) {
  const double seconds = j.get<double>();
  if (!(seconds >= 0)) throw std::invalid_argument("seconds must not be negative");
  return seconds;
}

model::SearchPath PathFromJson(const json& j) {
  model::SearchPath path;
  if (!j.is_array()) throw std::invalid_argument("a path must be an array, not " + j.dump());
  for (const json& element : j) path.push_back(Number<std::uint32_t>(element, "a path's element"));
  return path;
}

model::SearchTask TaskFromJson(const json& j) {
  const model::SearchTask task{PathFromJson(j.at("path")),
                               Number<std::size_t>(j.at("floor"), "floor")};
  if (task.floor > task.path.size())
    throw std::invalid_argument("the floor of task " + Show(task) + " is deeper than its path");
  return task;
}

model::ErrorKind KindFromJson(const json& j) {
  const auto name = j.get<std::string>();
  for (int k = 0; k <= static_cast<int>(model::ErrorKind::kTooLarge); ++k)
    if (name == model::Name(static_cast<model::ErrorKind>(k)))
      return static_cast<model::ErrorKind>(k);
  throw std::invalid_argument("there is no error named '" + name + "'");
}

Tally TallyFromJson(const json& j) {
  Tally tally;
  const auto number = [&j](const char* key) { return Number<std::uint64_t>(j.at(key), key); };
  tally.executions = number("executions");
  tally.blocked = number("blocked");
  tally.events = number("events");
  tally.revisits = number("revisits");
  tally.runs = number("runs");
  tally.replayed_events = number("replayed_events");
  const json& phases = j.at("phase_seconds");
  tally.phases = {Seconds(phases.at("replaying")), Seconds(phases.at("extending")),
                  Seconds(phases.at("advancing")), Seconds(phases.at("finishing"))};
  for (const json& o : j.at("outcomes"))
    tally.outcomes[o.at("values").get<std::vector<std::int64_t>>()] =
        Number<std::uint64_t>(o.at("executions"), "executions");
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
  state.seconds = Seconds(j.at("seconds"));
  for (const json& task : j.at("tasks")) state.tasks.push_back(TaskFromJson(task));
  const auto name = j.at("state").get<std::string>();
  state.begun = name != "waiting";
  if (name != (state.done()  ? "done"
               : state.begun ? "begun"
                             : "waiting") ||
      (!state.begun && !state.tasks.empty()))
    throw std::invalid_argument("state '" + name + "' does not go with " +
                                std::to_string(state.tasks.size()) + " tasks");
  const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
  if (!std::is_sorted(state.tasks.begin(), state.tasks.end(), by_path))
    throw std::invalid_argument("tasks must be in the order of their paths");
  if (const json& v = j.at("violation"); !v.is_null())
    state.violation = {PathFromJson(v.at("path")), KindFromJson(v.at("error")),
                       v.at("message").get<std::string>(), v.at("execution").get<std::string>()};
  return state;
}

}  // namespace heddle::cli
