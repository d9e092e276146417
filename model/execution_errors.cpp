#include "model/execution_errors.h"

#include <algorithm>

#include "model/event_text.h"

namespace heddle::model {
namespace {

bool IsAccess(const Label& l) { return l.is_read() || l.is_write(); }

std::string Where(const ExecutionGraph& g, EventId e) {
  const Event& event = g.at(e);
  return "thread " + std::to_string(e.thread) + "'s " +
         (event.label.is_write() ? "write" : "read") + " (event " + std::to_string(e.index) + ")";
}

std::optional<Violation> Race(const Program& program, const ExecutionGraph& g, EventId e) {
  const Event& event = g.at(e);
  if (!IsAccess(event.label) || !g.has_plain_access(event.label.location)) return std::nullopt;
  const auto races = [&](EventId x) {
    const Event& other = g.at(x);
    return x != e && IsAccess(other.label) &&
           (event.order() == Order::kPlain || other.order() == Order::kPlain) &&
           (event.label.is_write() || other.label.is_write()) && !event.hb.Contains(x) &&
           !other.hb.Contains(e);
  };
  for (const auto* list : {&g.mo(event.label.location), &g.readers(event.label.location)}) {
    const auto found = std::find_if(list->begin(), list->end(), races);
    if (found == list->end()) continue;
    return MakeViolation(ErrorKind::kDataRace,
                         "data race on '" + program.LocationName(event.label.location) +
                             "' between " + Where(g, *found) + " and " + Where(g, e) +
                             ": no happens-before path",
                         {*found, e}, event.label);
  }
  return std::nullopt;
}

std::string Sized(const ExecutionGraph& g, EventId e) {
  const Label& l = g.at(e).label;
  std::string text = Where(g, e) + " of " + std::to_string(l.bytes) + " bytes";
  if (l.line != 0) text += " at " + std::string(l.file) + ":" + std::to_string(l.line);
  return text;
}

// Any other access will do: the ones before `e` are of one size, or the error was found there.
std::optional<Violation> MixedSizes(const Program& program, const ExecutionGraph& g, EventId e) {
  const Label& l = g.at(e).label;
  if (!IsAccess(l)) return std::nullopt;
  for (const auto* list : {&g.mo(l.location), &g.readers(l.location)}) {
    const auto other = std::find_if(list->begin(), list->end(), [&](EventId x) { return x != e; });
    if (other == list->end() || g.at(*other).label.bytes == l.bytes) continue;
    return MakeViolation(ErrorKind::kMixedSizes,
                         "overlapping accesses of different size to '" +
                             program.LocationName(l.location) + "': " + Sized(g, *other) + " and " +
                             Sized(g, e) + "; access it in its full size, or give each part a cell",
                         {*other, e}, l);
  }
  return std::nullopt;
}

std::optional<Violation> Uninitialised(const Program& program, const ExecutionGraph& g, EventId e) {
  const Event& event = g.at(e);
  if (!event.label.is_read() || !event.rf.is_init() ||
      !program.StartsUninitialised(event.label.location))
    return std::nullopt;
  return MakeViolation(ErrorKind::kUninitialised,
                       "uninitialised read: thread " + std::to_string(e.thread) + " reads '" +
                           program.LocationName(event.label.location) +
                           "', which has not been written; store to it first, or give it an "
                           "initial value",
                       {e}, event.label);
}

// Two code units of one instruction are torn if they were never in memory together: what overwrote
// the older one is porf-before the younger one.
std::optional<Violation> Torn(const Program& program, const ExecutionGraph& g, EventId e) {
  const Event& event = g.at(e);
  if (event.label.kind != Kind::kFetch) return std::nullopt;
  const auto overwritten_before = [&](EventId older, EventId younger) {
    if (younger.is_init()) return false;
    const Location l = g.location_of(older);
    const int next = g.mo_position(older) + 1;
    if (next > static_cast<int>(g.mo(l).size())) return false;
    const EventId by = g.WriteAt(l, next);
    return by == younger || g.at(younger).porf.Contains(by);
  };
  for (int i = e.index - static_cast<int>(event.label.value); i < e.index; ++i) {
    const EventId x = IdOf(e.thread, i);
    const EventId a = g.at(x).rf, b = event.rf;
    if (!overwritten_before(a, b) && !overwritten_before(b, a)) continue;
    return MakeViolation(ErrorKind::kTornInstruction,
                         "torn instruction: thread " + std::to_string(e.thread) + " decoded '" +
                             program.LocationName(g.location_of(x)) + "' and '" +
                             program.LocationName(event.label.location) +
                             "' from different versions that were never in memory together",
                         {x, e}, event.label);
  }
  return std::nullopt;
}

// A fetch and a write of one instruction that nothing orders, neither way.
std::optional<Violation> Modified(const Program& program, const MemoryModel& model,
                                  const ExecutionGraph& g, EventId e) {
  const Label& l = g.at(e).label;
  if (model.modification_order == nullptr || !IsAccess(l)) return std::nullopt;
  const auto race = [&](EventId fetch, EventId write) -> std::optional<Violation> {
    const Event& f = g.at(fetch);
    const Event& w = g.at(write);
    if (f.label.kind != Kind::kFetch || f.rf == write || program.IsSafeToModify(f.value, w.value))
      return std::nullopt;
    const auto show = [&](Value v) {
      const std::string text = program.InstructionText(l.location, {v});
      return text.empty() ? Show(v) : Show(v) + " (" + text + ")";
    };
    const GraphIndex index(g);
    const Relation order = model.modification_order(g);
    const int a = index.number(fetch), b = index.number(write);
    if (order.Has(a, b) || order.Has(b, a)) return std::nullopt;
    return MakeViolation(
        ErrorKind::kConstrainedUnpredictable,
        "constrained unpredictable: thread " + std::to_string(fetch.thread) + " fetches " +
            show(f.value) + " at '" + program.LocationName(l.location) + "' while thread " +
            std::to_string(write.thread) + " may write " + show(w.value) +
            " there: nothing orders the two, and not every CPU that runs such a mix executes one "
            "or "
            "the other; write B, BL, BRK or NOP over one of these, or keep CPUs out meanwhile",
        {fetch, write}, l);
  };
  const bool fetch = l.kind == Kind::kFetch;
  for (const EventId x : fetch ? g.mo(l.location) : g.readers(l.location)) {
    if (!fetch && !l.is_write()) break;
    if (auto violation = fetch ? race(e, x) : race(x, e)) return violation;
  }
  return std::nullopt;
}

// By its first cell: an object has no name of its own.
std::string NameOfAllocation(const Program& program, const ExecutionGraph& g, int allocation) {
  for (Location l = 0; l < g.location_count(); ++l) {
    const bool used = !g.mo(l).empty() || !g.readers(l).empty();
    if (used && program.AllocationOf(l) == allocation)
      return "object with '" + program.LocationName(l) + "'";
  }
  return "object";
}

Violation DoubleFree(const Program& program, const ExecutionGraph& g, EventId e, EventId earlier) {
  const Label& l = g.at(e).label;
  return MakeViolation(ErrorKind::kDoubleFree,
                       NameOfAllocation(program, g, l.location) + " is freed twice, by thread " +
                           std::to_string(earlier.thread) + " and by thread " +
                           std::to_string(e.thread),
                       {earlier, e}, l);
}

std::optional<Violation> UseAfterFree(const Program& program, const ExecutionGraph& g, EventId e) {
  const Event& event = g.at(e);
  for (const EventId x : g.ends(program.AllocationOf(event.label.location))) {
    if (g.at(x).label.kind != Kind::kFree) continue;  // a destructor may wait for other threads
    return MakeViolation(
        ErrorKind::kUseAfterFree,
        "use of '" + program.LocationName(event.label.location) + "' by thread " +
            std::to_string(e.thread) + " after thread " + std::to_string(x.thread) +
            " has freed it" +
            (event.hb.Contains(x) ? "" : ": the free is not ordered after the use"),
        {x, e}, event.label);
  }
  return std::nullopt;
}

std::optional<Violation> FreeBeforeUse(const Program& program, const ExecutionGraph& g, EventId e) {
  const Event& event = g.at(e);
  for (const Location l : program.LocationsOf(event.label.location)) {
    for (const auto* list : {&g.mo(l), &g.readers(l)}) {
      const auto x = std::find_if(list->begin(), list->end(),
                                  [&](EventId use) { return !event.hb.Contains(use); });
      if (x == list->end()) continue;
      return MakeViolation(ErrorKind::kUseAfterFree,
                           "object with '" + program.LocationName(l) + "' is freed by thread " +
                               std::to_string(e.thread) + " while thread " +
                               std::to_string(x->thread) +
                               " may still use it: no happens-before path from the use to the free",
                           {*x, e}, event.label);
    }
  }
  return std::nullopt;
}

std::optional<Violation> Lifetime(const Program& program, const ExecutionGraph& g, EventId e) {
  if (g.end_count() == 0) return std::nullopt;
  const Label& l = g.at(e).label;
  if (IsAccess(l)) {
    return program.AllocationOf(l.location) < 0 ? std::nullopt : UseAfterFree(program, g, e);
  }
  if (l.ends_allocation()) {
    for (const EventId x : g.ends(l.location))
      if (x != e && g.at(x).label.ends_allocation()) return DoubleFree(program, g, e, x);
  }
  return l.kind == Kind::kFree ? FreeBeforeUse(program, g, e) : std::nullopt;
}

}  // namespace

Violation MakeViolation(ErrorKind kind, std::string message, std::vector<EventId> events,
                        const Label& at) {
  Violation v;
  v.kind = kind;
  v.message = std::move(message);
  v.events = std::move(events);
  v.file = at.file;
  v.line = at.line;
  return v;
}

std::optional<Violation> ErrorOf(const Program& program, const MemoryModel& model,
                                 const ExecutionGraph& g, EventId e) {
  if (auto mixed = MixedSizes(program, g, e)) return mixed;
  if (auto race = Race(program, g, e)) return race;
  if (auto uninitialised = Uninitialised(program, g, e)) return uninitialised;
  if (auto torn = Torn(program, g, e)) return torn;
  if (auto modified = Modified(program, model, g, e)) return modified;
  return Lifetime(program, g, e);
}

}  // namespace heddle::model
