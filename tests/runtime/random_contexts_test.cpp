// Do the firing points that the model leaves out matter?  And are those that it has explored
// exactly?
//
// Random programs of two threads, the first of which is interrupted: against handlers at every
// point, and against brute force.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/explorer.h"
#include "model/preemption_search.h"
#include "model/random_search.h"
#include "runtime/native/thread_context.h"
#include "tests/support/check_program.h"
#include "tests/support/effort.h"
#include "tests/support/execution_text.h"

namespace heddle {
namespace {

using Rt = ModelRuntime;
using enum std::memory_order;

struct Op {
  enum Kind {
    kLoad,
    kStore,
    kAdd,
    kFence,
    kPlainLoad,
    kPlainStore,
    kSkip,
    kMasked,
    kAwait,
    kKinds
  };
  int kind, location, value;
  std::memory_order order;
};

struct Handler {
  Interrupt kind;
  int bound;
  std::vector<Op> ops;
};

struct RandomContexts {
  std::array<std::vector<Op>, 2> threads;
  std::vector<Handler> handlers;  // of thread 0
};

std::vector<Op> MakeOps(native::Random& random, int count, bool in_handler) {
  static constexpr std::memory_order kOrders[] = {relaxed, acq_rel, seq_cst};
  std::vector<Op> ops;
  for (int i = 0; i < count; ++i) {
    int kind = random.Below(Op::kKinds);
    if (in_handler && kind == Op::kAwait) kind = Op::kLoad;  // then no point is left out
    ops.push_back({kind, random.Below(2), 1 + random.Below(2), kOrders[random.Below(3)]});
  }
  return ops;
}

RandomContexts MakeProgram(std::uint64_t seed, int most) {
  native::Random random(seed);
  RandomContexts program;
  program.threads[0] = MakeOps(random, 1 + random.Below(most), false);
  program.threads[1] = MakeOps(random, random.Below(most), false);
  const int handlers = 1 + random.Below(2);
  for (int h = 0; h < handlers; ++h)
    program.handlers.push_back(
        {handlers == 2 ? static_cast<Interrupt>(h + 1) : static_cast<Interrupt>(random.Below(3)),
         handlers == 2 ? 1 : 1 + random.Below(2), MakeOps(random, 1 + random.Below(3), true)});
  return program;
}

const RandomContexts* g_program = nullptr;

// Both plain variables and both atomic ones are shared by all; what each operation of a thread, or
// of a handler the last time, has read is the outcome.
struct Runs {
  void Thread(int t) {
    if (t == 0)
      for (std::size_t h = 0; h < g_program->handlers.size(); ++h)
        Rt::set_interrupt_handler(g_program->handlers[h].kind, g_program->handlers[h].bound,
                                  [this, h] { Do(g_program->handlers[h].ops, 8 + 4 * h); });
    Do(g_program->threads[static_cast<std::size_t>(t)], t == 0 ? 0 : 4);
  }
  void Do(const std::vector<Op>& ops, std::size_t slot) {
    int masks = 0, last = 0;
    for (std::size_t i = 0; i < ops.size(); ++i, ++slot) {
      // A handler that comes in another one, or amid masks, does something else.
      if (ops[i].kind == Op::kSkip && last == 0) ++i, ++slot;
      if (i == ops.size()) break;
      const int read = Perform(ops[i], masks);
      if (read < 0) continue;
      last = read;
      Rt::observe(seen[slot], read);
    }
    for (; masks > 0; --masks) Rt::unmask(Interrupt::kIrq);
  }
  int Perform(const Op& op, int& masks) {
    Rt::Atomic<int>& cell = op.location == 0 ? x : y;
    Rt::Plain<int>& plain = op.location == 0 ? p : q;
    switch (op.kind) {
      case Op::kLoad:
        return cell.load(op.order == acq_rel ? acquire : op.order);
      case Op::kStore:
        cell.store(op.value, op.order == acq_rel ? release : op.order);
        return -1;
      case Op::kAdd:
        return cell.fetch_add(op.value, op.order);
      case Op::kFence:
        Rt::fence(op.order == relaxed ? acq_rel : op.order);
        return -1;
      case Op::kPlainLoad:
        return plain.load();
      case Op::kPlainStore:
        plain.store(op.value);
        return -1;
      case Op::kAwait: {
        const int k = op.value;
        return cell.await([k](int v) { return v >= k; }, acquire, "a value");
      }
      case Op::kSkip:
        return -1;
      default:  // the rest, or up to the next of these, is masked
        if (masks > 0) {
          Rt::unmask(Interrupt::kIrq);
          --masks;
        } else {
          Rt::mask(Interrupt::kIrq);
          ++masks;
        }
        return -1;
    }
  }
  std::array<Observation, 16> Observed() const { return seen; }

