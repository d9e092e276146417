#include "cli/perfetto.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/quantities.h"
#include "cli/stop_code.h"

namespace heddle::cli {
namespace {

using nlohmann::json;
using stress::StoredCpu;
using stress::StoredFailure;
using stress::StoredNote;
using stress::StoredStop;

constexpr int kOthers = 1000;  // beyond all CPUs of a scenario

// As the flight recorder calls them.
constexpr std::string_view kBegins = "a handler begins", kEnds = "a handler ends",
                           kFailed = "failed";

int ThreadId(const std::string& cpu) {
  const bool number = !cpu.empty() && cpu.size() < 4 &&
                      std::ranges::all_of(cpu, [](char c) { return c >= '0' && c <= '9'; });
  return number ? std::stoi(cpu) : kOthers;
}

// When it went wrong first, in ns before the end; the others may have gone on.  Else the end.
double FaultOf(const stress::StoredEvidence& evidence) {
  double fault = 0;
  for (const StoredCpu& cpu : evidence.cpus)
    for (const StoredNote& note : cpu.notes)
      if (note.did == kFailed) fault = std::max(fault, note.ns_before_end);
  return fault;
}

class Writer {
 public:
  void Add(const StoredFailure& f) {
    pid_ = f.id;
    first_ = 0;
    for (const StoredCpu& cpu : f.evidence.cpus)
      for (const StoredNote& note : cpu.notes) first_ = std::max(first_, note.ns_before_end);
    Name("process_name", 0, fmt::format("#{} {}: {}", f.id, f.scenario, f.failure));
    for (const StoredCpu& cpu : f.evidence.cpus) AddCpu(cpu);
    const double fault = FaultOf(f.evidence);
    json& failed = Event("i", 0, fault, "failed");
    failed["s"] = "p";
    failed["args"] = {
        {"failure", f.failure},       {"scenario", f.scenario}, {"seed", f.seed},
        {"placement", f.placement},   {"cpus", f.cpus},         {"at", LocalTime(f.at)},
        {"output", f.evidence.output}};
    if (f.evidence.crash) AddStop("crashed", *f.evidence.crash, fault);
    for (const StoredStop& stop : f.evidence.stops) AddStop("stood here", stop, 0);
  }

  std::string Text() const {
    return json{{"traceEvents", events_}, {"displayTimeUnit", "ns"}}.dump(
        1, ' ', false, json::error_handler_t::replace);
  }

 private:
  json& Event(const char* phase, int tid, double ns_before_end, const std::string& name) {
    return events_.emplace_back(json{{"ph", phase},
                                     {"pid", pid_},
                                     {"tid", tid},
                                     {"ts", (first_ - ns_before_end) / 1e3},
                                     {"name", name},
                                     {"cat", "heddle"}});
  }

  void Name(const char* what, int tid, const std::string& name) {
    events_.push_back(
        {{"ph", "M"}, {"pid", pid_}, {"tid", tid}, {"name", what}, {"args", {{"name", name}}}});
  }

  // The ring may have lost where a handler began, and what failed may not have let it end.
  void AddCpu(const StoredCpu& cpu) {
    const int tid = ThreadId(cpu.cpu);
    Name("thread_name", tid, tid == kOthers ? "other threads" : "CPU " + cpu.cpu);
    std::vector<std::string> open;
    for (const StoredNote& note : cpu.notes) {
      if (note.did == kBegins) {
        open.push_back(note.detail.empty() ? "handler" : note.detail);
        Event("B", tid, note.ns_before_end, open.back());
      } else if (note.did == kEnds && !open.empty()) {
        Event("E", tid, note.ns_before_end, open.back());
        open.pop_back();
      } else {
        json& instant = Event("i", tid, note.ns_before_end, note.did);
        instant["s"] = "t";
        if (!note.detail.empty()) instant["args"] = {{"detail", note.detail}};
      }
    }
    for (; !open.empty(); open.pop_back())
      Event("E", tid, 0, open.back())["args"] = {{"ended", "no: the failure came before"}};
  }

  void AddStop(const char* name, const StoredStop& stop, double ns_before_end) {
    json& instant = Event("i", stop.cpu < 0 ? kOthers : stop.cpu, ns_before_end, name);
    instant["s"] = "t";
    instant["args"] = {{"signal", stop.signal}, {"pc", PlaceOf(stop)}, {"code", stop.code}};
    if (!stop.address.empty()) instant["args"]["address"] = stop.address;
    for (const auto& [reg, value] : stop.registers) instant["args"]["registers"][reg] = value;
  }

  json events_ = json::array();
  std::int64_t pid_ = 0;
  double first_ = 0;
};

}  // namespace

std::string PerfettoTrace(const std::vector<stress::StoredRun>& runs) {
  Writer writer;
  for (const stress::StoredRun& run : runs)
    for (const StoredFailure& failure : run.failures) writer.Add(failure);
  return writer.Text();
}

}  // namespace heddle::cli
