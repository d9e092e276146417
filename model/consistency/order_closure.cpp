#include "model/consistency/order_closure.h"

#include <algorithm>

namespace heddle::model {
namespace {

std::size_t At(int i) { return static_cast<std::size_t>(i); }

}  // namespace

bool DrainsStores(const Label& l) {
  switch (l.kind) {
    case Kind::kFence:
      return l.order == Order::kSeqCst;
    case Kind::kSerialize:
      return true;
    case Kind::kRead:
      return l.rmw;
    case Kind::kWrite:
      return l.rmw || l.order == Order::kSeqCst;
    case Kind::kFetch:
    case Kind::kChoice:
    case Kind::kFree:
    case Kind::kClean:
    case Kind::kInvalidate:
    case Kind::kDestroy:
      return false;
  }
  return false;
}

void OrderClosure::IncludeLoad(EventId e) {
  if (e.is_init()) return;
  const Event& event = g_.at(e);
  if (order_ == StoreOrder::kSc || event.label.is_write() || DrainsStores(event.label)) {
    all_.Add(e);
    return;
  }
  loads_.Add(e);
  if (event.last_full_fence >= 0) all_.Add(IdOf(e.thread, event.last_full_fence));
}

void OrderClosure::Before(EventId e) {
  const Event& event = g_.at(e);
  const bool waits_for_stores =
      order_ == StoreOrder::kSc || event.label.is_write() || DrainsStores(event.label);
  if (e.index > 0 && waits_for_stores) all_.Add(IdOf(e.thread, e.index - 1));
  if (e.index > 0 && !waits_for_stores) {
    loads_.Add(IdOf(e.thread, e.index - 1));
    if (event.last_full_fence >= 0) all_.Add(IdOf(e.thread, event.last_full_fence));
  }
  Saturate();
}

void OrderClosure::UpTo(EventId e) {
  IncludeLoad(e);
  Saturate();
}

void OrderClosure::Saturate() {
  for (bool changed = true; changed;) {
    changed = false;
    for (int t = 0; t < g_.thread_count(); ++t) {
      const auto& events = g_.thread(t);
      std::int16_t& load = expanded_loads_.count[At(t)];
      while (load < std::max(all_.count[At(t)], loads_.count[At(t)])) {
        ExpandLoad(events[At(load)], t);
        ++load;
        changed = true;
      }
      std::int16_t& store = expanded_stores_.count[At(t)];
      while (store < all_.count[At(t)]) {
        ExpandStore(events[At(store)]);
        ++store;
        changed = true;
      }
    }
  }
}

void OrderClosure::ExpandLoad(const Event& e, ThreadId thread) {
  // A load may take its own thread's store out of the buffer: rfi orders nothing under tso.
  if (e.label.is_read() && (order_ == StoreOrder::kSc || e.rf.thread != thread)) IncludeStore(e.rf);
}

void OrderClosure::ExpandStore(const Event& e) {
  if (!e.label.is_write()) return;
  const EventId previous = g_.WriteAt(e.label.location, e.mo_position - 1);
  IncludeStore(previous);
  EventId next = kNoEvent;
  for (EventId r = g_.first_reader(e.label.location, previous); r != kNoEvent; r = next) {
    const Event& reader = g_.at(r);
    next = reader.next_reader;
    if (reader.label.kind == Kind::kRead) {
      IncludeLoad(r);  // rb
    } else if (reader.last_serialize >= 0) {
      IncludeStore(IdOf(r.thread, reader.last_serialize));  // ffr
    }
  }
}

}  // namespace heddle::model
