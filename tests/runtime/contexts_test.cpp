// Do handlers interrupt a CPU wherever they may, and nowhere else?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <set>
#include <vector>

#include "runtime/kernel.h"
#include "runtime/sync/mutex.h"
#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::ElementsAre;
using testing::HasSubstr;
using Rt = ModelRuntime;
using enum std::memory_order;
using Outcomes = std::set<std::vector<std::int64_t>>;

// Where does the handler find a thread that counts to 3?
struct Counts {
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kIrq, 1,
                              [this] { Rt::observe(seen[0], counter.load(relaxed)); });
    for (int i = 1; i <= 3; ++i) counter.store(i, relaxed);
  }
  std::array<Observation, 1> Observed() const { return seen; }
  Rt::Atomic<int> counter{0, "counter"};
  std::array<Observation, 1> seen{{{"handler", -1}}};
};

TEST(Contexts, AHandlerFiresBeforeAndAfterEachOperationOrNotAtAll) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<Counts>(1), *m);
    EXPECT_TRUE(e.holds()) << e.message();
    EXPECT_EQ(e.outcomes, (Outcomes{{-1}, {0}, {1}, {2}, {3}}));
    EXPECT_EQ(e.result.executions, 5U) << "each once";
  }
}

template <Interrupt kKind, Interrupt kMasked>
struct Masks {
  void Thread(int) {
    Rt::set_interrupt_handler(kKind, 1, [this] { Rt::observe(seen[0], counter.load(relaxed)); });
    counter.store(1, relaxed);
    Rt::mask(kMasked);
    counter.store(2, relaxed);
    Rt::mask(Interrupt::kPreemption);
    counter.store(3, relaxed);
    Rt::unmask(kMasked);
    counter.store(4, relaxed);
    Rt::unmask(Interrupt::kPreemption);
  }
  std::array<Observation, 1> Observed() const { return seen; }
  Rt::Atomic<int> counter{0, "counter"};
  std::array<Observation, 1> seen{{{"handler", -1}}};
};

TEST(Contexts, AMaskedKindDoesNotFire) {
  const auto outcomes = [](auto explored) { return explored.outcomes; };
  using enum Interrupt;
  EXPECT_EQ(outcomes(Explore(CodeOf<Masks<kIrq, kIrq>>(1))), (Outcomes{{-1}, {0}, {1}, {3}, {4}}));
  EXPECT_EQ(outcomes(Explore(CodeOf<Masks<kPreemption, kIrq>>(1))),
            (Outcomes{{-1}, {0}, {1}, {4}}));
  EXPECT_EQ(outcomes(Explore(CodeOf<Masks<kIrq, kPreemption>>(1))),
            (Outcomes{{-1}, {0}, {1}, {2}, {3}, {4}}));
  EXPECT_EQ(outcomes(Explore(CodeOf<Masks<kNmi, kIrq>>(1))),
            (Outcomes{{-1}, {0}, {1}, {2}, {3}, {4}}));
}

// Three levels, each of which adds a digit at its beginning and one at its end.
struct Nests {
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kIrq, 1, [this] { Add(2, 3); });
    Rt::set_interrupt_handler(Interrupt::kNmi, 1, [this] { Add(4, 5); });
    Add(1, 9);
    Rt::observe(seen[0], log.load(relaxed));
  }
  void Add(int first, int last) {
    log.store(log.load(relaxed) * 10 + first, relaxed);
    log.store(log.load(relaxed) * 10 + last, relaxed);
  }
  std::array<Observation, 1> Observed() const { return seen; }
  Rt::Atomic<int> log{0, "log"};
  std::array<Observation, 1> seen{{{"log"}}};
};

TEST(Contexts, HandlersNestByKindAndEndInReverseOrder) {
  const Explored e = Explore(CodeOf<Nests>(1), model::Sc());
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_TRUE(e.outcomes.contains({124539})) << "an NMI in the IRQ";
  EXPECT_TRUE(e.outcomes.contains({145239}) && e.outcomes.contains({123459}))
      << "before it, or after it";
  for (const auto& outcome : e.outcomes)
    EXPECT_EQ(std::to_string(outcome[0]).find("42"), std::string::npos)
        << "an IRQ interrupts no NMI";
}

