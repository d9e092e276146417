#include "model/execution_graph.h"

#include <algorithm>

namespace heddle::model {
namespace {

const std::vector<EventId> kNoEvents;

std::size_t At(int i) { return static_cast<std::size_t>(i); }

// splitmix64's finaliser: every input bit reaches every output bit.
std::uint64_t Mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::uint64_t Code(EventId e) {
  return (static_cast<std::uint64_t>(static_cast<std::uint16_t>(e.thread)) << 16) |
         static_cast<std::uint16_t>(e.index);
}

}  // namespace

void ExecutionGraph::Reset(int threads) {
  threads_.resize(At(threads));
  for (auto& events : threads_) events.clear();
  for (auto& list : mo_) list.clear();
  for (auto& list : readers_) list.clear();
  next_stamp_ = 1;
}

int ExecutionGraph::event_count() const {
  std::size_t n = 0;
  for (const auto& events : threads_) n += events.size();
  return static_cast<int>(n);
}

const std::vector<EventId>& ExecutionGraph::mo(Location l) const {
  return At(l) < mo_.size() ? mo_[At(l)] : kNoEvents;
}

const std::vector<EventId>& ExecutionGraph::readers(Location l) const {
  return At(l) < readers_.size() ? readers_[At(l)] : kNoEvents;
}

EventId ExecutionGraph::WriteAt(Location l, int position) const {
  return position == 0 ? InitOf(l) : mo_[At(l)][At(position - 1)];
}

void ExecutionGraph::Grow(Location l) {
  if (At(l) >= mo_.size()) {
    mo_.resize(At(l) + 1);
    readers_.resize(At(l) + 1);
  }
}

EventId ExecutionGraph::Append(ThreadId t, const Label& label) {
  auto& events = threads_[At(t)];
  const EventId id{static_cast<std::int16_t>(t), static_cast<std::int16_t>(events.size())};
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
  if (label.is_read() || label.is_write()) Grow(label.location);
  return id;
}

void ExecutionGraph::SetRf(EventId read, EventId write, Value value) {
  Event& e = at(read);
  e.rf = write;
  e.value = value;
  readers_[At(e.label.location)].push_back(read);
}

void ExecutionGraph::InsertMo(EventId write, int position) {
  auto& list = mo_[At(at(write).label.location)];
  list.insert(list.begin() + (position - 1), write);
  for (std::size_t i = At(position - 1); i < list.size(); ++i)
    at(list[i]).mo_position = static_cast<int>(i) + 1;
}

void ExecutionGraph::RemoveGone() {
  const auto gone = [this](EventId e) { return !Contains(e); };
  for (auto& list : mo_) {
    const auto end = std::remove_if(list.begin(), list.end(), gone);
    if (end == list.end()) continue;
    list.erase(end, list.end());
    for (std::size_t i = 0; i < list.size(); ++i) at(list[i]).mo_position = static_cast<int>(i) + 1;
  }
  for (auto& list : readers_)
    list.erase(std::remove_if(list.begin(), list.end(), gone), list.end());
}

void ExecutionGraph::CutTo(std::uint32_t stamp) {
  for (auto& events : threads_)
    while (!events.empty() && events.back().stamp > stamp) events.pop_back();
  RemoveGone();
  next_stamp_ = stamp + 1;
}

std::uint64_t ExecutionGraph::Fingerprint() const {
  std::uint64_t sum = 0;  // a sum over events, so that only contents count
  for (int t = 0; t < thread_count(); ++t) {
    for (int i = 0; i < size(t); ++i) {
      const EventId id{static_cast<std::int16_t>(t), static_cast<std::int16_t>(i)};
      const Event& e = at(id);
      std::uint64_t h = Mix(Code(id));
      h = Mix(h ^ static_cast<std::uint64_t>(e.label.kind));
      h = Mix(h ^ static_cast<std::uint64_t>(e.order()) ^ (e.label.rmw ? 256u : 0u));
      h = Mix(h ^ static_cast<std::uint64_t>(e.label.location));
      h = Mix(h ^ e.value);
      if (e.label.is_read()) h = Mix(h ^ Code(e.rf));
      if (e.label.is_write()) h = Mix(h ^ static_cast<std::uint64_t>(e.mo_position));
      sum += h;
    }
  }
  return Mix(sum);
}

}  // namespace heddle::model
