// Why could a read take an older value than the newest?
#include <algorithm>
#include <optional>
#include <set>

#include "model/explain/context.h"

namespace heddle::model {
namespace {

struct StaleRead {
  EventId read, newer;  // `newer` overwrote what `read` took
};

// The oldest shown write that is newer than what `e` read, unless e's value led to it.
std::optional<StaleRead> AsStale(const ExplainContext& c, const Relation& porf, EventId e) {
  const Event& event = c.g.at(e);
  if (!event.label.is_read()) return std::nullopt;
  const Location location = event.label.location;
  for (int p = c.g.mo_position(event.rf) + 1; p <= static_cast<int>(c.g.mo(location).size()); ++p) {
    const EventId newer = c.g.WriteAt(location, p);
    if (c.trace.NumberOf(newer) == 0) continue;
    if (porf.Has(c.index.number(e), c.index.number(newer))) return std::nullopt;
    return StaleRead{e, newer};
  }
  return std::nullopt;
}

// `cycle` ends with stale.read.
void ExplainStaleData(const ExplainContext& c, const StaleRead& stale,
                      const std::vector<EventId>& cycle, Explanation& explanation) {
  std::string head = c.text.Sentence(stale.read) + " misses " + c.text.Sentence(stale.newer);
  const bool store_buffers = c.model.name == "tso";
  if (!store_buffers) {
    head += ", which does not happen before it";
    explanation.missing.emplace_back(stale.newer, stale.read);
  }
  explanation.sentences.push_back(head + ".");
  if (store_buffers ||
      !ExplainMissingOrder(c, stale.newer, stale.read, "would forbid that", explanation))
    (void)ExplainCycle(c, cycle, explanation);
}

}  // namespace

void ExplainStaleFetch(const ExplainContext& c, EventId fetch, EventId newer,
                       Explanation& explanation) {
  EventId serialize = fetch;
  while (serialize.index >= 0 && c.g.at(serialize).label.kind != Kind::kSerialize)
    --serialize.index;
  std::string why;
  if (IsArm64(c.model)) {
    why = "what maintenance of caches " + std::string(c.model.name) +
          " asks for, and then a context synchronisation of CPU" + std::to_string(fetch.thread) +
          ", do not lead from the one to the other.";
    explanation.missing.emplace_back(newer, fetch);
  } else if (serialize.index < 0) {
    why = "CPU" + std::to_string(fetch.thread) + " has no serialising event before it.";
    explanation.missing.emplace_back(newer, fetch);
  } else {
    why = "CPU" + std::to_string(fetch.thread) + "'s last serialising event, " +
          c.text.Sentence(serialize) + ", is not ordered after " + c.text.Number(newer) + ".";
    explanation.missing.emplace_back(newer, serialize);
  }
  explanation.sentences.push_back(c.text.Sentence(fetch) + " may miss " + c.text.Sentence(newer) +
                                  ": " + why);
}

void ExplainStaleReads(const ExplainContext& c, int most, Explanation& explanation) {
  const Relation porf = Plus(c.index.Sb() | c.index.Rf());
  std::vector<StaleRead> first;  // reads that came before the newer write in some interleaving
  std::set<EventId> explained;   // events of cycles that have been explained
  int left = most;
  for (auto e = c.trace.events.rbegin(); e != c.trace.events.rend() && left > 0; ++e) {
    const auto stale = AsStale(c, porf, *e);
    if (!stale) continue;
    if (!c.order.Has(c.index.number(stale->newer), c.index.number(stale->read))) {
      first.push_back(*stale);
      continue;
    }
    if (c.g.at(*e).label.kind == Kind::kFetch) {
      ExplainStaleFetch(c, *e, stale->newer, explanation);
    } else {
      const auto cycle = ShortestBasePath(c, stale->newer, stale->read);
      if (std::ranges::all_of(cycle, [&](EventId x) { return explained.contains(x); })) continue;
      explained.insert(cycle.begin(), cycle.end());
      ExplainStaleData(c, *stale, cycle, explanation);
    }
    --left;
  }
  if (left < most) return;
  // Without a stale read, it may still be that no interleaving puts the writes in this order.
  const Verdict acyclic = Acyclic(c.base);
  if (!acyclic.holds) {
    std::vector<EventId> cycle;
    for (const int n : acyclic.witness) cycle.push_back(c.index.id(n));
    (void)ExplainCycle(c, cycle, explanation);
    return;
  }
  for (const StaleRead& stale : first) {
    if (left-- == 0) return;
    explanation.sentences.push_back(c.text.Sentence(stale.read) + " comes before " +
                                    c.text.Sentence(stale.newer) +
                                    ", which overwrites what it read.");
  }
}

}  // namespace heddle::model
