#include "model/relation.h"

#include <algorithm>
#include <queue>
#include <type_traits>

#include "model/memory_model.h"

namespace heddle::model {
namespace {

// Breadth-first from `start` back to it, so the cycle is as short as any through `start`.  Empty if
// there is none.
std::vector<int> CycleThrough(const Relation& r, int start) {
  std::vector<int> parent(static_cast<std::size_t>(r.size()), -1);
  std::queue<int> todo({start});
  while (!todo.empty()) {
    const int a = todo.front();
    todo.pop();
    if (r.Has(a, start)) {
      std::vector<int> cycle{a};
      while (cycle.back() != start) cycle.push_back(parent[static_cast<std::size_t>(cycle.back())]);
      std::reverse(cycle.begin(), cycle.end());
      return cycle;
    }
    for (int b = 0; b < r.size(); ++b) {
      if (!r.Has(a, b) || parent[static_cast<std::size_t>(b)] >= 0) continue;
      parent[static_cast<std::size_t>(b)] = a;
      todo.push(b);
    }
  }
  return {};
}

// Calls f(words), as a constant where relations are as small as most: its loops need no counter
// then.
template <typename F>
void ForWords(int words, F f) {
  if (words == 1) return f(std::integral_constant<int, 1>());
  if (words == 2) return f(std::integral_constant<int, 2>());
  f(words);
}

}  // namespace

Relation::Relation(int size)
    : size_(size),
      words_((size + 63) / 64),
      bits_(static_cast<std::size_t>(size) * static_cast<std::size_t>(words_)) {}

Relation operator|(Relation r, const Relation& s) {
  for (std::size_t i = 0; i < r.bits_.size(); ++i) r.bits_[i] |= s.bits_[i];
  r.is_set_ = r.is_set_ && s.is_set_;
  return r;
}

Relation operator&(Relation r, const Relation& s) {
  for (std::size_t i = 0; i < r.bits_.size(); ++i) r.bits_[i] &= s.bits_[i];
  r.is_set_ = r.is_set_ || s.is_set_;
  return r;
}

Relation operator-(Relation r, const Relation& s) {
  for (std::size_t i = 0; i < r.bits_.size(); ++i) r.bits_[i] &= ~s.bits_[i];
  return r;
}

Relation operator>>(const Relation& r, const Relation& s) {
  if (s.is_set_) {  // keeps some columns
    std::vector<std::uint64_t> kept(static_cast<std::size_t>(s.words_));
    for (int a = 0; a < s.size_; ++a)
      if (s.Has(a, a)) kept[static_cast<std::size_t>(a / 64)] |= std::uint64_t{1} << (a % 64);
    Relation result = r;
    for (std::size_t i = 0; i < result.bits_.size(); ++i) result.bits_[i] &= kept[i % kept.size()];
    return result;
  }
  Relation result(r.size_);
  result.is_set_ = false;
  ForWords(r.words_, [&](auto words) {
    for (int a = 0; a < r.size_; ++a) {
      std::uint64_t* const row = result.Row(a);
      r.ForEachOf(a, [&](int b) {
        const std::uint64_t* const more = s.Row(b);
        for (int w = 0; w < words; ++w) row[w] |= more[w];
      });
    }
  });
  return result;
}

// Warshall: after step k, every path whose inner elements are ≤ k has become one pair.
Relation Plus(Relation r) {
  ForWords(r.words_, [&r](auto words) {
    for (int k = 0; k < r.size_; ++k) {
      const std::uint64_t* const more = r.Row(k);
      std::uint64_t* row = r.Row(0);
      for (int a = 0; a < r.size_; ++a, row += words) {
        if ((row[k / 64] >> (k % 64) & 1) == 0) continue;
        for (int w = 0; w < words; ++w) row[w] |= more[w];
      }
    }
  });
  return r;
}

Relation Id(int size) {
  Relation r(size);
  for (int i = 0; i < size; ++i) r.Add(i, i);
  return r;
}

Relation Inv(const Relation& r) {
  Relation result(r.size());
  for (int a = 0; a < r.size(); ++a) r.ForEachOf(a, [&](int b) { result.Add(b, a); });
  return result;
}

Relation Opt(const Relation& r) { return r | Id(r.size()); }

Relation Star(const Relation& r) { return Opt(Plus(r)); }

// From each element, depth first, until one is met again that is still open.
bool IsAcyclic(const Relation& r) {
  enum class State : char { kNew, kOpen, kDone };
  std::vector<State> state(static_cast<std::size_t>(r.size()), State::kNew);
  const auto at = [&](int a) -> State& { return state[static_cast<std::size_t>(a)]; };
  std::vector<int> way;
  for (int start = 0; start < r.size(); ++start) {
    if (at(start) != State::kNew) continue;
    way.assign(1, start);
    while (!way.empty()) {
      const int a = way.back();
      if (at(a) != State::kNew) {  // the elements behind it are done
        at(a) = State::kDone;
        way.pop_back();
        continue;
      }
      at(a) = State::kOpen;
      bool again = false;
      r.ForEachOf(a, [&](int b) {
        again = again || at(b) == State::kOpen;
        if (at(b) == State::kNew) way.push_back(b);
      });
      if (again) return false;
    }
  }
  return true;
}

Verdict Acyclic(const Relation& r) {
  if (IsAcyclic(r)) return {};
  const Relation plus = Plus(r);
  std::vector<int> shortest;
  for (int a = 0; a < r.size(); ++a) {
    if (!plus.Has(a, a)) continue;
    std::vector<int> cycle = CycleThrough(r, a);
    if (shortest.empty() || cycle.size() < shortest.size()) shortest = std::move(cycle);
  }
  return {shortest.empty(), shortest};
}

Verdict Irreflexive(const Relation& r) {
  for (int a = 0; a < r.size(); ++a)
    if (r.Has(a, a)) return {false, {a}};
  return {};
}

Verdict Irreflexive(const Relation& r, const Relation& s) {
  for (int a = 0; a < r.size(); ++a)
    for (int b = 0; b < r.size(); ++b)
      if (r.Has(a, b) && s.Has(b, a))
        return {false, a == b ? std::vector<int>{a} : std::vector<int>{a, b}};
  return {};
}

Verdict Empty(const Relation& r) {
  for (int a = 0; a < r.size(); ++a)
    for (int b = 0; b < r.size(); ++b)
      if (r.Has(a, b)) return {false, {a, b}};
  return {};
}

GraphIndex::GraphIndex(const ExecutionGraph& g)
    : initial_number_(static_cast<std::size_t>(g.location_count()), -1), graph_(g) {
  const auto accessed = [&g](Location l) { return !g.mo(l).empty() || !g.readers(l).empty(); };
  for (Location l = 0; l < g.location_count(); ++l) {
    if (!accessed(l)) continue;
    initial_number_[static_cast<std::size_t>(l)] = size();
    ids_.push_back(InitOf(l));
    Event& e = initial_.emplace_back();
    e.label.kind = Kind::kWrite;
    e.label.order = Order::kPlain;
    e.label.location = l;
  }
  for (const Event& e : initial_) events_.push_back(&e);
  for (ThreadId t = 0; t < g.thread_count(); ++t) {
    thread_start_.push_back(size());
    for (int i = 0; i < g.size(t); ++i) {
      ids_.push_back({static_cast<std::int16_t>(t), static_cast<std::int16_t>(i)});
      events_.push_back(&g.at(ids_.back()));
    }
  }
  thread_start_.push_back(size());
}

int GraphIndex::number(EventId e) const {
  return e.is_init() ? initial_number_[static_cast<std::size_t>(e.index)]
                     : thread_start_[static_cast<std::size_t>(e.thread)] + e.index;
}

Relation GraphIndex::Sb() const {
  Relation sb = Po();
  const int initial = static_cast<int>(initial_.size());
  for (int a = 0; a < initial; ++a)
    for (int b = initial; b < size(); ++b) sb.Add(a, b);
  return sb;
}

Relation GraphIndex::Po() const {
  Relation po(size());
  for (std::size_t t = 0; t + 1 < thread_start_.size(); ++t)
    for (int a = thread_start_[t]; a < thread_start_[t + 1]; ++a)
      for (int b = a + 1; b < thread_start_[t + 1]; ++b) po.Add(a, b);
  return po;
}

Relation GraphIndex::Rf() const {
  Relation rf(size());
  for (int r = 0; r < size(); ++r)
    if (event(r).label.is_read()) rf.Add(number(event(r).rf), r);
  return rf;
}

Relation GraphIndex::Mo() const {
  Relation mo(size());
  for (Location l = 0; l < graph_.location_count(); ++l) {
    const int writes = static_cast<int>(graph_.mo(l).size());
    for (int i = 0; i <= writes; ++i)
      for (int j = i + 1; j <= writes; ++j)
        mo.Add(number(graph_.WriteAt(l, i)), number(graph_.WriteAt(l, j)));
  }
  return mo;
}

Relation GraphIndex::Rmw() const {
  Relation rmw(size());
  for (int r = 0; r + 1 < size(); ++r)
    if (event(r).is_exclusive_read() && id(r + 1).thread == id(r).thread) rmw.Add(r, r + 1);
  return rmw;
}

Relation GraphIndex::Ser() const {
  Relation ser(size());
  for (int f = 0; f < size(); ++f)
    if (event(f).label.kind == Kind::kFetch && event(f).last_serialize >= 0)
      ser.Add(number({id(f).thread, event(f).last_serialize}), f);
  return ser;
}

Relation GraphIndex::SameLocation() const {
  return SameLocationOf([](const Label& l) { return l.kind == Kind::kRead || l.is_write(); });
}

Relation GraphIndex::SameLine() const {
  return SameLocationOf([](const Label& l) {
    return l.is_read() || l.is_write() || l.kind == Kind::kClean || l.kind == Kind::kInvalidate;
  });
}

template <typename Predicate>
Relation GraphIndex::SameLocationOf(Predicate predicate) const {
  std::vector<std::vector<int>> by_location(initial_number_.size());
  for (int a = 0; a < size(); ++a) {
    const Label& label = event(a).label;
    if (!predicate(label)) continue;
    const auto l = static_cast<std::size_t>(label.location);
    if (l >= by_location.size()) by_location.resize(l + 1);  // maintained, but never accessed
    by_location[l].push_back(a);
  }
  Relation same(size());
  for (const std::vector<int>& events : by_location)
    for (const int a : events)
      for (const int b : events) same.Add(a, b);
  return same;
}

Relation GraphIndex::DependsOn(std::uint16_t Dependencies::*in) const {
  Relation depends(size());
  for (int e = 0; e < size(); ++e) {
    const unsigned mask = event(e).label.depends.*in;
    for (int back = 1; mask >> (back - 1) != 0; ++back)
      if ((mask >> (back - 1) & 1) != 0 && back <= id(e).index) depends.Add(e - back, e);
  }
  return depends;
}

AxiomResult GraphIndex::Named(std::string_view axiom, const Verdict& verdict) const {
  AxiomResult result{axiom, verdict.holds, {}};
  for (const int number : verdict.witness) result.witness.push_back(id(number));
  return result;
}

}  // namespace heddle::model
