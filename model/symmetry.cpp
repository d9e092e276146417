#include "model/symmetry.h"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace heddle::model {
namespace {

// less: the first is to come first; equivalent: they do not differ.
using Order3 = std::weak_ordering;

// Remembers what the oldest event says that needs only one of two events.
class FirstNeeded {
 public:
  FirstNeeded(EventId a, EventId b, std::uint32_t older_than) : a_(a), b_(b), oldest_(older_than) {}

  /// False: events that are younger than `e` can be left out.
  bool MayCount(const Event& e) const { return e.stamp <= oldest_; }
  /// Requires MayCount(e).  `stays(x)`: whether x, on which `e` depends, is the one in the graph.
  template <typename Stays>
  void Ask(const Event& e, Stays stays) {
    const bool needs_a = e.porf.Contains(a_), needs_b = e.porf.Contains(b_);
    if (needs_a == needs_b || !stays(needs_a ? a_ : b_)) return;
    oldest_ = e.stamp;
    result_ = needs_a ? Order3::less : Order3::greater;
  }
  Order3 result() const { return result_; }

 private:
  EventId a_, b_;
  std::uint32_t oldest_;
  Order3 result_ = Order3::equivalent;
};

Order3 NeededFirst(const ExecutionGraph& g, std::span<const DeletedEvents* const> set_aside,
                   EventId a, EventId b) {
  const std::uint32_t older = std::min(g.at(a).stamp, g.at(b).stamp);
  for (const DeletedEvents* deleted : set_aside) {
    FirstNeeded first(a, b, older);
    for (const Event& e : deleted->events)
      if (first.MayCount(e))
        first.Ask(e, [&](EventId x) { return g.at(x).stamp <= deleted->newest_stamp; });
    if (first.result() != Order3::equivalent) return first.result();
  }
  FirstNeeded first(a, b, older);
  for (ThreadId t = 0; t < g.thread_count(); ++t) {
    for (const Event& e : g.thread(t)) {
      if (!first.MayCount(e)) break;
      first.Ask(e, [](EventId) { return true; });
    }
  }
  return first.result();
}

// Of two operations that are the same, by what came of them.
Order3 ByEffect(const ExecutionGraph& g, const Event& a, const Event& b) {
  if (a.label.is_read()) {
    if (a.rf == b.rf) return Order3::equivalent;
    return g.mo_position(a.rf) <=> g.mo_position(b.rf);
  }
  if (a.label.is_write()) return a.mo_position <=> b.mo_position;
  if (a.label.kind == Kind::kChoice) return b.value <=> a.value;
  return Order3::equivalent;
}

// Whether alike threads may do the one where the other does the other.
bool AreAlike(const Program& program, const Label& a, Label b) {
  if (SameOperation(a, b)) return true;
  if (!(a.is_read() || a.is_write()) || !program.NamesThreads(a.location)) return false;
  b.value = a.value;
  b.expected = a.expected;
  return SameOperation(a, b);
}

}  // namespace

Symmetry::Symmetry(const Program& program) : program_(program) {
  for (ThreadId t = 0; t < program.thread_count(); ++t)
    for (ThreadId u = t + 1; u < program.thread_count(); ++u)
      if (program.AlikeAs(t) == program.AlikeAs(u)) pairs_.emplace_back(t, u);
}

bool Symmetry::InOrder(const ExecutionGraph& g,
                       std::span<const DeletedEvents* const> set_aside) const {
  return std::all_of(pairs_.begin(), pairs_.end(), [&](const auto& pair) {
    const auto [t, u] = pair;
    for (int i = 0; i < g.size(t) && i < g.size(u); ++i) {
      const EventId a = IdOf(t, i), b = IdOf(u, i);
      const Event &x = g.at(a), &y = g.at(b);
      if (!AreAlike(program_, x.label, y.label))
        throw std::invalid_argument(
            "threads " + std::to_string(t) + " and " + std::to_string(u) +
            " are said to be alike, but their operations number " + std::to_string(i) +
            " differ, if only in what they write (" + program_.LocationName(x.label.location) +
            " at line " + std::to_string(x.label.line) + ", " +
            program_.LocationName(y.label.location) + " at line " + std::to_string(y.label.line) +
            "); mend the scenario's kAlike or do without --symmetry");
      Order3 order = NeededFirst(g, set_aside, a, b);
      if (order == Order3::equivalent) {
        if (y.porf.Contains(a)) return true;
        order = ByEffect(g, x, y);
      }
      if (order != Order3::equivalent) return order == Order3::less;
    }
    return true;
  });
}

}  // namespace heddle::model
