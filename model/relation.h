// Relations over the events of one execution graph, with the algebra that memory models are written
// in: `r | s`, `r & s`, `r - s`, `r >> s` for the papers' r ∪ s, r ∩ s, r \ s and r ; s.
//
// A Relation is a bit matrix over the numbers that a GraphIndex gives to the graph's events.  Both
// are values: thread-safe as long as nobody writes to them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/execution_graph.h"

namespace heddle::model {

/// A set of pairs over {0 … size-1}.  The operators require operands of equal size.
class Relation {
 public:
  explicit Relation(int size = 0);

  int size() const { return size_; }
  bool Has(int a, int b) const { return (Row(a)[b / 64] >> (b % 64) & 1) != 0; }
  void Add(int a, int b) {
    Row(a)[b / 64] |= std::uint64_t{1} << (b % 64);
    is_set_ = is_set_ && a == b;
  }
  /// Calls f(b) for each b with (a, b) in the relation, in order.
  template <typename F>
  void ForEachOf(int a, F f) const {
    for (int w = 0; w < words_; ++w)
      for (std::uint64_t bits = Row(a)[w]; bits != 0; bits &= bits - 1)
        f(w * 64 + std::countr_zero(bits));
  }
  bool operator==(const Relation& r) const { return size_ == r.size_ && bits_ == r.bits_; }

  friend Relation operator|(Relation r, const Relation& s);
  friend Relation operator&(Relation r, const Relation& s);
  friend Relation operator-(Relation r, const Relation& s);
  friend Relation operator>>(const Relation& r, const Relation& s);
  friend Relation Plus(Relation r);

 private:
  std::uint64_t* Row(int a) { return bits_.data() + static_cast<std::ptrdiff_t>(a) * words_; }
  const std::uint64_t* Row(int a) const {
    return bits_.data() + static_cast<std::ptrdiff_t>(a) * words_;
  }

  int size_;
  int words_;           // per row
  bool is_set_ = true;  // known to have pairs (a, a) only, as [S] has: then ; is cheap
  std::vector<std::uint64_t> bits_;
};

Relation Id(int size);             ///< every element with itself
Relation Inv(const Relation& r);   ///< r^-1
Relation Opt(const Relation& r);   ///< r?
Relation Plus(Relation r);         ///< r^+
Relation Star(const Relation& r);  ///< r^*

/// Whether a constraint holds; if not, the elements of a violation, in order.
struct Verdict {
  bool holds = true;
  std::vector<int> witness;
};

bool IsAcyclic(const Relation& r);       ///< in time proportional to its pairs
Verdict Acyclic(const Relation& r);      ///< witness: a shortest cycle
Verdict Irreflexive(const Relation& r);  ///< witness: one element
/// r ; s is irreflexive.  Witness: {a, b} with r(a, b) and s(b, a), or {a} if a = b.
Verdict Irreflexive(const Relation& r, const Relation& s);
Verdict Empty(const Relation& r);  ///< witness: one pair

struct AxiomResult;  // in memory_model.h, which includes this header

/// Numbers a graph's events densely: first the initial write of each location that is accessed,
/// then thread by thread in sb.  Does not outlive the graph, which must not change meanwhile.
class GraphIndex {
 public:
  explicit GraphIndex(const ExecutionGraph& g);

  int size() const { return static_cast<int>(ids_.size()); }
  EventId id(int number) const { return ids_[static_cast<std::size_t>(number)]; }
  int number(EventId e) const;  ///< requires: an event of the graph or an initial write it uses
  /// Initial writes look like a plain write at mo position 0.
  const Event& event(int number) const { return *events_[static_cast<std::size_t>(number)]; }

  Relation Sb() const;   ///< transitive; initial writes come before all other events
  Relation Po() const;   ///< transitive; sb without initial writes
  Relation Rf() const;   ///< into data reads and instruction fetches
  Relation Mo() const;   ///< transitive; a location's initial write comes first
  Relation Rmw() const;  ///< from the reading to the writing half
  Relation Ser()
      const;  ///< from the last serialising event before an instruction fetch to the fetch
  /// Reflexive on data reads and writes.  An instruction fetch has no location here: it is exempt
  /// from every rule that speaks of one.
  Relation SameLocation() const;
  /// Reflexive on all events that name a location of memory, fetches and cache maintenance, too.
  Relation SameLine() const;
  /// From the events that an event depends on to that event.
  Relation DependsOn(std::uint16_t Dependencies::*in) const;
  /// [S]: the identity on the events that satisfy `predicate(const Event&)`.
  template <typename Predicate>
  Relation Where(Predicate predicate) const;

  /// The verdict in terms of events.
  AxiomResult Named(std::string_view axiom, const Verdict& verdict) const;

 private:
  /// Of the events whose label satisfies the predicate.
  template <typename Predicate>
  Relation SameLocationOf(Predicate predicate) const;

  std::vector<EventId> ids_;
  std::vector<const Event*> events_;
  std::vector<Event> initial_;
  std::vector<int> initial_number_;  // by location; -1: not accessed
  std::vector<int> thread_start_;    // number of each thread's first event; last: size()
  const ExecutionGraph& graph_;
};

template <typename Predicate>
Relation GraphIndex::Where(Predicate predicate) const {
  Relation r(size());
  for (int i = 0; i < size(); ++i)
    if (predicate(event(i))) r.Add(i, i);
  return r;
}

}  // namespace heddle::model
