#include "model/trace.h"

#include <algorithm>
#include <vector>

namespace heddle::model {
namespace {

EventId Id(int t, int i) { return {static_cast<std::int16_t>(t), static_cast<std::int16_t>(i)}; }

std::vector<EventId> InOrder(const ExecutionGraph& g) {
  std::vector<EventId> events;
  for (int t = 0; t < g.thread_count(); ++t)
    for (int i = 0; i < g.size(t); ++i) events.push_back(Id(t, i));
  std::sort(events.begin(), events.end(),
            [&](EventId a, EventId b) { return g.at(a).stamp < g.at(b).stamp; });
  return events;
}

std::string Number(const ExecutionGraph& g, EventId e) {
  return e.is_init() ? "init" : "e" + std::to_string(g.at(e).stamp);
}

const char* Name(Order order) {
  switch (order) {
    case Order::kPlain:
      return "plain";
    case Order::kRelaxed:
      return "rlx";
    case Order::kAcquire:
      return "acq";
    case Order::kRelease:
      return "rel";
    case Order::kAcqRel:
      return "acq_rel";
    case Order::kSeqCst:
      return "sc";
  }
  return "?";
}

// Small values as numbers; anything else (pointers, packed structures) in hexadecimal.
std::string Show(Value v) {
  if (v < 10'000) return std::to_string(v);
  if (v > ~Value{0} - 10'000) return "-" + std::to_string(~v + 1);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string s;
  for (; v != 0; v >>= 4) s.insert(s.begin(), kDigits[v & 15]);
  return "0x" + s;
}

std::string Byte(Value v) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  return {kDigits[(v >> 4) & 15], kDigits[v & 15]};
}

// "W rlx flag = 1", without the number.
std::string What(const Program& program, const ExecutionGraph& g, EventId id) {
  const Event& e = g.at(id);
  const std::string name = program.LocationName(e.label.location);
  const std::string order = Name(e.order());
  switch (e.label.kind) {
    case Kind::kRead: {
      const char* what = !e.label.rmw ? "R " : e.is_exclusive_read() ? "U " : "CAS fails ";
      return what + order + " " + name + " = " + Show(e.value) + " from " + Number(g, e.rf);
    }
    case Kind::kWrite:
      return (e.label.rmw ? "  -> W " : "W ") + order + " " + name + " = " + Show(e.value);
    case Kind::kFence:
      return "fence " + order;
    case Kind::kFetch:
      return "fetch " + name + " = " + Byte(e.value) + " from " + Number(g, e.rf);
    case Kind::kSerialize:
      return "serialise";
    case Kind::kChoice:
      return "choose " + Show(e.value) + " of " + Show(e.label.value);
    case Kind::kFree:
      return "free object " + std::to_string(e.label.location);
  }
  return "?";
}

std::string Place(const Label& l) {
  if (l.line == 0) return "";
  const std::string_view file = l.file;
  const std::size_t slash = file.rfind('/');
  return std::string(slash == std::string_view::npos ? file : file.substr(slash + 1)) + ":" +
         std::to_string(l.line);
}

// Who told `to`'s thread about `from`'s without synchronising: the last rf edge out of from's
// sb-successors into to's sb-predecessors, or nothing.
std::string FailedSynchronisation(const Program& program, const ExecutionGraph& g, EventId from,
                                  EventId to) {
  for (int i = to.index; i >= 0; --i) {
    const EventId r = Id(to.thread, i);
    const Event& read = g.at(r);
    if (!read.label.is_read() || read.rf.is_init() || read.rf.thread != from.thread ||
        read.rf.index < from.index || read.order() == Order::kPlain)
      continue;
    const Event& write = g.at(read.rf);
    std::string why;
    if (!AtLeastRelease(write.label.order)) why += Number(g, read.rf) + " is not a release";
    if (!AtLeastAcquire(read.order()))
      why += (why.empty() ? "" : " and ") + Number(g, r) + " is not an acquire";
    if (why.empty()) why = "neither is followed by the order that would be needed";
    return Number(g, r) + " (" + What(program, g, r) + ") reads from " + Number(g, read.rf) + " (" +
           What(program, g, read.rf) + ") but does not synchronise with it: " + why + ".\n";
  }
  return {};
}

// "nothing orders the newer write before the read": for the last reads that saw an older write.
std::string StaleReads(const Program& program, const ExecutionGraph& g, int most) {
  std::string text;
  auto events = InOrder(g);
  for (auto it = events.rbegin(); it != events.rend() && most > 0; ++it) {
    const Event& e = g.at(*it);
    if (!e.label.is_read()) continue;
    const int newer = g.mo_position(e.rf) + 1;
    if (newer > static_cast<int>(g.mo(e.label.location).size())) continue;
    const EventId w = g.WriteAt(e.label.location, newer);
    if (g.at(w).porf.Contains(*it)) continue;  // the write came later, for everybody
    text += Number(g, *it) + " (" + What(program, g, *it) + ") is older than " + Number(g, w) +
            " (" + What(program, g, w) + "): missing: " + Number(g, w) + " before ";
    if (e.label.kind != Kind::kFetch) {
      text += Number(g, *it) + ", by happens-before or a fence on both sides.\n";
    } else if (e.last_serialize >= 0) {
      text += "the last serialising event before the fetch, " +
              Number(g, Id(it->thread, e.last_serialize)) + ".\n";
    } else {
      text += "a serialising event of CPU" + std::to_string(it->thread) + " before the fetch.\n";
    }
    --most;
  }
  return text;
}

}  // namespace

std::string Describe(const Program& program, const ExecutionGraph& g, EventId e) {
  if (e.is_init()) return "init";
  return Number(g, e) + " " + What(program, g, e);
}

std::string FormatTrace(const Program& program, const ExecutionGraph& g,
                        const std::vector<EventId>& marked) {
  const auto events = InOrder(g);
  std::vector<std::size_t> width(static_cast<std::size_t>(g.thread_count()), 8);
  for (const EventId e : events) {
    auto& w = width[static_cast<std::size_t>(e.thread)];
    w = std::max(w, What(program, g, e).size() + 2);
  }
  std::string text = "  event ";
  for (std::size_t t = 0; t < width.size(); ++t) {
    const std::string head = "CPU" + std::to_string(t);
    text += head + std::string(width[t] - std::min(width[t], head.size()), ' ');
  }
  text += "where\n";
  for (const EventId e : events) {
    const bool mark = std::find(marked.begin(), marked.end(), e) != marked.end();
    std::string number = Number(g, e);
    number.resize(std::max<std::size_t>(number.size(), 5), ' ');
    std::string line = (mark ? "* " : "  ") + number + " ";
    for (std::size_t t = 0; t < width.size(); ++t) {
      std::string cell = static_cast<int>(t) == e.thread ? What(program, g, e) : "";
      cell.resize(width[t], ' ');
      line += cell;
    }
    line += Place(g.at(e).label);
    while (!line.empty() && line.back() == ' ') line.pop_back();
    text += line + "\n";
  }
  return text;
}

std::string ExplainMissingOrder(const Program& program, const MemoryModel& model,
                                const Violation& violation, int most) {
  const ExecutionGraph& g = violation.graph;
  if (violation.events.size() == 2 &&
      (violation.kind == ErrorKind::kDataRace || violation.kind == ErrorKind::kUseAfterFree)) {
    const EventId a = violation.events[0], b = violation.events[1];
    if (g.at(b).hb.Contains(a)) return {};
    const std::string there = FailedSynchronisation(program, g, a, b);
    const std::string back = FailedSynchronisation(program, g, b, a);
    std::string text = "Missing under " + std::string(model.name) + ": " + Number(g, a) +
                       " happens-before " + Number(g, b) + ", or the other way round.\n";
    if (there.empty() && back.empty())
      return text + "Neither thread reads anything that the other does after its access.\n";
    return text + there + back;
  }
  return StaleReads(program, g, most);
}

}  // namespace heddle::model
