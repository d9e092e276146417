#include "model/trace_order.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <utility>

namespace heddle::model {
namespace {

constexpr std::size_t kMaxStates = 10'000;

std::size_t At(int i) { return static_cast<std::size_t>(i); }

// How many events of each thread: a prefix of an execution, or how far its linearisation is.
using Sizes = std::vector<int>;

Sizes PorfPrefix(const ExecutionGraph& g, const std::vector<EventId>& focus) {
  Sizes sizes(At(g.thread_count()), 0);
  std::vector<EventId> wanted = focus;
  while (!wanted.empty()) {
    const EventId e = wanted.back();
    wanted.pop_back();
    if (e.is_init()) continue;
    int& size = sizes[At(e.thread)];
    for (; size <= e.index; ++size)
      if (g.at(IdOf(e.thread, size)).label.is_read())
        wanted.push_back(g.at(IdOf(e.thread, size)).rf);
    // A locked instruction is shown whole.
    if (size < g.size(e.thread) && g.at(IdOf(e.thread, size - 1)).is_exclusive_read()) ++size;
  }
  return sizes;
}

// What must have come before an event, besides its sb-predecessor.
class Predecessors {
 public:
  enum class Respect { kRf, kMo, kDataReads, kReads };

  Predecessors(const ExecutionGraph& g, const Sizes& shown, Respect respect)
      : g_(g), shown_(shown), before_(At(g.thread_count())) {
    for (int t = 0; t < g.thread_count(); ++t) before_[At(t)].resize(At(shown[At(t)]));
    for (int t = 0; t < g.thread_count(); ++t) {
      EventId last_serialize;  // initial: none yet
      for (int i = 0; i < shown[At(t)]; ++i) {
        const EventId e = IdOf(t, i);
        const Label& label = g.at(e).label;
        if (label.kind == Kind::kSerialize) last_serialize = e;
        if (label.is_read()) Add(g.at(e).rf, e);
        const bool fetches = label.kind == Kind::kFetch;
        if (label.is_read() &&
            (respect == Respect::kReads || (respect == Respect::kDataReads && !fetches))) {
          // A fetch may be stale, but not older than its thread's last serialising event.
          const EventId reader = fetches ? last_serialize : e;
          AddToNewer(reader, label.location, g.mo_position(g.at(e).rf));
        }
        if (label.is_write() && respect != Respect::kRf)
          AddToNewer(e, label.location, g.mo_position(e));
      }
    }
  }

  // How far thread `t` gets from `done` without any other thread moving.
  int RunFrom(const Sizes& done, int t) const {
    int i = done[At(t)];
    const auto ready = [&](int index) {
      const auto& list = before_[At(t)][At(index)];
      return std::all_of(list.begin(), list.end(), [&](EventId b) {
        return b.thread == t ? b.index < index : b.index < done[At(b.thread)];
      });
    };
    while (i < shown_[At(t)]) {
      const bool pair = i + 1 < shown_[At(t)] && g_.at(IdOf(t, i)).is_exclusive_read();
      if (!ready(i) || (pair && !ready(i + 1))) break;
      i += pair ? 2 : 1;
    }
    return i;
  }

  bool IsAcyclic() const {
    Sizes done(shown_.size(), 0);
    for (bool progress = true; progress;) {
      progress = false;
      for (int t = 0; t < g_.thread_count(); ++t) {
        const int to = RunFrom(done, t);
        progress = progress || to > done[At(t)];
        done[At(t)] = to;
      }
    }
    return done == shown_;
  }

 private:
  void Add(EventId before, EventId after) {
    if (!before.is_init()) before_[At(after.thread)][At(after.index)].push_back(before);
  }
  // `e` before the oldest shown write of `location` that is newer than `position`.
  void AddToNewer(EventId e, Location location, int position) {
    for (int p = position + 1; p <= static_cast<int>(g_.mo(location).size()); ++p) {
      const EventId newer = g_.WriteAt(location, p);
      if (newer.index >= shown_[At(newer.thread)]) continue;
      const bool own_write_half = newer.thread == e.thread && newer.index == e.index + 1;
      if (!own_write_half) Add(e, newer);
      return;
    }
  }