// The load of an increment that is split, the handler's, the store.
template <bool kMasked>
struct SplitIncrement {
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kIrq, 1, [this] { Increment(); });
    if constexpr (kMasked) {
      const kernel::IrqsOff<Rt> off;
      Increment();
    } else {
      Increment();
    }
  }
  void Increment() { counter.store(counter.load(relaxed) + 1, relaxed); }
  void Finish() { Rt::observe(seen[0], counter.load(relaxed)); }
  std::array<Observation, 1> Observed() const { return seen; }
  Rt::Atomic<int> counter{0, "counter"};
  std::array<Observation, 1> seen{{{"counter"}}};
};

TEST(Contexts, AnIncrementThatIsSplitLosesTheHandlers) {
  const Explored split = Explore(CodeOf<SplitIncrement<false>>(1));
  EXPECT_EQ(split.outcomes, (Outcomes{{1}, {2}}));
  EXPECT_EQ(split.result.executions, 4U);
  const Explored masked = Explore(CodeOf<SplitIncrement<true>>(1));
  EXPECT_EQ(masked.outcomes, (Outcomes{{1}, {2}}));
  EXPECT_EQ(masked.result.executions, 3U);
}

template <typename Cell, bool kMasked, bool kHandlerWrites = true>
struct SharesACell {
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kIrq, 1, [this] {
      if constexpr (kHandlerWrites)
        Write(2);
      else
        Rt::check(cell.load() <= 1, "as written");
    });
    ready.store(1, relaxed);
    if (kMasked) Rt::mask(Interrupt::kIrq);
    other.store(1);
    Write(1);
    if (kMasked) Rt::unmask(Interrupt::kIrq);
    ready.store(2, relaxed);
  }
  void Write(int value) {
    if constexpr (requires { cell.store(value); })
      cell.store(value);
    else
      cell.store(value, relaxed);
  }
  Rt::Plain<int> other{0, "other"};
  Cell cell{0, "cell"};
  Rt::Atomic<int> ready{0, "ready"};
};

TEST(Contexts, APlainAccessMayNotBeSharedWithAHandlerThatMayRunRightThere) {
  using Plain = Rt::Plain<int>;
  for (const bool every : {false, true}) {
    const auto explore = [&](ModelCode code) {
      code.every_firing_point = every;
      return Explore(std::move(code));
    };
    const Explored racing = explore(CodeOf<SharesACell<Plain, false>>(1));
    EXPECT_EQ(racing.error(), ErrorKind::kDataRace);
    EXPECT_THAT(racing.message(), HasSubstr("'cell'"));
    EXPECT_EQ(explore(CodeOf<SharesACell<Plain, false, false>>(1)).error(), ErrorKind::kDataRace);
    EXPECT_TRUE(explore(CodeOf<SharesACell<Plain, true>>(1)).holds());
    EXPECT_TRUE(explore(CodeOf<SharesACell<Rt::Atomic<int>, false>>(1)).holds());
  }
}

// The thread tells its handler, by `mine`, when it uses the cell itself.
template <bool kTells>
struct TellsTheHandler {
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kNmi, 1, [this] {
      if (mine.load(relaxed) == 0) cell.store(2);
    });
    if (kTells) mine.store(1, relaxed);
    cell.store(1);
    if (kTells) mine.store(0, relaxed);
  }
  Rt::Plain<int> cell{0, "cell"};
  Rt::Atomic<int> mine{0, "mine"};
};

TEST(Contexts, AHandlerThatKeepsOffDoesNotRace) {
  EXPECT_TRUE(Explore(CodeOf<TellsTheHandler<true>>(1)).holds());
  EXPECT_EQ(Explore(CodeOf<TellsTheHandler<false>>(1)).error(), ErrorKind::kDataRace);
}

// Waits for what only its own handler does.
template <int kBound, bool kMasked = false>
struct AwaitsItsHandler {
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kIrq, kBound, [this] { done.fetch_add(1, relaxed); });
    if (kMasked) Rt::mask(Interrupt::kIrq);
    done.await([](int n) { return n >= 2; }, acquire, "two interrupts");
    if (kMasked) Rt::unmask(Interrupt::kIrq);
  }
  Rt::Atomic<int> done{0, "done"};
};

TEST(Contexts, WhoMayYetBeInterruptedIsInNoDeadlock) {
  const Explored enough = Explore(CodeOf<AwaitsItsHandler<2>>(1));
  EXPECT_TRUE(enough.holds()) << enough.message();
  EXPECT_EQ(enough.result.executions, 1U);
  EXPECT_EQ(Explore(CodeOf<AwaitsItsHandler<1>>(1)).error(), ErrorKind::kDeadlock);
  EXPECT_EQ((Explore(CodeOf<AwaitsItsHandler<2, true>>(1)).error()), ErrorKind::kDeadlock);
}

