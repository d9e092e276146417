// An execution graph: events with sb, rf, mo and rmw, plus the order in which the search added
// them.
//
// Not thread-safe.  Invariants:
//  1. A thread's events are numbered 0, 1, … in sb; stamps increase along sb.
//  2. Every read and fetch has an rf source of its own location that is in the graph.
//  3. mo of a location lists its writes, the initial one left out; every write event is in it once,
//     at WriteAt's `mo_position` - 1 (the initial write is position 0).
//  4. `readers` of a location lists its reads and fetches, in no particular order.
#pragma once

#include <string>
#include <vector>

#include "model/clock.h"
#include "model/event.h"

namespace heddle::model {

struct Event {
  Label label;
  EventId rf;                         ///< reads and fetches: where the value came from
  Value value = 0;                    ///< read or chosen value; for writes, label.value
  int mo_position = 0;                ///< writes: 1 … ; kept up to date on insertion
  std::uint32_t stamp = 0;            ///< order of addition; a revisited read keeps its own
  std::int16_t last_serialize = -1;   ///< index of the last kSerialize sb-before this event, or -1
  std::int16_t last_full_fence = -1;  ///< used by x86-TSO: last event sb-before that drains stores

  // Clocks, filled by the consistency checker: strict prefixes (the event itself excluded) except
  // where said.
  Clock porf;           ///< (sb | rf)+ predecessors
  Clock hb;             ///< hb predecessors; for sc and tso (sb | rf of atomic reads)+
  Clock message;        ///< writes: what an acquire reading from this synchronises with
  Clock pending;        ///< rc11: what the next acquire fence of this thread will synchronise with
  Clock fence_release;  ///< rc11: hb prefix and event of the thread's last release fence

  /// The order that counts once the value is known: a failed CAS has its failure order.
  Order order() const { return label.cas && value != label.expected ? label.failure : label.order; }
  /// The read half of an RMW whose write half follows (not so for a CAS that failed).
  bool is_exclusive_read() const {
    return label.kind == Kind::kRead && label.rmw && !(label.cas && value != label.expected);
  }
};

class ExecutionGraph {
 public:
  explicit ExecutionGraph(int threads = 0) { Reset(threads); }
  void Reset(int threads);

  int thread_count() const { return static_cast<int>(threads_.size()); }
  int size(ThreadId t) const {
    return static_cast<int>(threads_[static_cast<std::size_t>(t)].size());
  }
  int event_count() const;
  int location_count() const { return static_cast<int>(mo_.size()); }  ///< highest location + 1
  bool Contains(EventId e) const { return e.is_init() || e.index < size(e.thread); }

  const Event& at(EventId e) const {
    return threads_[static_cast<std::size_t>(e.thread)][static_cast<std::size_t>(e.index)];
  }
  Event& at(EventId e) {
    return threads_[static_cast<std::size_t>(e.thread)][static_cast<std::size_t>(e.index)];
  }
  const std::vector<Event>& thread(ThreadId t) const {
    return threads_[static_cast<std::size_t>(t)];
  }

  /// Writes of `location` in modification order, without the initial one.
  const std::vector<EventId>& mo(Location location) const;
  const std::vector<EventId>& readers(Location location) const;
  /// 0 for the initial write.
  int mo_position(EventId w) const { return w.is_init() ? 0 : at(w).mo_position; }
  /// The write at `position` (0 = initial) of `location`.
  EventId WriteAt(Location location, int position) const;
  Location location_of(EventId e) const { return e.is_init() ? e.index : at(e).label.location; }

  /// Appends an event to thread `t` (no rf, not in mo yet) and returns its identifier.
  EventId Append(ThreadId t, const Label& label);
  void SetRf(EventId read, EventId write, Value value);  ///< first time only
  void InsertMo(EventId write, int position);            ///< becomes position `position`, ≥ 1

  /// Removes every event with stamp > `stamp`; the next one added gets stamp + 1.
  void CutTo(std::uint32_t stamp);
  std::uint32_t last_stamp() const { return next_stamp_ - 1; }
  /// Keeps only events for which keep(id) holds; they must be prefixes of their threads.
  template <typename Keep>
  void Restrict(Keep keep);

  /// 64-bit hash, equal (up to collisions) iff same events with the same values, rf and mo.  It
  /// does not depend on stamps, source positions or the order of addition.
  std::uint64_t Fingerprint() const;

 private:
  void Grow(Location location);
  void RemoveGone();  // drops events beyond their thread's new size from mo_ and readers_

  std::vector<std::vector<Event>> threads_;
  std::vector<std::vector<EventId>> mo_, readers_;
  std::uint32_t next_stamp_ = 1;
};

template <typename Keep>
void ExecutionGraph::Restrict(Keep keep) {
  for (int t = 0; t < thread_count(); ++t) {
    auto& events = threads_[static_cast<std::size_t>(t)];
    std::size_t n = 0;
    while (n < events.size() &&
           keep(EventId{static_cast<std::int16_t>(t), static_cast<std::int16_t>(n)}))
      ++n;
    events.resize(n);
  }
  RemoveGone();
}

}  // namespace heddle::model
