#include "runtime/ordered/schedule.h"

#include <algorithm>
#include <cstring>
#include <iomanip>
#include <map>
#include <sstream>
#include <utility>

#include "model/event_text.h"
#include "model/memory_model.h"

namespace heddle::ordered {
namespace {

using model::Event;
using model::EventId;
using model::Kind;

std::size_t At(int i) { return static_cast<std::size_t>(i); }

class Maker {
 public:
  Maker(const model::ExecutionGraph& g, const model::Trace& trace,
        const std::vector<std::string>& phrases)
      : graph_(g), trace_(trace), phrases_(phrases), order_(trace.events) {}

  Schedule Make(const std::vector<EventId>& marked) {
    if (!IsInterleaving(order_)) throw NotSchedulable(WhyNoInterleaving());
    for (const EventId e : marked) UseAfterFree(e, marked);
    Schedule schedule;
    schedule.threads.resize(At(graph_.thread_count()));
    for (const EventId e : order_) {
      const Event& event = graph_.at(e);
      if (event.label.is_write() && event.label.rmw) {  // shown with its reading half
        schedule.steps.back().text += "\n" + Text(e);
        continue;
      }
      schedule.steps.push_back({e.thread, trace_.NumberOf(e), Text(e)});
    }
    std::size_t step = 0;
    for (const EventId e : order_)
      if (!IsSecondHalf(e)) FillUpTo(schedule, e, static_cast<int>(step++));
    for (int t = 0; t < graph_.thread_count(); ++t) FillRest(schedule.threads[At(t)], t);
    return schedule;
  }

 private:
  bool IsSecondHalf(EventId e) const {
    return graph_.at(e).label.is_write() && graph_.at(e).label.rmw;
  }
  int Shown(int t) const { return static_cast<int>(trace_.numbers[At(t)].size()); }

  // What comes before `e` in its thread and is not there yet takes no turn.
  void FillUpTo(Schedule& schedule, EventId e, int step) const {
    auto& thread = schedule.threads[At(e.thread)];
    for (int i = Next(thread, e.thread); i < e.index; ++i)
      thread.push_back({&graph_.at(model::IdOf(e.thread, i)), Operation::kNoStep});
    thread.push_back({&graph_.at(e), step, VersionOf(e)});
  }
  void FillRest(std::vector<Operation>& thread, int t) const {
    for (int i = Next(thread, t); i < Shown(t); ++i)
      thread.push_back({&graph_.at(model::IdOf(t, i)), Operation::kNoStep});
  }
  // The index of the event that follows.
  int Next(const std::vector<Operation>& thread, int t) const {
    if (thread.empty()) return 0;
    const Operation& last = thread.back();
    return static_cast<int>(last.event - graph_.thread(t).data()) +
           (last.event->is_exclusive_read() ? 2 : 1);
  }

  bool IsInterleaving(const std::vector<EventId>& order) const {
    std::map<model::Location, EventId> newest;
    for (const EventId e : order) {
      const Event& event = graph_.at(e);
      if (!event.label.is_read() && !event.label.is_write()) continue;
      const auto found = newest.find(event.label.location);
      const EventId last =
          found == newest.end() ? model::InitOf(event.label.location) : found->second;
      const int newest_position = graph_.mo_position(last);
      const bool in_order = event.label.kind == Kind::kFetch
                                ? graph_.mo_position(event.rf) <= newest_position
                            : event.label.is_read() ? event.rf == last
                                                    : newest_position < event.mo_position;
      if (!in_order) return false;
      if (event.label.is_write()) newest[event.label.location] = e;
    }
    return true;
  }

  // Of the values that a fetch's unit has when this is played, the number of the one that it takes:
  // the schedule may lack writes.
  int VersionOf(EventId fetch) const {
    const Event& event = graph_.at(fetch);
    if (event.label.kind != Kind::kFetch || event.rf.is_init()) return 0;
    int version = 0;
    for (const EventId w : order_) {
      const model::Label& label = graph_.at(w).label;
      version += label.is_write() && label.location == event.label.location;
      if (w == event.rf) break;
    }
    return version;
  }

  // What a fetch's unit holds by then, if that is another version.
  std::string Staleness(EventId e) const {
    const Event& event = graph_.at(e);
    if (event.label.kind != Kind::kFetch) return {};
    EventId newest = event.rf;
    for (const EventId w : order_) {
      if (w == e) break;
      const Event& write = graph_.at(w);
      if (write.label.is_write() && write.label.location == event.label.location) newest = w;
    }
    if (newest == event.rf) return {};
    std::ostringstream text;
    text << ", stale: there is " << std::hex << std::uppercase << std::setw(2) << std::setfill('0')
         << graph_.at(newest).value;
    return text.str();
  }

  // Moves the use `e`, and what its thread does after it, behind the free.
  void UseAfterFree(EventId e, const std::vector<EventId>& marked) {
    if (IsSecondHalf(e)) --e.index;  // one operation
    const auto frees = [&](EventId x) { return graph_.at(x).label.kind == Kind::kFree; };
    if (frees(e) || std::none_of(marked.begin(), marked.end(), frees)) return;
    std::vector<EventId> order;
    for (const EventId x : order_)
      if (x.thread != e.thread || x.index < e.index) order.push_back(x);
    for (const EventId x : order_)
      if (x.thread == e.thread && x.index >= e.index) order.push_back(x);
    if (IsInterleaving(order)) order_ = std::move(order);
  }

  // The cycle that the axioms of sequential consistency find in what is shown.
  std::string WhyNoInterleaving() const {
    model::ExecutionGraph shown = graph_;
    shown.Restrict([&](EventId e) { return e.index < Shown(e.thread); });
    std::string why =
        "it is a weak-memory outcome, not sequentially schedulable: no order of its operations has "
        "each read take the newest write";
    for (const model::AxiomResult& axiom : model::Sc().check(shown)) {
      if (axiom.holds || axiom.witness.empty()) continue;
      why +=
          "; in any order each of these would have to come before the next, and the last before "
          "the first: ";
      std::string events;
      for (const EventId e : axiom.witness)
        if (!e.is_init()) events += (events.empty() ? "" : ", ") + Text(e);
      return why + events;
    }
    return why;
  }

  std::string Text(EventId e) const {
    const int number = trace_.NumberOf(e);
    std::string text = "e" + std::to_string(number) + " CPU" + std::to_string(e.thread) + ": ";
    const std::string& phrase = phrases_[At(number - 1)];
    text += phrase.substr(phrase.find_first_not_of(' ')) + Staleness(e);
    const model::Label& label = graph_.at(e).label;
    if (label.line == 0) return text;
    const char* const slash = std::strrchr(label.file, '/');
    return text + ", " + (slash == nullptr ? label.file : slash + 1) + ":" +
           std::to_string(label.line);
  }

  const model::ExecutionGraph& graph_;
  const model::Trace& trace_;
  const std::vector<std::string>& phrases_;
  std::vector<EventId> order_;
};

}  // namespace

Schedule MakeSchedule(const model::ExecutionGraph& g, const model::Trace& trace,
                      const std::vector<model::EventId>& marked,
                      const std::vector<std::string>& phrases,
                      const std::vector<std::string>& locations) {
  Schedule schedule = Maker(g, trace, phrases).Make(marked);
  schedule.locations = locations;
  return schedule;
}

}  // namespace heddle::ordered