// The same with a condition of two cells.
struct SpinsForItsHandler {
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kNmi, 1, [this] {
      b.store(1, relaxed);
      a.store(1, relaxed);
    });
    Rt::spin_until([this] { return a.load(relaxed) + b.load(relaxed) == 2; }, "both");
    Rt::observe(seen[0], 1);
  }
  std::array<Observation, 1> Observed() const { return seen; }
  Rt::Atomic<int> a{0, "a"}, b{0, "b"};
  std::array<Observation, 1> seen{{{"done"}}};
};

TEST(Contexts, ConditionsOfSeveralCellsAreInterruptedToo) {
  const Explored e = Explore(CodeOf<SpinsForItsHandler>(1));
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.outcomes, (Outcomes{{1}}));
}

// A handler takes the lock that it interrupted the holder of.
template <bool kMasked>
struct LocksInHandler {
  static constexpr bool kHandlersWait = true;
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kIrq, 1, [this] {
      mutex.lock();
      mutex.unlock();
    });
    if (kMasked) Rt::mask(Interrupt::kIrq);
    mutex.lock();
    mutex.unlock();
    if (kMasked) Rt::unmask(Interrupt::kIrq);
  }
  sync::Mutex<Rt> mutex{"mutex"};
};

TEST(Contexts, AHandlerThatTakesItsThreadsLockDeadlocks) {
  EXPECT_EQ(Explore(CodeOf<LocksInHandler<false>>(1)).error(), ErrorKind::kDeadlock);
  EXPECT_TRUE(Explore(CodeOf<LocksInHandler<true>>(1)).holds());
}

// A breakpoint in text whose handler takes two steps; which of them does an interrupt see?
template <Interrupt kKind>
struct InterruptsText {
  void Thread(int) {
    Rt::set_interrupt_handler(kKind, 1, [this] { Rt::observe(seen[0], step.load(relaxed)); });
    Rt::set_trap_handler(
        [](void* self, TrapFrame&) {
          static_cast<InterruptsText*>(self)->step.store(1, relaxed);
          static_cast<InterruptsText*>(self)->step.store(2, relaxed);
          return true;
        },
        this);
    Rt::call(text, 0);
    step.store(3, relaxed);
  }
  std::array<Observation, 1> Observed() const { return seen; }
  static constexpr std::array<std::uint8_t, 2> kCode = {0xCC, 0xC3};  // INT3; RET
  Rt::CodeRegion text{kCode, {0}};
  Rt::Atomic<int> step{0, "step"};
  std::array<Observation, 1> seen{{{"handler", -1}}};
};

TEST(Contexts, ATrapsHandlerIsInterruptedByNmisAndInUserSpaceByAll) {
  using enum Interrupt;
  const auto outcomes = [](ModelCode code) { return Explore(std::move(code)).outcomes; };
  const Outcomes everywhere = {{-1}, {0}, {1}, {2}, {3}}, outside = {{-1}, {0}, {2}, {3}};
  EXPECT_EQ(outcomes(CodeOf<InterruptsText<kNmi>>(1)), everywhere);
  EXPECT_EQ(outcomes(CodeOf<InterruptsText<kIrq>>(1)), outside);
  EXPECT_EQ(outcomes(CodeOf<InterruptsText<kIrq>>(1, TrapDelivery::kUser)), everywhere);
}

// A started thread's handler uses an object that is destroyed once the thread has ended.
struct JoinsTheInterrupted {
  void Thread(int) {
    auto* const counter = Rt::make<Counter>();
    auto thread = Rt::Spawned::Start([counter] {
      Rt::set_interrupt_handler(Interrupt::kNmi, 1,
                                [counter] { counter->cell.fetch_add(1, relaxed); });
      counter->cell.fetch_add(1, relaxed);
    });
    thread.Wait();
    Rt::observe(seen[0], counter->cell.load(relaxed));
    Rt::destroy(counter);
  }
  std::array<Observation, 1> Observed() const { return seen; }
  struct Counter {
    Rt::Atomic<int> cell{0, "cell"};
  };
  std::array<Observation, 1> seen{{{"counter"}}};
};

TEST(Contexts, AThreadThatHasEndedIsNotInterrupted) {
  ModelCode code = CodeOf<JoinsTheInterrupted>(1);
  code.spawned = 1;
  const Explored e = Explore(std::move(code));
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.outcomes, (Outcomes{{1}, {2}}));
}

