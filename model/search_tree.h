// The tree of graphs that TruSt walks, as a cursor: one graph, extended event by event, and stepped
// to the next unexplored alternative.
//
// "Truly Stateless, Optimal Dynamic Partial Order Reduction" (Kokologiannakis, Marmanis, Gladstein,
// Vafeiadis, POPL 2022):
//   visit(G):  e = next event of the first runnable thread; none: G is complete (or blocked)
//     read e:   for each write w that e may take: visit(G + e, rf(e) = w)
//     write e:  for each place p in mo: visit(G + e at p)
//               for each read r of that location outside porf-prefix(e), with
//                 Deleted = { x : r <stamp x, x not in porf-prefix(e) }:
//               if each x in Deleted + {r} was added maximally:
//                 for each place p in mo: visit(G - Deleted, rf(r) = e, e at p)
//   x was added maximally, with Previous = { y : y <=stamp x } + porf-prefix(e), iff
//     no read of Previous takes x;  m = (x is a read ? rf(x) : x) is in Previous;
//     nothing of Previous is mo-after m;  a choice took its first alternative
//
// Three things a first attempt gets wrong: the revisited read keeps its stamp (else the search
// loops); two RMWs may for a moment read the same write, since the second one's write is what
// revisits the first one's read; and atomicity has to be checked again after each revisit.
//
// An awaiting read takes only values that it waits for.  All others count as one more source, the
// last: the thread waits, and the graph has a waiter instead of the read.  For such a read this is
// the alternative that counts as maximal, whatever else is there: it depends on nothing.  So a
// write with an awaited value revisits waiters, and never an awaiting read that has its value.
// (Were the newest write's value maximal where it is awaited, a failing write would have to turn
// reads into waiters, and two such writes would lead to the same graph.)  Waiting is not worth a
// visit if the newest write holds what is awaited and no other thread can move: whatever came later
// would come after this read.
//
// A read that awaits a location that is written once (`Label::of_written_once`: a thread's start or
// end) is added only when that write is in the graph, and takes it: the thread cannot move before.
// It needs neither a waiter nor a revisit, for which write it takes is no choice, and it counts as
// maximal by the ordinary rule.  Nothing is missed: what TruSt asks of the next event is that it
// depends only on the graph, as it does, and that there is one as long as some event of the graph
// aimed at is missing: the porf-first of these can always be added, since the write that it awaits
// is before it.  And nothing comes twice: the write is always older than the read, so what deletes
// the write deletes the read, and no revisit could have added the two the other way round.
//
// Forward alternatives cut the graph back to a stamp; a backward one (a Level) sets aside what it
// deletes, and puts it back when its subtree is done.  So memory is that of one execution and of
// what nested revisits have deleted.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/explorer.h"
#include "model/symmetry.h"

namespace heddle::model {

/// A copy goes its own way.
class SearchTree {
 public:
  SearchTree(const Program& program, const MemoryModel& model);

  ExecutionGraph& graph() { return g_; }
  const ExecutionGraph& graph() const { return g_; }
  /// Adds thread `t`'s next event with its first answer (the writing half of an RMW with it), and
  /// remembers the others.  False: no consistent way on; the graph is good for Advance only.
  /// `others_can_move`: whether, if `t` waits here, another thread can go on.
  bool Extend(ThreadId t, const Label& label, bool others_can_move);
  /// Moves to the next unexplored alternative above `floor()`; false if there is none.
  bool Advance();
  /// Events completed since this was last cleared: nobody has looked at them for errors yet.
  std::vector<EventId>& fresh() { return fresh_; }

  std::size_t depth() const { return branches_.size(); }
  SearchPath Path() const;
  /// How many alternatives of the open event at `depth` have been begun.
  std::uint32_t Begun(std::size_t depth) const { return branches_[depth].begun; }
  /// Forgets what is open below `depth` open events: the next Advance goes on from there.
  void Truncate(std::size_t depth);
  /// Alternatives of the first `floor` open events are not this search's.
  void set_floor(std::size_t floor) { floor_ = floor; }
  std::size_t floor() const { return floor_; }
  /// Whether the open event at `depth` may have alternatives left.
  bool MayHaveMore(std::size_t depth) const;
  std::uint64_t revisits() const { return revisits_; }

 private:
  // Alternatives left for the event with this stamp.
  struct Branch {
    std::uint32_t stamp = 0;
    std::uint32_t begun = 0;
    ThreadId thread = 0;
    Label label;
    int next = 0, last = 0;         // mo positions from next down to last; choices from next up
    bool may_wait = false;          // after these, the thread may wait
    std::vector<EventId> revisits;  // then, reads and waiters that this write may revisit

    bool HasForward() const { return label.kind == Kind::kChoice ? next <= last : next >= last; }
    bool IsExhausted() const { return !HasForward() && !may_wait && revisits.empty(); }
  };
  // A backward revisit in progress: `write` revisited `read`.
  struct Level {
    std::size_t depth;  // of its subtree's first open event
    EventId write, read;
    std::uint32_t write_stamp, read_stamp;
    Label read_label;
    int next, last;  // places left for the write, from next down to last
    DeletedEvents deleted;
  };
  // Keeps the buffers of what is popped.
  template <typename T>
  class ReusingStack {
   public:
    std::size_t size() const { return size_; }
    const T& operator[](std::size_t i) const { return items_[i]; }
    T& At(std::size_t i) { return items_[i]; }
    T& Push() {
      if (items_.size() == size_) items_.emplace_back();
      return items_[size_++];
    }
    T& Top() { return items_[size_ - 1]; }
    void Pop() { --size_; }
    void Truncate(std::size_t size) { size_ = size; }

   private:
    std::vector<T> items_;
    std::size_t size_ = 0;
  };
  // kOpened: no graph to go on with, but an open event on top, whose revisits are to be explored.
  enum class Taken { kNothing, kGraph, kOpened };

  EventId Append(ThreadId t, const Label& label);
  Branch& Open(EventId e);
  bool SplitsRmw(Location location, int place) const;
  Taken TakeNext(EventId e);
  Taken AddWriteHalf(EventId read);
  void BeginRevisit(EventId a);
  Taken PlaceRevisit();
  void RetractRevisit();
  void EndRevisit();
  bool InOrder();  // see symmetry.h
  bool IsGood(EventId e) { return checker_->Consistent(g_, e) && InOrder(); }

  const Program& program_;
  std::shared_ptr<const ConsistencyChecker> checker_;  // has no state
  Symmetry symmetry_;
  std::vector<const DeletedEvents*> set_aside_;  // by levels_; for InOrder only
  ExecutionGraph g_;
  ReusingStack<Branch> branches_;
  ReusingStack<Level> levels_;
  std::vector<EventId> fresh_;
  std::size_t floor_ = 0;
  std::uint64_t revisits_ = 0;
};

}  // namespace heddle::model