  Rt::Atomic<int> x{0, "x"}, y{0, "y"};
  Rt::Plain<int> p{0, "p"}, q{0, "q"};
  std::array<Observation, 16> seen = [] {
    std::array<Observation, 16> none{};
    for (Observation& o : none) o = {"read", -1};
    return none;
  }();
};

class RandomContextPrograms : public testing::TestWithParam<int> {};

TEST_P(RandomContextPrograms, PointsAfterPlainAccessesShowNothingElse) {
  const int programs = Effort(1250);
  std::uint64_t kept = 0, all = 0, held = 0, failed = 0;
  for (int i = 0; i < programs; ++i) {
    const int seed = GetParam() * programs + i;
    const RandomContexts program = MakeProgram(static_cast<std::uint64_t>(seed), 4);
    g_program = &program;
    for (const model::MemoryModel* m : model::AllModels()) {
      const auto explore = [&](bool every_point) {
        ModelCode code = CodeOf<Runs>(2);
        code.every_firing_point = every_point;
        return Explore(std::move(code), *m);
      };
      const Explored reduced = explore(false), full = explore(true);
      ASSERT_EQ(reduced.holds(), full.holds())
          << "seed " << seed << " " << m->name << ": " << reduced.message() << full.message();
      if (!full.holds()) {
        ++failed;
        continue;
      }
      ++held;
      ASSERT_EQ(reduced.outcomes, full.outcomes) << "seed " << seed << " " << m->name;
      EXPECT_LE(reduced.result.executions, full.result.executions);
      kept += reduced.result.executions;
      all += full.result.executions;
    }
  }
  if (!IsFullEffort()) return;
  EXPECT_LT(kept, all) << "nothing is left out";
  EXPECT_GT(held, failed / 4) << "most programs are broken: " << held << " of " << held + failed;
  EXPECT_GT(failed, held / 20) << "hardly a program is broken";
}

TEST_P(RandomContextPrograms, EachPlacementIsExploredExactlyOnce) {
  const int programs = Effort(250);
  for (int i = 0; i < programs; ++i) {
    const int seed = GetParam() * programs + i;
    const RandomContexts program = MakeProgram(static_cast<std::uint64_t>(seed), 2);
    g_program = &program;
    for (const model::MemoryModel* m : model::AllModels()) {
      std::multiset<std::string> fast, brute;
      model::ExploreOptions options;
      options.stop_at_first_error = false;
      Machine machine(CodeOf<Runs>(2));
      const auto result = model::ExploreByRevisits(
          machine, *m, options,
          [&](const model::ExecutionGraph& g) { fast.insert(ExecutionText(g)); });
      if (result.violation && result.violation->kind != model::ErrorKind::kDeadlock) continue;
      Machine again(CodeOf<Runs>(2));
      model::ExploreByBruteForce(
          again, *m, [&](const model::ExecutionGraph& g) { brute.insert(ExecutionText(g)); });
      ASSERT_EQ(fast, brute) << "seed " << seed << " " << m->name;
    }
  }
}

// Random walks and the search for few preemptions interrupt, too, and invent nothing.
TEST_P(RandomContextPrograms, OtherSearchesFindTheSameExecutions) {
  const int programs = Effort(50);
  std::size_t random_found = 0, all_found = 0;
  for (int i = 0; i < programs; ++i) {
    const int seed = GetParam() * programs + i;
    const RandomContexts program = MakeProgram(static_cast<std::uint64_t>(seed), 3);
    g_program = &program;
    const model::MemoryModel& model = model::Rc11();
    std::set<std::string> all, bounded, walked;
    model::ExploreOptions options;
    options.stop_at_first_error = false;
    Machine machine(CodeOf<Runs>(2));
    const auto result = model::ExploreByRevisits(
        machine, model, options,
        [&](const model::ExecutionGraph& g) { all.insert(ExecutionText(g)); });
    if (result.violation) continue;
    for (int k = 0;; ++k) {
      Machine again(CodeOf<Runs>(2));
      model::PreemptionSearch search(again, model, k);
      search.GoOn(options,
                  [&](const model::ExecutionGraph& g) { bounded.insert(ExecutionText(g)); });
      if (!search.is_limited()) break;
    }
    ASSERT_EQ(bounded, all) << "seed " << seed;
    Machine walker(CodeOf<Runs>(2));
    model::RandomSearch random;
    random.executions = 200;
    random.seed = static_cast<std::uint64_t>(seed);
    model::ExploreAtRandom(walker, model, random, options, [&](const model::ExecutionGraph& g) {
      walked.insert(ExecutionText(g));
    });
    EXPECT_TRUE(std::includes(all.begin(), all.end(), walked.begin(), walked.end()))
        << "seed " << seed;
    all_found += all.size();
    random_found += walked.size();
  }
  if (IsFullEffort()) {
    EXPECT_GT(random_found, all_found / 10) << "random walks are hardly interrupted";
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomContextPrograms, testing::Range(0, EffortUpTo(4)));

}  // namespace
}  // namespace heddle