// The handler waits for what another thread does in between: right before the plain read, or right
// after it, is not the same.
template <bool kSaysSo>
struct WaitsInHandler {
  static constexpr bool kHandlersWait = kSaysSo;
  void Thread(int cpu) {
    if (cpu == 1) {
      go.await([](int v) { return v == 1; }, acquire, "go");
      cell.store(1);
      done.store(1, release);
      return;
    }
    Rt::set_interrupt_handler(Interrupt::kIrq, 1, [this] {
      came.store(1, relaxed);
      go.store(1, release);
      done.await([](int v) { return v == 1; }, acquire, "done");
    });
    const int read = cell.load();
    Rt::mask(Interrupt::kIrq);
    const int has_come = came.load(relaxed);
    if (has_come == 0) go.store(1, release);
    Rt::observe(seen[0], read);
    Rt::observe(seen[1], has_come);
    Rt::unmask(Interrupt::kIrq);
  }
  std::array<Observation, 2> Observed() const { return seen; }
  Rt::Plain<int> cell{0, "cell"};
  Rt::Atomic<int> go{0, "go"}, done{0, "done"}, came{0, "came"};
  std::array<Observation, 2> seen{{{"read"}, {"came"}}};
};

TEST(Contexts, HandlersThatWaitNeedEveryPointAndMustSaySo) {
  const Explored e = Explore(CodeOf<WaitsInHandler<true>>(2));
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.outcomes, (Outcomes{{0, 0}, {1, 1}, {0, 1}}));
  const Explored silent = Explore(CodeOf<WaitsInHandler<false>>(2));
  EXPECT_EQ(silent.error(), ErrorKind::kMisuse);
  EXPECT_THAT(silent.message(), HasSubstr("kHandlersWait"));
}

// Only an NMI that comes inside the IRQ writes the cell.
struct WritesInsideTheIrq {
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kIrq, 1, [this] {
      inside.store(1, relaxed);
      inside.store(0, relaxed);
    });
    Rt::set_interrupt_handler(Interrupt::kNmi, 1, [this] {
      if (inside.load(relaxed) == 1) cell.store(2);
    });
    cell.store(1);
  }
  Rt::Plain<int> cell{0, "cell"};
  Rt::Atomic<int> inside{0, "inside"};
};

TEST(Contexts, WhatAnInnerHandlerDoesIsBesideWhatTheOuterOneInterrupts) {
  EXPECT_EQ(Explore(CodeOf<WritesInsideTheIrq>(1)).error(), ErrorKind::kDataRace);
}

// The handler does one half; nobody does the other.
template <bool kWrites>
struct SpinsInVain {
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kIrq, 1, [this] {
      if (kWrites)
        a.store(1, relaxed);
      else
        (void)a.load(relaxed);
    });
    Rt::spin_until([this] { return a.load(relaxed) + b.load(relaxed) == 2; }, "both");
  }
  Rt::Atomic<int> a{0, "a"}, b{0, "b"};
};

TEST(Contexts, AConditionThatNoHandlerMakesTrueIsADeadlock) {
  EXPECT_EQ(Explore(CodeOf<SpinsInVain<true>>(1)).error(), ErrorKind::kDeadlock);
  EXPECT_EQ(Explore(CodeOf<SpinsInVain<false>>(1)).error(), ErrorKind::kDeadlock);
}

struct LeavesItsMask {
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kNmi, 1, [] { Rt::mask(Interrupt::kIrq); });
    cell.store(1, relaxed);
  }
  Rt::Atomic<int> cell{0, "cell"};
};

TEST(Contexts, AHandlerThatLeavesAMaskIsMisuse) {
  EXPECT_EQ(Explore(CodeOf<LeavesItsMask>(1)).error(), ErrorKind::kMisuse);
}

struct UnmasksTooOften {
  void Thread(int) { Rt::unmask(Interrupt::kIrq); }
};
struct MasksNmis {
  void Thread(int) { Rt::mask(Interrupt::kNmi); }
};

TEST(Contexts, MisuseIsReported) {
  EXPECT_EQ(Explore(CodeOf<UnmasksTooOften>(1)).error(), ErrorKind::kMisuse);
  EXPECT_EQ(Explore(CodeOf<MasksNmis>(1)).error(), ErrorKind::kMisuse);
}

}  // namespace
}  // namespace heddle
