// Random programs that wait: loops of spin_until that ask one or two cells, and awaits.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "runtime/native/thread_context.h"
#include "runtime/runtime.h"
#include "runtime/scenario.h"

namespace heddle::spins {

struct Op {
  enum Kind {
    // These do not wait:
    kLoad,
    kStore,
    kAdd,
    kFence,
    kPlainLoad,
    kPlainStore,
    // Loops of spin_until:
    kOne,
    kBoth,
    kEither,
    kCas,
    // Awaits:
    kAwait,
    kAwaitAdd,
    kAwaitExchange,
    kAwaitCas,
    kKinds
  };
  int kind, location, value, awaited;
  bool unequal;  // a loop ends when the value differs
  std::memory_order order;
};
struct SpinProgram {
  std::array<std::vector<Op>, 3> threads;
  int count = 0;
  bool isolated = false;  // see ModelCode
};

/// Without `plain`, deadlock is the only error there can be.
inline SpinProgram MakeProgram(std::uint64_t seed, bool plain) {
  native::Random random(seed);
  SpinProgram program{{}, 2 + random.Below(2), random.Below(2) == 0};
  const int most = program.count == 2 ? 3 : 2;
  for (int t = 0; t < program.count; ++t) {
    const int ops = 1 + random.Below(most);
    for (int i = 0; i < ops; ++i) {
      using enum std::memory_order;
      static constexpr std::memory_order kOrders[] = {relaxed, acq_rel, seq_cst};
      Op op{random.Below(2) == 0 ? random.Below(Op::kOne)
                                 : Op::kOne + random.Below(Op::kKinds - Op::kOne),
            random.Below(2),
            random.Below(3),
            random.Below(3),
            random.Below(3) == 0,
            kOrders[random.Below(3)]};
      if (!plain && op.kind == Op::kPlainLoad) op.kind = Op::kLoad;
      if (!plain && op.kind == Op::kPlainStore) op.kind = Op::kStore;
      program.threads[static_cast<std::size_t>(t)].push_back(op);
    }
  }
  return program;
}

inline std::memory_order OfLoad(std::memory_order o) {
  return o == std::memory_order_acq_rel ? std::memory_order_acquire : o;
}
inline std::memory_order OfStore(std::memory_order o) {
  return o == std::memory_order_acq_rel ? std::memory_order_release : o;
}

inline const SpinProgram* g_program = nullptr;  ///< that Runs runs

template <Runtime Rt>
class Runs {
 public:
  void Thread(int t) {
    const auto& ops = g_program->threads[static_cast<std::size_t>(t)];
    for (std::size_t i = 0; i < ops.size(); ++i)
      Rt::observe(seen_[3 * static_cast<std::size_t>(t) + i], Do(ops[i]));
  }
  void Finish() {
    Rt::observe(seen_[9], x_.load(std::memory_order_relaxed));
    Rt::observe(seen_[10], y_.load(std::memory_order_relaxed));
  }
  std::array<Observation, 11> Observed() const { return seen_; }

 private:
  using Cell = typename Rt::template Atomic<int>;

  int Do(const Op& op) {
    Cell &cell = op.location == 0 ? x_ : y_, &other = op.location == 0 ? y_ : x_;
    const int k = op.awaited;
    const bool unequal = op.unequal;
    const auto test = [k, unequal](int v) { return (v == k) != unequal; };
    const auto load_order = OfLoad(op.order);
    int seen = 0, seen_other = 0;
    switch (op.kind) {
      case Op::kLoad:
        return cell.load(load_order);
      case Op::kStore:
        cell.store(op.value, OfStore(op.order));
        return 0;
      case Op::kAdd:
        return cell.fetch_add(1, op.order);
      case Op::kFence:
        Rt::fence(op.order);
        return 0;
      case Op::kPlainLoad:
        return plain_.load();
      case Op::kPlainStore:
        plain_.store(op.value);
        return 0;
      case Op::kOne:
        Rt::spin_until([&] { return test(seen = cell.load(load_order)); }, "a value");
        return seen;
      case Op::kBoth:
        Rt::spin_until(
            [&] {
              return test(seen = cell.load(load_order)) &&
                     (seen_other = other.load(load_order)) == op.value;
            },
            "both values");
        return 10 * seen + seen_other;
      case Op::kEither:
        Rt::spin_until(
            [&] {
              seen_other = 0;  // what a failed round leaves behind must not matter
              return test(seen = cell.load(load_order)) ||
                     (seen_other = other.load(load_order)) == op.value;
            },
            "one of the values");
        return 10 * seen + seen_other;
      case Op::kCas:
        Rt::spin_until(
            [&] { return cell.compare_exchange_strong(seen = k, op.value, op.order, load_order); },
            "the compare-exchange");
        return seen;
      case Op::kAwait:
        return cell.await(test, load_order, "a value");
      case Op::kAwaitAdd:
        return cell.await_fetch_add(test, 1, op.order, "a value");
      case Op::kAwaitExchange:
        return cell.await_exchange(test, op.value, op.order, "a value");
      default:
        return cell.await_compare_exchange([k](int v) { return v >= k; }, k, op.value, op.order,
                                           "a value");
    }
  }

  Cell x_{0, "x"}, y_{0, "y"};
  typename Rt::template Plain<int> plain_{0, "plain"};
  std::array<Observation, 11> seen_{{{"0.0"},
                                     {"0.1"},
                                     {"0.2"},
                                     {"1.0"},
                                     {"1.1"},
                                     {"1.2"},  //
                                     {"2.0"},
                                     {"2.1"},
                                     {"2.2"},
                                     {"x"},
                                     {"y"}}};
};

}  // namespace heddle::spins
