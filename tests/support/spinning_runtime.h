// How does code wait if the search knows nothing of waiting?  ModelRuntime with each await spelled
// as a loop of spin_until, and with each round of such a loop marked in the graph.
//
// A round begins with the choice among one alternative that kRound is the file of, a loop ends with
// that of kDone.  A round that another one of its thread follows before the loop ends has *failed*.
// Its events are reads and fences only, as spin_until demands: so nothing is read from them, mo
// knows nothing of them, and an execution without its failed rounds is one again.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "model/execution_graph.h"
#include "runtime/model/model_runtime.h"

namespace heddle {

// Told by their addresses: arrays, since equal literals of two files need not be one.
inline constexpr char kRound[] = "a round begins";
inline constexpr char kDone[] = "a loop ends";

template <typename Pred>
void SpinMarked(Pred pred, const char* what, SourceLocation at) {
  Machine& m = Machine::Current();
  const auto mark = [&](const char* file) {
    if (m.in_thread()) m.Choose(1, {file, at.line});
  };
  m.SpinUntil(
      [&] {
        mark(kRound);
        return pred();
      },
      what, at);
  mark(kDone);
}

template <CellValue T>
class SpinningAtomic : public ModelAtomic<T> {
 public:
  using ModelAtomic<T>::ModelAtomic;
  using Here = SourceLocation;
  using Order = std::memory_order;

  template <typename Test>
  T await(Test test, Order order, const char* what, Here at = Here::Current()) const {
    T seen{};
    SpinMarked([&] { return test(seen = this->load(order, at)); }, what, at);
    return seen;
  }
  template <typename Test>
  T await_exchange(Test test, T value, Order order, const char* what, Here at = Here::Current()) {
    return Replace(
        test, [value](T) { return value; }, order, what, at);
  }
  template <typename Test>
  T await_fetch_add(Test test, DifferenceOf<T> n, Order order, const char* what,
                    Here at = Here::Current()) requires AdditiveValue<T> {
    return Replace(
        test, [n](T seen) { return static_cast<T>(seen + n); }, order, what, at);
  }
  template <typename Test>
  T await_compare_exchange(Test test, T expected, T desired, Order order, const char* what,
                           Here at = Here::Current()) {
    const bool acquires = order != std::memory_order_relaxed && order != std::memory_order_release;
    const auto of_read = acquires ? std::memory_order_acquire : std::memory_order_relaxed;
    T seen{};
    SpinMarked(
        [&] {
          seen = expected;
          return this->compare_exchange_strong(seen, desired, order, of_read, at) || test(seen);
        },
        what, at);
    return seen;
  }

 private:
  template <typename Test, typename Next>
  T Replace(Test test, Next next, Order order, const char* what, Here at) {
    T seen{};
    SpinMarked(
        [&] {
          seen = this->load(std::memory_order_relaxed, at);
          return test(seen) && this->compare_exchange_strong(seen, next(seen), order,
                                                             std::memory_order_relaxed, at);
        },
        what, at);
    return seen;
  }
};

struct SpinningRuntime : ModelRuntime {
  template <CellValue T>
  using Atomic = SpinningAtomic<T>;

  template <typename Pred>
  static void spin_until(Pred pred, const char* what, Here at = Here::Current()) {
    SpinMarked(pred, what, at);
  }
};

static_assert(Runtime<SpinningRuntime>);

/// Which events of a complete execution belong to failed rounds.
class FailedRounds {
 public:
  explicit FailedRounds(const model::ExecutionGraph& g) {
    for (int t = 0; t < g.thread_count(); ++t) {
      int begin = -1;  // of the round that the thread is in
      for (int i = 0; i < g.size(t); ++i) {
        const model::Label& label = g.at(model::IdOf(t, i)).label;
        if (label.file != kRound && label.file != kDone) continue;
        if (begin >= 0 && label.file == kRound) {
          rounds_.push_back({t, begin, i});
          for (int j = begin; j < i; ++j) writes_ |= g.at(model::IdOf(t, j)).label.is_write();
        }
        begin = label.file == kRound ? i : -1;
      }
    }
  }

  bool Contain(model::EventId e) const {
    return std::any_of(rounds_.begin(), rounds_.end(), [e](const Round& r) {
      return r.thread == e.thread && e.index >= r.begin && e.index < r.end;
    });
  }
  std::size_t count() const { return rounds_.size(); }
  bool AnyWrites() const { return writes_; }  ///< there must be none

 private:
  struct Round {
    int thread, begin, end;
  };
  std::vector<Round> rounds_;
  bool writes_ = false;
};

}  // namespace heddle
