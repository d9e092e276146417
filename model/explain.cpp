#include "model/explain.h"

#include <algorithm>

#include "model/explain/context.h"
#include "model/explain/missing_order.h"

namespace heddle::model {
namespace {

constexpr int kMostEvents = 1000;

bool HappensBefore(const ExplainContext& c, EventId a, EventId b) {
  return c.hb.Has(c.index.number(a), c.index.number(b));
}

// "CPU1 last synchronised with CPU0 at e5: …"; nothing if it never has.
std::string LastKnown(const ExplainContext& c, EventId e, EventId other) {
  const auto last = LastSynchronisation(c.index, c.hb, c.g, e, other.thread);
  if (!last) return "";
  return "CPU" + std::to_string(e.thread) + " last synchronised with CPU" +
         std::to_string(other.thread) + " at " + c.text.Sentence(last->learner) +
         ", which is ordered after " + c.text.Sentence(last->known) + " but not after " +
         c.text.Number(other) + ".";
}

void ExplainLastSynchronisation(const ExplainContext& c, EventId a, EventId b,
                                Explanation& explanation) {
  const std::string of_b = LastKnown(c, b, a), of_a = LastKnown(c, a, b);
  if (of_a.empty() && of_b.empty())
    explanation.sentences.push_back("CPU" + std::to_string(a.thread) + " and CPU" +
                                    std::to_string(b.thread) +
                                    " have not synchronised before these events.");
  if (!of_b.empty()) explanation.sentences.push_back(of_b);
  if (!of_a.empty()) explanation.sentences.push_back(of_a);
}

// Two accesses of which neither happens before the other; or, with `one_way`, of which the first
// should.
void ExplainUnordered(const ExplainContext& c, EventId a, EventId b, bool one_way,
                      Explanation& explanation) {
  auto& sentences = explanation.sentences;
  const std::size_t head = sentences.size();
  sentences.emplace_back();
  const std::string would = "would order " + c.text.Number(a) + " and " + c.text.Number(b);
  bool either = false;
  explanation.missing.emplace_back(a, b);
  if (!ExplainMissingOrder(c, a, b, would, explanation) && !one_way) {
    if (ExplainMissingOrder(c, b, a, would, explanation)) {
      explanation.missing.back() = {b, a};
    } else {
      either = true;
      sentences.push_back("No chain of atomic reads leads from either of them to the other.");
    }
  } else if (one_way && explanation.weak.empty()) {
    sentences.push_back("No chain of atomic reads leads from " + c.text.Number(a) + " to " +
                        c.text.Number(b) + ".");
  }
  const auto [from, to] = explanation.missing.back();
  sentences[head] = "Missing under " + std::string(c.model.name) + ": " + c.text.Number(from) +
                    " happens-before " + c.text.Number(to) +
                    (either ? ", or the other way round." : ".");
  ExplainLastSynchronisation(c, from, to, explanation);
}

// Fetches `a` and `b` belong to one instruction: says so if one's byte was overwritten before the
// other's was written.
void ExplainTorn(const ExplainContext& c, EventId a, EventId b, Explanation& explanation) {
  const Relation porf = Plus(c.index.Sb() | c.index.Rf());
  for (const auto& [older, younger] : {std::pair(a, b), std::pair(b, a)}) {
    const EventId source = c.g.at(older).rf, late = c.g.at(younger).rf;
    const Location location = c.g.location_of(older);
    const int next = c.g.mo_position(source) + 1;
    if (late.is_init() || next > static_cast<int>(c.g.mo(location).size())) continue;
    const EventId by = c.g.WriteAt(location, next);
    if (by != late && !porf.Has(c.index.number(by), c.index.number(late))) continue;
    explanation.sentences.push_back("The byte that " + c.text.Number(older) +
                                    " took was overwritten by " + c.text.Sentence(by) + " before " +
                                    c.text.Sentence(late) + " wrote the one that " +
                                    c.text.Number(younger) + " took.");
    if (c.order.Has(c.index.number(by), c.index.number(older))) {
      ExplainStaleFetch(c, older, by, explanation);
    } else {
      explanation.sentences.push_back(c.text.Number(older) + " came before " + c.text.Number(by) +
                                      ": nothing kept CPU" + std::to_string(older.thread) +
                                      " out of the instruction while it changed.");
    }
    return;
  }
}

// The bytes that end with fetch `last` were decoded, and are no instruction.
void ExplainDecoded(const ExplainContext& c, EventId last, Explanation& explanation) {
  if (c.g.at(last).label.kind != Kind::kFetch) return;
  std::string bytes;
  const int count = static_cast<int>(c.g.at(last).label.value);
  for (int i = last.index - count; i <= last.index; ++i) {
    const EventId e{last.thread, static_cast<std::int16_t>(i)};
    const EventId source = c.g.at(e).rf;
    bytes += (bytes.empty() ? "" : ", ") + c.text.Name(c.g.location_of(e)) + " from " +
             (source.is_init() ? "the initial text" : c.text.Sentence(source));
  }
  explanation.sentences.push_back("CPU" + std::to_string(last.thread) + " decoded " + bytes + ".");
}

void ExplainDeadlock(const ExplainContext& c, const std::vector<EventId>& reads,
                     Explanation& explanation) {
  for (const EventId e : reads) {
    const Event& event = c.g.at(e);
    const bool again = std::any_of(reads.begin(), reads.end(), [&](EventId other) {
      return other.thread == e.thread && other.index > e.index &&
             c.g.location_of(other) == event.label.location;
    });
    if (again) continue;
    explanation.sentences.push_back(
        "CPU" + std::to_string(e.thread) + " waits on '" + c.text.Name(event.label.location) +
        "': " + c.text.Sentence(e) + " has read its last value, as " +
        (event.rf.is_init() ? "nobody writes it." : "every other CPU has ended or waits."));
  }
}

bool IsAccess(const ExplainContext& c, EventId e) {
  return c.g.at(e).label.is_read() || c.g.at(e).label.is_write();
}

}  // namespace

std::string Explanation::Text() const {
  std::string text;
  for (const std::string& sentence : sentences) text += sentence + "\n";
  return text;
}

Explanation Explain(const Program& program, const MemoryModel& model, const Violation& violation,
                    const Trace& trace, int most) {
  Explanation explanation;
  const ExecutionGraph& g = violation.graph;
  if (g.event_count() > kMostEvents || violation.kind == ErrorKind::kNondeterminism)
    return explanation;
  const ExplainContext c = MakeContext(program, model, g, trace);
  const auto& events = violation.events;
  if (violation.kind == ErrorKind::kDeadlock) {
    ExplainDeadlock(c, events, explanation);
  } else if (!events.empty() && violation.kind == ErrorKind::kTornInstruction) {
    if (events.size() == 2) ExplainTorn(c, events[0], events[1], explanation);
    if (explanation.sentences.empty()) {
      ExplainDecoded(c, events.back(), explanation);
      ExplainStaleReads(c, most, explanation);
    }
  } else if (events.size() == 2 && violation.kind == ErrorKind::kDataRace) {
    ExplainUnordered(c, events[0], events[1], false, explanation);
  } else if (events.size() == 2 && (violation.kind == ErrorKind::kUseAfterFree ||
                                    violation.kind == ErrorKind::kDoubleFree)) {
    const bool use_first = IsAccess(c, events[0]);
    const EventId use = events[use_first ? 0 : 1], free = events[use_first ? 1 : 0];
    if (HappensBefore(c, free, use)) {
      explanation.sentences.push_back(c.text.Sentence(free) + " happens before " +
                                      c.text.Sentence(use) + ".");
    } else {
      ExplainUnordered(c, use, free, violation.kind == ErrorKind::kUseAfterFree, explanation);
    }
  }
  if (explanation.sentences.empty()) ExplainStaleReads(c, most, explanation);
  return explanation;
}

}  // namespace heddle::model
