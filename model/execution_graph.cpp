#include "model/execution_graph.h"

#include <algorithm>

#include "model/random.h"

namespace heddle::model {
namespace {

std::size_t At(int i) { return static_cast<std::size_t>(i); }

bool IsAccess(const Label& l) { return l.is_read() || l.is_write(); }
bool IsEnd(const Label& l) { return l.kind == Kind::kFree || l.kind == Kind::kDestroy; }

std::uint64_t Code(EventId e) {
  return (static_cast<std::uint64_t>(static_cast<std::uint16_t>(e.thread)) << 16) |
         static_cast<std::uint16_t>(e.index);
}

}  // namespace

void ExecutionGraph::Reset(int threads) {
  threads_.resize(At(threads));
  for (auto& events : threads_) events.clear();
  smallest_size_.assign(At(threads), 0);
  for (auto& l : locations_) l.Clear();
  waiters_.clear();
  for (auto& ends : ends_) ends.clear();
  end_count_ = 0;
  next_stamp_ = 1;
}

int ExecutionGraph::event_count() const {
  std::size_t n = 0;
  for (const auto& events : threads_) n += events.size();
  return static_cast<int>(n);
}

bool ExecutionGraph::IsWaiting(ThreadId t) const {
  return std::any_of(waiters_.begin(), waiters_.end(),
                     [&](const Waiter& w) { return w.thread == t; });
}

void ExecutionGraph::AddToIndex(EventId e, const Label& label) {
  const std::size_t l = At(label.location);
  if (IsAccess(label)) {
    if (l >= locations_.size()) locations_.resize(l + 1);
    if (label.order == Order::kPlain) ++locations_[l].plain;
  } else if (IsEnd(label)) {
    if (l >= ends_.size()) ends_.resize(l + 1);
    ends_[l].push_back(e);
    ++end_count_;
  }
}

EventId ExecutionGraph::Append(ThreadId t, const Label& label) {
  auto& events = threads_[At(t)];
  const EventId id = IdOf(t, static_cast<int>(events.size()));
  Event& e = events.emplace_back();
  e.label = label;
  e.stamp = next_stamp_++;
  if (label.is_write()) e.value = label.value;
  if (id.index > 0) {
    const Event& before = events[At(id.index - 1)];
    e.last_serialize = before.label.kind == Kind::kSerialize
                           ? static_cast<std::int16_t>(id.index - 1)
                           : before.last_serialize;
  }
  AddToIndex(id, label);
  return id;
}

void ExecutionGraph::SetRf(EventId read, EventId write, Value value) {
  Event& e = at(read);
  e.rf = write;
  e.value = value;
  AddReader(read);
}

void ExecutionGraph::AddReader(EventId read) {
  Event& e = at(read);
  PerLocation& l = locations_[At(e.label.location)];
  l.readers.push_back(read);
  EventId& first = e.rf.is_init() ? l.first_reader_of_init : at(e.rf).first_reader;
  e.next_reader = std::exchange(first, read);
}

// Most likely it is among the last.  The write that it reads from may be gone already.
void ExecutionGraph::RemoveReader(EventId read) {
  const Event& e = at(read);
  PerLocation& l = locations_[At(e.label.location)];
  *std::find(l.readers.rbegin(), l.readers.rend(), read) = l.readers.back();
  l.readers.pop_back();
  if (!Contains(e.rf)) return;
  EventId* link = e.rf.is_init() ? &l.first_reader_of_init : &at(e.rf).first_reader;
  while (*link != read) link = &at(*link).next_reader;
  *link = e.next_reader;
}

void ExecutionGraph::InsertMo(EventId write, int position) {
  auto& list = locations_[At(at(write).label.location)].mo;
  list.insert(list.begin() + (position - 1), write);
  for (std::size_t i = At(position - 1); i < list.size(); ++i)
    at(list[i]).mo_position = static_cast<int>(i) + 1;
}

void ExecutionGraph::RemoveMo(EventId write) {
  Event& e = at(write);
  auto& list = locations_[At(e.label.location)].mo;
  const std::size_t from = At(e.mo_position - 1);
  list.erase(list.begin() + (e.mo_position - 1));
  e.mo_position = 0;
  for (std::size_t i = from; i < list.size(); ++i)
    at(list[i]).mo_position = static_cast<int>(i) + 1;
}

void ExecutionGraph::Wait(ThreadId t) {
  const Event& e = threads_[At(t)].back();
  waiters_.push_back({t, e.stamp, e.label});
  RemoveLast(t);
}

void ExecutionGraph::RemoveLast(ThreadId t) {
  auto& events = threads_[At(t)];
  const Event& e = events.back();
  const EventId id = IdOf(t, static_cast<int>(events.size()) - 1);
  if (IsEnd(e.label)) {
    std::erase(ends_[At(e.label.location)], id);
    --end_count_;
  }
  if (IsAccess(e.label)) {
    PerLocation& l = locations_[At(e.label.location)];
    if (e.label.order == Order::kPlain) --l.plain;
    if (e.mo_position != 0) RemoveMo(id);
    if (e.rf != kNoEvent) RemoveReader(id);
  }
  events.pop_back();
  smallest_size_[At(t)] = std::min(smallest_size_[At(t)], static_cast<int>(events.size()));
}

void ExecutionGraph::CutTo(std::uint32_t stamp) {
  for (int t = 0; t < thread_count(); ++t)
    while (size(t) > 0 && threads_[At(t)].back().stamp > stamp) RemoveLast(t);
  std::erase_if(waiters_, [&](const Waiter& w) { return w.stamp > stamp; });
  next_stamp_ = stamp + 1;
}

void ExecutionGraph::Delete(std::uint32_t from, const Clock& keep, DeletedEvents& deleted) {
  deleted.ids.clear();
  deleted.events.clear();
  deleted.waiters.clear();
  deleted.newest_stamp = last_stamp();
  const auto goes = [&](ThreadId t, int i) {
    return i >= keep.count[At(t)] && at(IdOf(t, i)).stamp >= from;
  };
  for (int t = 0; t < thread_count(); ++t) {
    int first = size(t);
    while (first > 0 && goes(t, first - 1)) --first;
    for (int i = first; i < size(t); ++i) {
      deleted.ids.push_back(IdOf(t, i));
      deleted.events.push_back(at(IdOf(t, i)));
    }
  }
  for (std::size_t i = deleted.ids.size(); i-- > 0;) RemoveLast(deleted.ids[i].thread);
  std::erase_if(waiters_, [&](const Waiter& w) {
    if (w.stamp < from) return false;
    deleted.waiters.push_back(w);
    return true;
  });
}

void ExecutionGraph::Restore(const DeletedEvents& deleted) {
  in_mo_.clear();
  for (std::size_t i = 0; i < deleted.ids.size(); ++i) {
    const Event& e = deleted.events[i];
    threads_[At(deleted.ids[i].thread)].push_back(e);
    threads_[At(deleted.ids[i].thread)].back().first_reader = kNoEvent;  // they are to come
    AddToIndex(deleted.ids[i], e.label);
    if (e.mo_position != 0) in_mo_.push_back(i);
  }
  for (std::size_t i = 0; i < deleted.ids.size(); ++i)
    if (deleted.events[i].rf != kNoEvent) AddReader(deleted.ids[i]);
  // In mo order, so that each finds the place it had.
  const auto position = [&](std::size_t i) { return deleted.events[i].mo_position; };
  std::sort(in_mo_.begin(), in_mo_.end(),
            [&](std::size_t i, std::size_t j) { return position(i) < position(j); });
  for (const std::size_t i : in_mo_) InsertMo(deleted.ids[i], position(i));
  waiters_.insert(waiters_.end(), deleted.waiters.begin(), deleted.waiters.end());
}

int ExecutionGraph::TakeSmallestSize(ThreadId t) {
  return std::exchange(smallest_size_[At(t)], kMaxEventsPerThread);
}

std::uint64_t ExecutionGraph::Fingerprint() const {
  std::uint64_t sum = 0;  // a sum over events, so that only contents count
  for (int t = 0; t < thread_count(); ++t) {
    for (int i = 0; i < size(t); ++i) {
      const EventId id = IdOf(t, i);
      const Event& e = at(id);
      std::uint64_t h = MixBits(Code(id));
      h = MixBits(h ^ static_cast<std::uint64_t>(e.label.kind));
      h = MixBits(h ^ static_cast<std::uint64_t>(e.order()) ^ (e.label.rmw ? 256u : 0u));
      h = MixBits(h ^ static_cast<std::uint64_t>(e.label.location));
      h = MixBits(h ^ e.value);
      if (e.label.is_read()) h = MixBits(h ^ Code(e.rf));
      if (e.label.is_write()) h = MixBits(h ^ static_cast<std::uint64_t>(e.mo_position));
      sum += h;
    }
  }
  return MixBits(sum);
}

std::uint64_t ExecutionGraph::Shape() const {
  std::uint64_t sum = 0;
  for (int t = 0; t < thread_count(); ++t) {
    for (int i = 0; i < size(t); ++i) {
      const EventId id = IdOf(t, i);
      const Event& e = at(id);
      const std::uint64_t answer = e.label.is_read()               ? Code(e.rf)
                                   : e.label.is_write()            ? At(e.mo_position)
                                   : e.label.kind == Kind::kChoice ? e.value
                                                                   : 0;
      sum += MixBits(answer << 32 | Code(id));
    }
  }
  return MixBits(sum);
}

}  // namespace heddle::model