  const ExecutionGraph& g_;
  const Sizes& shown_;
  std::vector<std::vector<std::vector<EventId>>> before_;  // by thread and index
};

// The threads to run, each for as long as it can: constraints only ever say what must come first,
// so to stop a thread earlier never saves a switch.  Breadth first, so the first end is a best one.
std::vector<int> FewestSwitches(const Predecessors& before, const Sizes& shown) {
  struct State {
    Sizes done;
    int thread;
    std::size_t from;  // index of the state before
  };
  const int threads = static_cast<int>(shown.size());
  std::deque<State> states{{Sizes(shown.size(), 0), -1, 0}};
  std::set<Sizes> seen{states[0].done};
  std::size_t last = 0;
  for (std::size_t s = 0; s < states.size() && states[last].done != shown; ++s) {
    for (int t = 0; t < threads && states[last].done != shown; ++t) {
      Sizes done = states[s].done;
      done[At(t)] = before.RunFrom(done, t);
      if (done == states[s].done || !seen.insert(done).second) continue;
      states.push_back({std::move(done), t, s});
      last = states.size() - 1;
    }
    if (states.size() > kMaxStates) break;
  }
  if (states[last].done != shown) {  // too many: go on from the state that got furthest
    const auto total = [](const Sizes& sizes) {
      int n = 0;
      for (const int size : sizes) n += size;
      return n;
    };
    for (std::size_t s = 0; s < states.size(); ++s)
      if (total(states[s].done) > total(states[last].done)) last = s;
  }
  std::vector<int> turns;
  Sizes done = states[last].done;
  for (std::size_t s = last; s != 0; s = states[s].from) turns.push_back(states[s].thread);
  std::reverse(turns.begin(), turns.end());
  while (done != shown) {
    int best = 0, longest = -1;
    for (int t = 0; t < threads; ++t) {
      const int length = before.RunFrom(done, t) - done[At(t)];
      if (length > longest) best = t, longest = length;
    }
    if (longest == 0) break;  // cannot happen: sb | rf is acyclic
    done[At(best)] += longest;
    turns.push_back(best);
  }
  return turns;
}

}  // namespace

int Trace::NumberOf(EventId e) const {
  if (e.is_init() || At(e.thread) >= numbers.size()) return 0;
  const auto& thread = numbers[At(e.thread)];
  return At(e.index) < thread.size() ? thread[At(e.index)] : 0;
}

Trace ShortestTrace(const ExecutionGraph& g, const std::vector<EventId>& focus) {
  Sizes shown(At(g.thread_count()), 0);
  for (int t = 0; t < g.thread_count(); ++t) shown[At(t)] = g.size(t);
  Trace trace;
  for (const int size : shown) trace.left_out += size;
  if (!focus.empty()) shown = PorfPrefix(g, focus);
  for (const int size : shown) trace.left_out -= size;

  using Respect = Predecessors::Respect;
  std::optional<Predecessors> strongest;
  for (const Respect respect : {Respect::kReads, Respect::kDataReads, Respect::kMo, Respect::kRf}) {
    strongest.emplace(g, shown, respect);
    if (strongest->IsAcyclic()) break;
  }
  const Predecessors& before = *strongest;
  Sizes done(shown.size(), 0);
  trace.numbers.resize(shown.size());
  for (const int t : FewestSwitches(before, shown)) {
    const int to = before.RunFrom(done, t);
    for (; done[At(t)] < to; ++done[At(t)]) {
      const EventId e = IdOf(t, done[At(t)]);
      const bool shows = !IsUninterrupted(g.at(e).label, g.at(e).value);
      if (shows) trace.events.push_back(e);
      trace.numbers[At(t)].push_back(shows ? static_cast<int>(trace.events.size()) : 0);
    }
  }
  return trace;
}

}  // namespace heddle::model
