#include "model/search_tree.h"

#include <algorithm>

#include "model/revisits.h"

namespace heddle::model {

SearchTree::SearchTree(const Program& program, const MemoryModel& model)
    : program_(program), checker_(model.make_checker()), symmetry_(program) {
  g_.Reset(program.thread_count());
}

SearchPath SearchTree::Path() const {
  SearchPath path;
  for (std::size_t i = 0; i < branches_.size(); ++i) path.push_back(branches_[i].begun);
  return path;
}

bool SearchTree::MayHaveMore(std::size_t depth) const {
  if (!branches_[depth].IsExhausted()) return true;
  for (std::size_t i = 0; i < levels_.size(); ++i)
    if (levels_[i].depth == depth + 1 && levels_[i].next >= levels_[i].last) return true;
  return false;
}

EventId SearchTree::Append(ThreadId t, const Label& label) {
  const EventId e = g_.Append(t, label);
  checker_->OnAppend(g_, e);
  if (label.is_write()) checker_->OnComplete(g_, e);
  return e;
}

bool SearchTree::InOrder() {
  if (!symmetry_.any()) return true;
  set_aside_.clear();
  for (std::size_t i = 0; i < levels_.size(); ++i) set_aside_.push_back(&levels_[i].deleted);
  return symmetry_.InOrder(g_, set_aside_);
}

SearchTree::Branch& SearchTree::Open(EventId e) {
  Branch& b = branches_.Push();
  b.stamp = g_.at(e).stamp;
  b.begun = 0;
  b.thread = e.thread;
  b.label = g_.at(e).label;
  b.next = 0;
  b.last = 1;  // nowhere
  b.may_wait = false;
  b.revisits.clear();
  return b;
}

bool SearchTree::Extend(ThreadId t, const Label& label, bool others_can_move) {
  const EventId e = Append(t, label);
  if (!label.is_read() && !label.is_write() && label.kind != Kind::kChoice) {
    checker_->OnComplete(g_, e);
    fresh_.push_back(e);
    return IsGood(e);
  }
  Branch& b = Open(e);
  if (label.kind == Kind::kChoice) {
    b.last = static_cast<int>(label.value) - 1;
  } else {
    const int after = label.is_write() ? 1 : 0;
    const int newest = static_cast<int>(g_.mo(label.location).size());
    b.next = newest + after;
    // A plain access takes the newest write: if that is not hb-before it, it races.
    b.last = label.order == Order::kPlain ? b.next : checker_->FirstCoherent(g_, e) + after;
    if (label.of_written_once) b.last = b.next;
    b.may_wait = label.await && !label.of_written_once &&
                 (others_can_move ||
                  !label.await.Holds(ValueOf(program_, g_, g_.NewestWrite(label.location))));
    if (label.is_write() && label.order != Order::kPlain) FindRevisits(g_, e, b.revisits);
  }
  const Taken taken = TakeNext(e);
  if (branches_.Top().IsExhausted()) branches_.Pop();  // there was no choice
  return taken == Taken::kGraph;
}

// Is there an RMW right after the write before `place`?  Then nothing may go between the two.
bool SearchTree::SplitsRmw(Location location, int place) const {
  const auto& mo = g_.mo(location);
  return place <= static_cast<int>(mo.size()) &&
         g_.at(mo[static_cast<std::size_t>(place - 1)]).label.rmw;
}

// Gives `e`, appended and unanswered, the top branch's next consistent answer.
SearchTree::Taken SearchTree::TakeNext(EventId e) {
  for (;;) {
    Branch& b = branches_.Top();
    if (!b.HasForward()) break;
    if (b.label.kind == Kind::kChoice) {
      g_.at(e).value = static_cast<Value>(b.next++);
      checker_->OnComplete(g_, e);
      if (!InOrder()) continue;
      fresh_.push_back(e);
      ++b.begun;
      return Taken::kGraph;
    }
    const int place = b.next--;
    if (b.label.is_write()) {
      if (SplitsRmw(b.label.location, place)) continue;
      g_.InsertMo(e, place);
      const bool consistent = checker_->Consistent(g_, e);
      if (consistent && InOrder()) {
        fresh_.push_back(e);
        ++b.begun;
        return Taken::kGraph;
      }
      if (!consistent) b.next = b.last - 1;  // nor is any older place: see ConsistencyChecker
      g_.RemoveMo(e);
      continue;
    }
    const EventId w = g_.WriteAt(b.label.location, place);
    const Value value = ValueOf(program_, g_, w);
    if (b.label.await && !b.label.await.Holds(value)) continue;
    const std::size_t depth = branches_.size();
    g_.SetRf(e, w, value);
    checker_->OnComplete(g_, e);
    Taken taken = Taken::kNothing;
    if (!checker_->Consistent(g_, e)) {
      b.next = b.last - 1;  // nor is any older source
    } else if (InOrder()) {
      fresh_.push_back(e);
      taken = AddWriteHalf(e);
    }
    if (taken != Taken::kNothing) {
      branches_.At(depth - 1).begun++;
      return taken;
    }
    g_.CutTo(branches_.Top().stamp - 1);
    fresh_.clear();
    Append(e.thread, branches_.Top().label);
  }
  Branch& b = branches_.Top();
  if (!b.may_wait) return Taken::kNothing;
  b.may_wait = false;
  ++b.begun;
  g_.Wait(e.thread);
  return Taken::kGraph;
}

// If `read` is the reading half of an RMW, adds the writing half right after what it took.  If
// another RMW is there, all that the write can do is revisit that one's read.
SearchTree::Taken SearchTree::AddWriteHalf(EventId read) {
  if (!g_.at(read).is_exclusive_read()) return Taken::kGraph;
  const int place = g_.mo_position(g_.at(read).rf) + 1;
  const EventId a = Append(read.thread, WriteHalf(g_.at(read).label, g_.at(read).value));
  Branch& b = Open(a);
  FindRevisits(g_, a, b.revisits);
  const bool opened = !b.revisits.empty();
  if (!opened) branches_.Pop();
  if (!SplitsRmw(g_.at(a).label.location, place) && place > checker_->FirstCoherent(g_, a)) {
    g_.InsertMo(a, place);
    if (IsGood(a)) {
      fresh_.push_back(a);
      if (opened) ++b.begun;
      return Taken::kGraph;
    }
  }
  return opened ? Taken::kOpened : Taken::kNothing;
}

bool SearchTree::Advance() {
  fresh_.clear();
  while (branches_.size() > floor_) {
    if (levels_.size() > 0 && levels_.Top().depth == branches_.size()) {
      RetractRevisit();
      const std::size_t opened_by = branches_.size() - 1;
      const Taken taken = PlaceRevisit();
      if (taken != Taken::kNothing) branches_.At(opened_by).begun++;
      if (taken == Taken::kGraph) return true;
      fresh_.clear();
      continue;
    }
    const Branch& b = branches_.Top();
    if (b.IsExhausted()) {
      branches_.Pop();
      continue;
    }
    g_.CutTo(b.stamp - 1);
    const EventId e = Append(b.thread, b.label);
    const std::size_t depth = branches_.size();
    Taken taken;
    if (b.HasForward() || b.may_wait) {
      taken = TakeNext(e);
    } else {
      BeginRevisit(e);
      taken = PlaceRevisit();
      if (taken != Taken::kNothing) branches_.At(depth - 1).begun++;
    }
    if (taken == Taken::kGraph) return true;
    fresh_.clear();
  }
  return false;
}

// The top branch's write `a` takes the place of what its last revisitable read read.
void SearchTree::BeginRevisit(EventId a) {
  Branch& b = branches_.Top();
  const EventId r = b.revisits.back();
  b.revisits.pop_back();
  Level& level = levels_.Push();
  level.depth = branches_.size();
  level.write = a;
  level.write_stamp = b.stamp;
  level.read = r;
  if (g_.Contains(r)) {
    level.read_stamp = g_.at(r).stamp;
    level.read_label = g_.at(r).label;
  } else {
    const auto w = std::find_if(g_.waiters().begin(), g_.waiters().end(),
                                [&](const Waiter& x) { return x.thread == r.thread; });
    level.read_stamp = w->stamp;
    level.read_label = w->label;
  }
  Clock keep = g_.at(a).porf;
  keep.Add(a);
  g_.Delete(level.read_stamp, keep, level.deleted);
  const Label& write = g_.at(a).label;
  level.next = static_cast<int>(g_.mo(write.location).size()) + 1;
  level.last = checker_->FirstCoherent(g_, a) + 1;
  if (write.rmw) {
    const int place = g_.mo_position(g_.at(IdOf(a.thread, a.index - 1)).rf) + 1;
    const bool possible = place >= level.last && place <= level.next;
    level.next = level.last = place;
    if (!possible) level.next = place - 1;  // nowhere
  }
}

// Tries the places left for the top level's write; if none is left, undoes the level.
SearchTree::Taken SearchTree::PlaceRevisit() {
  Level& level = levels_.Top();
  const EventId a = level.write;
  while (level.next >= level.last) {
    const int place = level.next--;
    if (SplitsRmw(level.read_label.location, place)) continue;
    g_.InsertMo(a, place);
    if (!checker_->Consistent(g_, a)) {
      g_.RemoveMo(a);
      continue;
    }
    fresh_.push_back(a);
    ++revisits_;
    const EventId r = Append(level.read.thread, level.read_label);
    g_.at(r).stamp = level.read_stamp;
    if (checker_->FirstCoherent(g_, r) <= place) {
      g_.SetRf(r, a, g_.at(a).value);
      checker_->OnComplete(g_, r);
      if (IsGood(r)) {
        fresh_.push_back(r);
        const Taken taken = AddWriteHalf(r);
        if (taken != Taken::kNothing) return taken;
      }
    }
    fresh_.clear();
    RetractRevisit();
  }
  EndRevisit();
  return Taken::kNothing;
}

void SearchTree::EndRevisit() {
  g_.RemoveLast(levels_.Top().write.thread);
  g_.Restore(levels_.Top().deleted);
  levels_.Pop();
}

void SearchTree::Truncate(std::size_t depth) {
  while (levels_.size() > 0 && levels_.Top().depth > depth) {
    RetractRevisit();
    EndRevisit();
  }
  branches_.Truncate(depth);
}

// Back to where the top level's write has no place yet.
void SearchTree::RetractRevisit() {
  Level& level = levels_.Top();
  g_.CutTo(level.write_stamp);
  g_.RemoveLast(level.read.thread);
  g_.RemoveMo(level.write);
}

}  // namespace heddle::model
