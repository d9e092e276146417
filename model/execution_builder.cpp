#include "model/execution_builder.h"

#include <algorithm>

namespace heddle::model {
namespace {

std::size_t At(int i) { return static_cast<std::size_t>(i); }

EventId Id(int t, int i) { return {static_cast<std::int16_t>(t), static_cast<std::int16_t>(i)}; }

Violation Make(ErrorKind kind, std::string message, std::vector<EventId> events, const Label& at) {
  Violation v;
  v.kind = kind;
  v.message = std::move(message);
  v.events = std::move(events);
  v.file = at.file;
  v.line = at.line;
  return v;
}

bool IsAccess(const Label& l) { return l.is_read() || l.is_write(); }

}  // namespace

void ExecutionBuilder::Peek(ThreadId t) {
  if (states_[At(t)] != State::kUnknown) return;
  steps_[At(t)] = program_.Next(t);
  switch (steps_[At(t)].kind) {
    case Step::Kind::kOperation:
      states_[At(t)] = State::kReady;
      break;
    case Step::Kind::kFinished:
      states_[At(t)] = State::kFinished;
      break;
    case Step::Kind::kBlocked:
      states_[At(t)] = State::kBlocked;
      break;
    case Step::Kind::kError:
      states_[At(t)] = State::kError;
      error_thread_ = t;
      break;
  }
}

std::optional<Violation> ExecutionBuilder::Replay(const ExecutionGraph& g) {
  const int threads = g.thread_count();
  program_.Restart();
  steps_.resize(At(threads));
  states_.assign(At(threads), State::kUnknown);
  replayed_.assign(At(threads), 0);
  error_thread_ = -1;
  int left = g.event_count();
  while (left > 0) {
    bool progress = false;
    for (ThreadId t = 0; t < threads; ++t) {
      while (replayed_[At(t)] < g.size(t)) {
        const EventId id = Id(t, replayed_[At(t)]);
        const Event& e = g.at(id);
        if (e.label.is_read() && !e.rf.is_init() && e.rf.index >= replayed_[At(e.rf.thread)]) break;
        Peek(t);
        const Step& step = steps_[At(t)];
        if (step.kind != Step::Kind::kOperation || !SameOperation(step.label, e.label)) {
          return Make(ErrorKind::kNondeterminism,
                      "nondeterministic test: replaying event " + std::to_string(id.index) +
                          " of thread " + std::to_string(t) +
                          ", the thread did something else with the same values read; it may "
                          "depend on nothing but its reads and choices (no time, address, random "
                          "number or global left over from an earlier run)",
                      {id}, e.label);
        }
        ++replayed_[At(t)];
        --left;
        progress = true;
        Reply(g, id);
      }
    }
    if (!progress) break;  // cannot happen: sb | rf is acyclic
  }
  return std::nullopt;
}

void ExecutionBuilder::Reply(const ExecutionGraph& g, EventId e) {
  const Event& event = g.at(e);
  states_[At(e.thread)] = State::kUnknown;
  program_.Reply(e.thread, event.value);
}

ThreadId ExecutionBuilder::NextThread(const ExecutionGraph& g) {
  for (ThreadId t = 0; t < g.thread_count(); ++t) {
    if (g.size(t) == 0 || !g.at(Id(t, g.size(t) - 1)).is_exclusive_read()) continue;
    Peek(t);
    return states_[At(t)] == State::kReady ? t : -1;
  }
  for (ThreadId t = 0; t < g.thread_count(); ++t) {
    Peek(t);
    if (states_[At(t)] == State::kError) return -1;
    if (states_[At(t)] == State::kReady) return t;
  }
  return -1;
}

bool ExecutionBuilder::AnyBlocked() const {
  return std::find(states_.begin(), states_.end(), State::kBlocked) != states_.end();
}

std::optional<Violation> ExecutionBuilder::Deadlock(const ExecutionGraph& g) const {
  std::string waiting;
  std::vector<EventId> events;
  const Label* where = nullptr;
  for (ThreadId t = 0; t < g.thread_count(); ++t) {
    if (states_[At(t)] != State::kBlocked) continue;
    const Step& step = steps_[At(t)];
    for (int i = g.size(t) - static_cast<int>(step.label.value); i < g.size(t); ++i) {
      const Event& e = g.at(Id(t, i));
      if (!e.label.is_read()) continue;
      events.push_back(Id(t, i));
      const auto newest = static_cast<int>(g.mo(e.label.location).size());
      if (g.mo_position(e.rf) != newest) return std::nullopt;
    }
    waiting += (waiting.empty() ? "thread " : "; thread ") + std::to_string(t) + " waits for " +
               step.message;
    where = &step.label;
  }
  if (where == nullptr) return std::nullopt;
  return Make(ErrorKind::kDeadlock, waiting + ", and no write can make it true", events, *where);
}

Violation ExecutionBuilder::FromStep(const Step& step) const {
  return Make(step.error, step.message, {}, step.label);
}

std::string ExecutionBuilder::Where(const ExecutionGraph& g, EventId e) const {
  const Event& event = g.at(e);
  return "thread " + std::to_string(e.thread) + "'s " +
         (event.label.is_write() ? "write" : "read") + " (event " + std::to_string(e.index) + ")";
}

std::optional<Violation> ExecutionBuilder::Errors(const ExecutionGraph& g, EventId e) const {
  if (auto race = Race(g, e)) return race;
  if (auto torn = Torn(g, e)) return torn;
  return Lifetime(g, e);
}

std::optional<Violation> ExecutionBuilder::Race(const ExecutionGraph& g, EventId e) const {
  const Event& event = g.at(e);
  if (!IsAccess(event.label)) return std::nullopt;
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
    return Make(ErrorKind::kDataRace,
                "data race on '" + program_.LocationName(event.label.location) + "' between " +
                    Where(g, *found) + " and " + Where(g, e) + ": no happens-before path",
                {*found, e}, event.label);
  }
  return std::nullopt;
}

