#include "cli/page/trace_arrows.h"

#include <algorithm>

#include "model/relation.h"

namespace heddle::cli {
namespace {

using model::EventId;

// As for explanations (model/explain.h): beyond, happens-before takes too long.
constexpr int kMostEvents = 1000;

// Pairs of different threads that happen before each other with no shown event between.
std::vector<std::pair<EventId, EventId>> Handovers(const ReportedGraph& shown,
                                                   const model::MemoryModel& model) {
  std::vector<std::pair<EventId, EventId>> pairs;
  const auto& events = shown.trace.events;
  if (shown.graph.event_count() > kMostEvents) return pairs;
  const model::GraphIndex index(shown.graph);
  const model::Relation hb = model.happens_before(shown.graph);
  const int count = static_cast<int>(events.size());
  const auto event = [&](int i) { return events[static_cast<std::size_t>(i)]; };
  model::Relation before(count);
  for (int a = 0; a < count; ++a)
    for (int b = 0; b < count; ++b)
      if (hb.Has(index.number(event(a)), index.number(event(b)))) before.Add(a, b);
  const model::Relation next = before - (before >> before);
  for (int a = 0; a < count; ++a)
    next.ForEachOf(a, [&](int b) {
      if (event(a).thread != event(b).thread) pairs.emplace_back(event(a), event(b));
    });
  return pairs;
}

}  // namespace

std::vector<Arrow> ArrowsOf(const ReportedGraph& shown, const model::MemoryModel& model) {
  using enum Arrow::Kind;
  std::vector<Arrow> arrows;
  auto handovers = Handovers(shown, model);
  const auto& weak = shown.explanation.weak;
  for (const EventId e : shown.trace.events) {
    const model::Event& event = shown.graph.at(e);
    if (!event.label.is_read() || shown.trace.NumberOf(event.rf) == 0) continue;
    const std::pair edge(event.rf, e);
    Arrow::Kind kind = std::ranges::count(weak, edge) != 0 ? kNoOrder : kReadsFrom;
    if (std::erase(handovers, edge) != 0 && kind == kReadsFrom) kind = kSynchronises;
    arrows.push_back({event.rf, e, kind});
  }
  for (const auto& [from, to] : handovers) arrows.push_back({from, to, kHappensBefore});
  for (const auto& [from, to] : shown.explanation.missing)
    if (shown.trace.NumberOf(from) != 0 && shown.trace.NumberOf(to) != 0)
      arrows.push_back({from, to, kMissing});
  return arrows;
}

}  // namespace heddle::cli
