// Does awaiting mean the same as asking again and again?
//
// Random programs of stores, read-modify-writes and waiting operations, once with await…, once with
// spin_until around a load or a compare-exchange.  Executions in which nobody is left waiting are
// to be the same graphs, none of them twice, and both or neither find a deadlock.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "model/preemption_search.h"
#include "model/random_search.h"
#include "runtime/native/thread_context.h"
#include "tests/support/check_program.h"
#include "tests/support/effort.h"
#include "tests/support/execution_text.h"

namespace heddle {
namespace {

using Rt = ModelRuntime;

struct Op {
  enum Kind { kLoad, kStore, kExchange, kAdd, kAwait, kAwaitExchange, kAwaitAdd, kKinds };
  int kind, location, value, awaited;
  bool unequal;  // await: until the value differs
  std::memory_order order;
};
struct RandomAwaits {
  std::array<std::vector<Op>, 4> threads;
  int count;
};

RandomAwaits MakeProgram(std::uint64_t seed) {
  native::Random random(seed);
  RandomAwaits program{{}, 2 + random.Below(3)};
  const int most = program.count == 2 ? 4 : program.count == 3 ? 3 : 2;
  const int locations = 1 + random.Below(2);
  for (int t = 0; t < program.count; ++t) {
    const int ops = 1 + random.Below(most);
    for (int i = 0; i < ops; ++i) {
      using enum std::memory_order;
      static constexpr std::memory_order kOrders[] = {relaxed, acq_rel, seq_cst};
      program.threads[static_cast<std::size_t>(t)].push_back(
          {random.Below(Op::kKinds), random.Below(locations), random.Below(3), random.Below(3),
           random.Below(3) == 0, kOrders[random.Below(3)]});
    }
  }
  return program;
}

std::memory_order OfLoad(std::memory_order o) {
  return o == std::memory_order_acq_rel ? std::memory_order_acquire : o;
}
std::memory_order OfStore(std::memory_order o) {
  return o == std::memory_order_acq_rel ? std::memory_order_release : o;
}

const RandomAwaits* g_program = nullptr;

template <bool kSpin>
struct Runs {
  void Thread(int t) {
    for (const Op& op : g_program->threads[static_cast<std::size_t>(t)]) Do(op);
  }
  void Do(const Op& op) {
    Rt::Atomic<int>& cell = op.location == 0 ? x : y;
    const int k = op.awaited;
    const bool unequal = op.unequal;
    const auto test = [k, unequal](int v) { return (v == k) != unequal; };
    const auto is_k = [k](int v) { return v == k; };
    switch (op.kind) {
      case Op::kLoad:
        (void)cell.load(OfLoad(op.order));
        break;
      case Op::kStore:
        cell.store(op.value, OfStore(op.order));
        break;
      case Op::kExchange:
        cell.exchange(op.value, op.order);
        break;
      case Op::kAdd:
        cell.fetch_add(1, op.order);
        break;
      case Op::kAwait:
        if (kSpin)
          Rt::spin_until([&] { return test(cell.load(OfLoad(op.order))); }, "a value");
        else
          cell.await(test, OfLoad(op.order), "a value");
        break;
      default: {
        const int desired = op.kind == Op::kAwaitAdd ? k + 1 : op.value;
        if (kSpin)
          Rt::spin_until(
              [&] {
                int expected = k;
                return cell.compare_exchange_strong(expected, desired, op.order,
                                                    std::memory_order_relaxed);
              },
              "a value");
        else if (op.kind == Op::kAwaitAdd)
          cell.await_fetch_add(is_k, 1, op.order, "a value");
        else
          cell.await_exchange(is_k, op.value, op.order, "a value");
      }
    }
  }
  Rt::Atomic<int> x{0, "x"}, y{0, "y"};
};

struct Found {
  std::multiset<std::string> executions;
  bool deadlock = false;
  std::uint64_t blocked = 0;
  bool limited = false;
};

template <bool kSpin>
Found Search(const model::MemoryModel& model) {
  Machine machine(CodeOf<Runs<kSpin>>(g_program->count));
  Found found;
  model::ExploreOptions options;
  options.stop_at_first_error = false;
  const auto result = model::ExploreByRevisits(
      machine, model, options,
      [&](const model::ExecutionGraph& g) { found.executions.insert(ExecutionText(g)); });
  found.deadlock = result.violation && result.violation->kind == model::ErrorKind::kDeadlock;
  found.blocked = result.blocked;
  return found;
}

template <bool kSpin>
Found Bounded(const model::MemoryModel& model, int preemptions) {
  Machine machine(CodeOf<Runs<kSpin>>(g_program->count));
  Found found;
  model::ExploreOptions options;
  options.stop_at_first_error = false;
  model::PreemptionSearch search(machine, model, preemptions);
  const auto result = search.GoOn(
      options, [&](const model::ExecutionGraph& g) { found.executions.insert(ExecutionText(g)); });
  found.deadlock = result.violation && result.violation->kind == model::ErrorKind::kDeadlock;
  found.limited = search.is_limited();
  return found;
}

template <bool kSpin>
Found Random(const model::MemoryModel& model, const model::RandomSearch& random) {
  Machine machine(CodeOf<Runs<kSpin>>(g_program->count));
  Found found;
  model::ExploreOptions options;
  options.stop_at_first_error = false;
  const auto result = model::ExploreAtRandom(
      machine, model, random, options,
      [&](const model::ExecutionGraph& g) { found.executions.insert(ExecutionText(g)); });
  found.deadlock = result.violation && result.violation->kind == model::ErrorKind::kDeadlock;
  EXPECT_EQ(result.executions + result.blocked, random.executions);
  return found;
}

class RandomAwaitPrograms : public testing::TestWithParam<int> {};

TEST_P(RandomAwaitPrograms, AwaitVisitsTheExecutionsOfASpinLoopOnce) {
  const int programs = Effort(1250);
  for (int i = 0; i < programs; ++i) {
    const int seed = GetParam() * programs + i;
    const RandomAwaits program = MakeProgram(static_cast<std::uint64_t>(seed));
    g_program = &program;
    for (const model::MemoryModel* m : model::AllModels()) {
      const Found spins = Search<true>(*m), awaits = Search<false>(*m);
      ASSERT_EQ(awaits.executions, spins.executions) << "seed " << seed << " " << m->name;
      ASSERT_EQ(awaits.deadlock, spins.deadlock) << "seed " << seed << " " << m->name;
      EXPECT_LE(awaits.blocked, spins.blocked) << "seed " << seed << " " << m->name;
    }
  }
}

// A thread that spins can be switched away from exactly where one that awaits can.
TEST_P(RandomAwaitPrograms, AwaitAndSpinLoopHaveTheSamePreemptions) {
  const int programs = Effort(100);
  for (int i = 0; i < programs; ++i) {
    const int seed = GetParam() * programs + i;
    const RandomAwaits program = MakeProgram(static_cast<std::uint64_t>(seed));
    g_program = &program;
    for (const model::MemoryModel* m : model::AllModels()) {
      const Found all = Search<false>(*m);
      for (int k = 0;; ++k) {
        const Found spins = Bounded<true>(*m, k), awaits = Bounded<false>(*m, k);
        ASSERT_EQ(awaits.executions, spins.executions) << "seed " << seed << " " << m->name;
        ASSERT_EQ(awaits.deadlock, spins.deadlock) << "seed " << seed << " " << m->name;
        if (awaits.limited || spins.limited) continue;
        ASSERT_EQ(awaits.executions, all.executions) << "seed " << seed << " " << m->name;
        ASSERT_EQ(awaits.deadlock, all.deadlock) << "seed " << seed << " " << m->name;
        break;
      }
    }
  }
}

// Walks until `all` has been seen, or for long; anything else is an error.
template <bool kSpin>
void ExpectWalksReach(const Found& all, const model::MemoryModel& model) {
  const std::set<std::string> expected(all.executions.begin(), all.executions.end());
  std::set<std::string> seen;
  bool deadlock = false;
  for (std::uint64_t seed = 0; seed < 200 && (seen != expected || deadlock != all.deadlock);
       ++seed) {
    const Found found = Random<kSpin>(model, {200, seed, 0});
    seen.insert(found.executions.begin(), found.executions.end());
    deadlock = deadlock || found.deadlock;
    ASSERT_TRUE(std::includes(expected.begin(), expected.end(), seen.begin(), seen.end()));
  }
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(deadlock, all.deadlock);
}

TEST_P(RandomAwaitPrograms, RandomWalksReachAllExecutionsOfASpinLoop) {
  const int programs = Effort(20);
  for (int i = 0; i < programs; ++i) {
    const int seed = GetParam() * programs + i;
    const RandomAwaits program = MakeProgram(static_cast<std::uint64_t>(seed));
    g_program = &program;
    for (const model::MemoryModel* m : model::AllModels()) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " " + std::string(m->name));
      const Found all = Search<false>(*m);
      if (all.executions.size() > 50) continue;
      ExpectWalksReach<true>(all, *m);
      ExpectWalksReach<false>(all, *m);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomAwaitPrograms, testing::Range(0, 4));

}  // namespace
}  // namespace heddle
