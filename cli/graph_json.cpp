#include "cli/graph_json.h"

#include <string>

namespace heddle::cli {
namespace {

using model::EventId;
using model::Kind;

// "1.3": event 3 of thread 1, as in tokens; "init.2": the initial write of location 2.
std::string IdText(EventId e) {
  return (e.is_init() ? "init" : std::to_string(e.thread)) + "." + std::to_string(e.index);
}

nlohmann::json Ids(const std::vector<EventId>& events) {
  nlohmann::json ids = nlohmann::json::array();
  for (const EventId e : events) ids.push_back(IdText(e));
  return ids;
}

nlohmann::json Edges(const std::vector<std::pair<EventId, EventId>>& edges) {
  nlohmann::json pairs = nlohmann::json::array();
  for (const auto& [from, to] : edges) pairs.push_back({IdText(from), IdText(to)});
  return pairs;
}

nlohmann::json EventJson(const ReportedGraph& r, EventId id) {
  const model::Event& e = r.graph.at(id);
  nlohmann::json json = {{"id", IdText(id)}, {"kind", model::Name(e.label.kind)}};
  const bool access = e.label.is_read() || e.label.is_write();
  if (const int number = r.trace.NumberOf(id); number != 0) json["number"] = number;
  const bool maintenance = e.label.kind == Kind::kClean || e.label.kind == Kind::kInvalidate;
  if (access || maintenance) json["location"] = e.label.location;
  if ((access && e.label.kind != Kind::kFetch) || e.label.kind == Kind::kFence)
    json["order"] = model::Name(e.order());
  if (e.label.barrier != model::Barrier::kByOrder) json["barrier"] = model::Name(e.label.barrier);
  if (access || e.label.kind == Kind::kChoice) json["value"] = e.value;
  if (e.label.interrupts) json["interrupt"] = model::Interruption(e);
  if (e.label.kind == Kind::kFree || e.label.kind == Kind::kDestroy)
    json["allocation"] = e.label.location;
  if (e.label.rmw) json["rmw"] = true;
  if (e.label.line != 0) {
    json["file"] = e.label.file;
    json["line"] = e.label.line;
  }
  return json;
}

}  // namespace

nlohmann::json GraphJson(const CheckResult& result) {
  const ReportedGraph& r = *result.graph;
  using nlohmann::json;
  json threads = json::array(), rf = json::array(), mo = json::object();
  for (model::ThreadId t = 0; t < r.graph.thread_count(); ++t) {
    json events = json::array();
    for (int i = 0; i < r.graph.size(t); ++i) {
      const EventId id{static_cast<std::int16_t>(t), static_cast<std::int16_t>(i)};
      events.push_back(EventJson(r, id));
      if (r.graph.at(id).label.is_read()) rf.push_back({IdText(r.graph.at(id).rf), IdText(id)});
    }
    threads.push_back({{"thread", t}, {"events", events}});
  }
  for (model::Location l = 0; l < r.graph.location_count(); ++l)
    if (!r.graph.mo(l).empty()) mo[std::to_string(l)] = Ids(r.graph.mo(l));
  json violation = nullptr;
  if (result.verdict == CheckVerdict::kViolation)
    violation = {{"kind", result.error},
                 {"message", result.message},
                 {"events", Ids(r.marked)},
                 {"missing", Edges(r.explanation.missing)},
                 {"weak_rf", Edges(r.explanation.weak)},
                 {"explanation", r.explanation.sentences}};
  return {{"format", "heddle-graph"},
          {"version", 1},
          {"name", result.subject->name()},
          {"model", result.model->name},
          {"locations", r.locations},
          {"threads", threads},
          {"rf", rf},
          {"mo", mo},
          {"trace", Ids(r.trace.events)},
          {"violation", violation}};
}

}  // namespace heddle::cli