// Two code units of one instruction are torn if they were never in memory together: what overwrote
// the older one is porf-before the younger one.
std::optional<Violation> ExecutionBuilder::Torn(const ExecutionGraph& g, EventId e) const {
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
    const EventId x = Id(e.thread, i);
    const EventId a = g.at(x).rf, b = event.rf;
    if (!overwritten_before(a, b) && !overwritten_before(b, a)) continue;
    return Make(ErrorKind::kTornInstruction,
                "torn instruction: thread " + std::to_string(e.thread) + " decoded '" +
                    program_.LocationName(g.location_of(x)) + "' and '" +
                    program_.LocationName(event.label.location) +
                    "' from different versions that were never in memory together",
                {x, e}, event.label);
  }
  return std::nullopt;
}

std::optional<Violation> ExecutionBuilder::Lifetime(const ExecutionGraph& g, EventId e) const {
  const Event& event = g.at(e);
  const bool is_free = event.label.kind == Kind::kFree;
  const bool is_access = event.label.is_read() || event.label.is_write();
  const int allocation = is_free     ? event.label.location
                         : is_access ? program_.AllocationOf(event.label.location)
                                     : -1;
  if (allocation < 0) return std::nullopt;
  for (ThreadId t = 0; t < g.thread_count(); ++t) {
    for (int i = 0; i < g.size(t); ++i) {
      const EventId x = Id(t, i);
      const Event& other = g.at(x);
      if (x == e) continue;
      const bool other_free = other.label.kind == Kind::kFree;
      if (other_free && other.label.location == allocation) {
        if (is_free) return Make(ErrorKind::kDoubleFree, "object freed twice", {x, e}, event.label);
        return Make(ErrorKind::kUseAfterFree,
                    "use of '" + program_.LocationName(event.label.location) + "' by thread " +
                        std::to_string(e.thread) + " after thread " + std::to_string(t) +
                        " has freed it" +
                        (event.hb.Contains(x) ? "" : ": the free is not ordered after the use"),
                    {x, e}, event.label);
      }
      if (is_free && (other.label.is_read() || other.label.is_write()) &&
          program_.AllocationOf(other.label.location) == allocation && !event.hb.Contains(x)) {
        return Make(ErrorKind::kUseAfterFree,
                    "object with '" + program_.LocationName(other.label.location) +
                        "' is freed by thread " + std::to_string(e.thread) + " while thread " +
                        std::to_string(t) +
                        " may still use it: no happens-before path from the use to the free",
                    {x, e}, event.label);
      }
    }
  }
  return std::nullopt;
}

const char* Name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNone:
      return "none";
    case ErrorKind::kDataRace:
      return "data race";
    case ErrorKind::kCheckFailed:
      return "check failed";
    case ErrorKind::kUseAfterFree:
      return "use after free";
    case ErrorKind::kDoubleFree:
      return "double free";
    case ErrorKind::kDeadlock:
      return "deadlock";
    case ErrorKind::kTornInstruction:
      return "torn instruction";
    case ErrorKind::kIllegalInstruction:
      return "illegal instruction";
    case ErrorKind::kUnhandledTrap:
      return "unhandled trap";
    case ErrorKind::kForbiddenOutcome:
      return "forbidden outcome";
    case ErrorKind::kUninitialised:
      return "uninitialised read";
    case ErrorKind::kNondeterminism:
      return "nondeterministic test";
    case ErrorKind::kTooLarge:
      return "bound exceeded";
  }
  return "?";
}

}  // namespace heddle::model
