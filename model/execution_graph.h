// An execution graph: events with sb, rf, mo and rmw, plus the order in which the search added
// them.
//
// Not thread-safe.  Invariants:
//  1. A thread's events are numbered 0, 1, … in sb; stamps increase along sb.
//  2. Every read and fetch has an rf source of its own location that is in the graph (once SetRf
//  has
//     been called on it).
//  3. mo of a location lists its writes, the initial one left out; every write event is in it at
//     most once, at WriteAt's `mo_position` - 1 (the initial write is position 0).
//  4. `readers` of a location lists its reads and fetches, in no particular order.
//  5. A waiter stands for an awaiting read, next in its thread, that found no value it waits for.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "model/clock.h"
#include "model/event.h"

namespace heddle::model {

struct Event {
  Label label;
  EventId rf = kNoEvent;              ///< reads and fetches: where the value came from
  int mo_position = 0;                ///< writes: 1 … ; kept up to date; 0: not in mo
  Value value = 0;                    ///< read or chosen value; for writes, label.value
  std::uint32_t stamp = 0;            ///< order of addition; a revisited read keeps its own
  EventId first_reader = kNoEvent;    ///< writes: head of a list of those that read from it
  EventId next_reader = kNoEvent;     ///< reads and fetches: who else reads from `rf`
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
    return label.kind == Kind::kRead && label.rmw && RmwWrites(label, value);
  }
};

struct Waiter {
  ThreadId thread;
  std::uint32_t stamp;
  Label label;
};

/// What Delete removed, for Restore.
struct DeletedEvents {
  std::vector<EventId> ids;
  std::vector<Event> events;  // as they were, in order of `ids`
  std::vector<Waiter> waiters;
  std::uint32_t newest_stamp = 0;  // of the graph when they were deleted
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
  int location_count() const { return static_cast<int>(locations_.size()); }  ///< highest + 1
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
  const std::vector<EventId>& mo(Location location) const { return at_location(location).mo; }
  const std::vector<EventId>& readers(Location location) const {
    return at_location(location).readers;
  }
  /// One of those that read from `write`, of `location`, or kNoEvent; the others follow by
  /// Event::next_reader, in no particular order.
  EventId first_reader(Location location, EventId write) const {
    return write.is_init() ? at_location(location).first_reader_of_init : at(write).first_reader;
  }
  /// Whether `location` has a non-atomic access.
  bool has_plain_access(Location location) const { return at_location(location).plain > 0; }
  /// kFree and kDestroy events, of all allocations or of one.
  int end_count() const { return end_count_; }
  const std::vector<EventId>& ends(int allocation) const {
    static const std::vector<EventId> kNone;
    const auto i = static_cast<std::size_t>(allocation);
    return i < ends_.size() ? ends_[i] : kNone;
  }
  const std::vector<Waiter>& waiters() const { return waiters_; }
  bool IsWaiting(ThreadId t) const;

  /// 0 for the initial write.
  int mo_position(EventId w) const { return w.is_init() ? 0 : at(w).mo_position; }
  /// The write at `position` (0 = initial) of `location`.
  EventId WriteAt(Location location, int position) const {
    return position == 0 ? InitOf(location) : mo(location)[static_cast<std::size_t>(position - 1)];
  }
  EventId NewestWrite(Location location) const {
    return WriteAt(location, static_cast<int>(mo(location).size()));
  }
  Location location_of(EventId e) const { return e.is_init() ? e.index : at(e).label.location; }

  /// Appends an event to thread `t` (no rf, not in mo yet) and returns its identifier.
  EventId Append(ThreadId t, const Label& label);
  void SetRf(EventId read, EventId write, Value value);  ///< first time only
  void InsertMo(EventId write, int position);            ///< becomes position `position`, ≥ 1
  void RemoveMo(EventId write);
  /// Thread `t` waits; its last event, the unanswered read, becomes a waiter of the same stamp.
  void Wait(ThreadId t);
  void AddWaiter(const Waiter& waiter) { waiters_.push_back(waiter); }

  /// Removes every event with stamp > `stamp`; the next one added gets stamp + 1.
  void CutTo(std::uint32_t stamp);
  std::uint32_t last_stamp() const { return next_stamp_ - 1; }
  void RemoveLast(ThreadId t);  ///< the last event of `t`; nothing may depend on it
  /// Keeps only events for which keep(id) holds; they must be prefixes of their threads.
  template <typename Keep>
  void Restrict(Keep keep) {
    for (ThreadId t = 0; t < thread_count(); ++t)
      while (size(t) > 0 && !keep(IdOf(t, size(t) - 1))) RemoveLast(t);
  }
  /// Removes every event with stamp >= `from` that is not in `keep`, a (sb | rf)-prefix.
  void Delete(std::uint32_t from, const Clock& keep, DeletedEvents& deleted);
  /// Undoes Delete, once what was added since is gone.
  void Restore(const DeletedEvents& deleted);

  /// The smallest size that `t` has had since this was last called: so many of its first events
  /// are the same as then.
  int TakeSmallestSize(ThreadId t);

  /// 64-bit hash, equal (up to collisions) iff same events with the same values, rf and mo.  It
  /// does not depend on stamps, source positions or the order of addition.
  std::uint64_t Fingerprint() const;
  /// The same of sources, places and choices only, which for one program are the execution: it does
  /// not depend on values, which may be addresses.
  std::uint64_t Shape() const;

 private:
  struct PerLocation {
    std::vector<EventId> mo, readers;
    EventId first_reader_of_init = kNoEvent;
    int plain = 0;

    void Clear() {  // keeps the buffers
      mo.clear();
      readers.clear();
      first_reader_of_init = kNoEvent;
      plain = 0;
    }
  };
  void AddToIndex(EventId e, const Label& label);
  void AddReader(EventId read);
  void RemoveReader(EventId read);
  const PerLocation& at_location(Location l) const {
    static const PerLocation kNone;
    const auto i = static_cast<std::size_t>(l);
    return i < locations_.size() ? locations_[i] : kNone;
  }

  std::vector<std::vector<Event>> threads_;
  std::vector<int> smallest_size_;
  std::vector<PerLocation> locations_;
  std::vector<Waiter> waiters_;
  std::vector<std::vector<EventId>> ends_;  // by allocation
  std::vector<std::size_t> in_mo_;          // Restore's
  int end_count_ = 0;
  std::uint32_t next_stamp_ = 1;
};

}  // namespace heddle::model
