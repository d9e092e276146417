// Do wait and notify hang exactly when a direct simulation can?
//
// The simulation is the definition for sequentially consistent memory: a wait that finds the value
// unchanged blocks in the same step, and a notification releases whom it finds blocked.  Programs
// with one variable behave the same on the weaker models.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/check_program.h"
#include "tests/support/effort.h"

namespace heddle {
namespace {

using Rt = ModelRuntime;
using enum std::memory_order;

struct Operation {
  enum class Kind { kStore, kWait, kNotifyOne, kNotifyAll } kind;
  int value;
};
using Threads = std::vector<std::vector<Operation>>;

class Simulation {
 public:
  explicit Simulation(const Threads& threads) : threads_(threads) { Visit({}); }
  bool hangs = false, finishes = false;

 private:
  struct State {
    std::array<std::size_t, 3> pc{};
    std::array<bool, 3> blocked{};
    int value = 0;
    auto operator<=>(const State&) const = default;
  };

  void Visit(const State& s) {
    if (!seen_.insert(s).second) return;
    bool moved = false, unfinished = false;
    for (std::size_t t = 0; t < threads_.size(); ++t) {
      if (s.pc[t] == threads_[t].size()) continue;
      unfinished = true;
      if (s.blocked[t]) continue;
      moved = true;
      Step(s, t, threads_[t][s.pc[t]]);
    }
    if (!moved) (unfinished ? hangs : finishes) = true;
  }

  void Step(State s, std::size_t t, const Operation& o) {
    ++s.pc[t];
    switch (o.kind) {
      case Operation::Kind::kStore:
        s.value = o.value;
        return Visit(s);
      case Operation::Kind::kWait:
        if (s.value == o.value) {
          --s.pc[t];
          s.blocked[t] = true;
        }
        return Visit(s);
      case Operation::Kind::kNotifyAll:
        s.blocked = {};
        return Visit(s);
      case Operation::Kind::kNotifyOne:
        if (s.blocked == std::array<bool, 3>{}) return Visit(s);
        for (std::size_t u = 0; u < s.blocked.size(); ++u) {
          if (!s.blocked[u]) continue;
          State next = s;
          next.blocked[u] = false;
          Visit(next);
        }
    }
  }

  const Threads& threads_;
  std::set<State> seen_;
};

struct Runs {
  static inline Threads threads;
  void Thread(int cpu) {
    for (const Operation& o : threads[static_cast<std::size_t>(cpu)]) {
      switch (o.kind) {
        case Operation::Kind::kStore:
          x.store(o.value, release);
          break;
        case Operation::Kind::kWait:
          x.wait(o.value, acquire);
          break;
        case Operation::Kind::kNotifyOne:
          x.notify_one();
          break;
        case Operation::Kind::kNotifyAll:
          x.notify_all();
          break;
      }
    }
  }
  Rt::Atomic<int> x{0, "x"};
};

Threads RandomThreads(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
  Threads threads(static_cast<std::size_t>(2 + below(2)));
  for (std::size_t t = 0; t < threads.size(); ++t) {
    const int operations = 1 + below(threads.size() == 2 ? 4 : 3);
    for (int i = 0; i < operations; ++i) {
      // The first thread mostly notifies, the others mostly wait.
      const bool waits = below(100) < (t == 0 ? 10 : 60);
      const auto kind = waits           ? Operation::Kind::kWait
                        : below(2) == 0 ? Operation::Kind::kStore
                        : below(3) == 0 ? Operation::Kind::kNotifyAll
                                        : Operation::Kind::kNotifyOne;
      threads[t].push_back({kind, below(waits ? 2 : 3)});
    }
  }
  return threads;
}

std::string Print(const Threads& threads) {
  static constexpr const char* kNames[] = {"store", "wait", "notify_one", "notify_all"};
  std::string text;
  for (const auto& thread : threads) {
    for (const Operation& o : thread)
      text += std::string(kNames[static_cast<int>(o.kind)]) + " " + std::to_string(o.value) + "; ";
    text += "\n";
  }
  return text;
}

class RandomWaits : public testing::TestWithParam<unsigned> {};

TEST_P(RandomWaits, HangAndFinishAsTheSimulationDoes) {
  const unsigned seeds = Effort(150U);
  unsigned hanging = 0, finishing = 0;
  for (unsigned i = 0; i < seeds; ++i) {
    const unsigned seed = GetParam() * seeds + i;
    Runs::threads = RandomThreads(seed);
    const Simulation expected(Runs::threads);
    hanging += expected.hangs ? 1U : 0U;
    finishing += expected.finishes ? 1U : 0U;
    for (const model::MemoryModel* m : model::AllModels()) {
      ModelCode code = CodeOf<Runs>(static_cast<int>(Runs::threads.size()));
      code.isolated = seed % 2 == 0;
      Machine machine(std::move(code));
      const model::ExploreResult result =
          model::ExploreByRevisits(machine, *m, {.stop_at_first_error = false}, {});
      const bool deadlock =
          result.violation && result.violation->kind == model::ErrorKind::kDeadlock;
      ASSERT_EQ(deadlock, expected.hangs) << m->name << " seed " << seed << "\n"
                                          << Print(Runs::threads);
      ASSERT_EQ(result.executions > 0, expected.finishes) << m->name << " seed " << seed << "\n"
                                                          << Print(Runs::threads);
    }
  }
  if (!IsFullEffort()) return;
  EXPECT_GT(hanging, seeds / 5) << "too few of one kind show little";
  EXPECT_LT(hanging, seeds * 4 / 5);
  EXPECT_GT(finishing, seeds / 2);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomWaits, testing::Range(0U, 10U));

}  // namespace
}  // namespace heddle
