// Does SRCU hold beyond the catalog's bounds, and does it tell what is wrong with its use?
#include "rcu/srcu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "scenarios/srcu.h"
#include "tests/support/check_program.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using Rt = ModelRuntime;
using Domain = Srcu<Rt, 2>;
using enum std::memory_order;

template <SrcuBounds kBounds, SrcuSteps kSteps = SrcuSteps{}>
Explored ExploreSrcu(const model::MemoryModel& model, int spin_rounds = 0) {
  ModelCode code = CodeOf<SrcuProgram<Rt, kBounds, kSteps>>(3);
  code.isolated = true;
  code.spin_rounds = spin_rounds;
  return Explore(code, model);
}

// Without the step nothing is different: as many executions, the same outcomes, no error.
template <SrcuBounds kBounds, SrcuSteps kWith, SrcuSteps kWithout>
void ExpectRedundant() {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored with = ExploreSrcu<kBounds, kWith>(*m);
    const Explored without = ExploreSrcu<kBounds, kWithout>(*m);
    EXPECT_TRUE(with.holds()) << m->name << ": " << with.message();
    EXPECT_TRUE(without.holds()) << m->name << ": " << without.message();
    EXPECT_EQ(without.result.executions, with.result.executions) << m->name;
    EXPECT_EQ(without.outcomes, with.outcomes) << m->name;
  }
}

constexpr SrcuBounds kPeriods{.periods = 2, .sections = 2};
constexpr SrcuBounds kWrap{.periods = 1, .sections = 5, .second_only_locks = true};

TEST(Srcu, EIsRedundant) {
  ExpectRedundant<kPeriods, SrcuSteps{}, SrcuSteps{.e = false}>();
  ExpectRedundant<kWrap, SrcuSteps{.modulus = 4}, SrcuSteps{.e = false, .modulus = 4}>();
}

TEST(Srcu, ABetweenTheSumsMakesTheBarriersAtStartAndEndRedundant) {
  ExpectRedundant<kPeriods, SrcuSteps{}, SrcuSteps{.e = false, .start = false, .end = false}>();
}

// D bounds how often a reader locks under the old index, however often it comes and goes.
TEST(Srcu, TwoBitsAreEnoughForTwoReadersWithManySections) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreSrcu<kWrap, SrcuSteps{.modulus = 4}>(*m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
  }
}

TEST(Srcu, ThreeGracePeriodsHold) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreSrcu<SrcuBounds{.periods = 3, .sections = 1}>(*m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
  }
}

TEST(Srcu, ScansThatReallySpinShowNothingElse) {
  constexpr SrcuBounds kSmall{.periods = 1, .sections = 1};
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = ExploreSrcu<kSmall>(*m, /*spin_rounds=*/1);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
    EXPECT_EQ(e.outcomes, ExploreSrcu<kSmall>(*m).outcomes) << m->name;
  }
}

// --- rules of use

template <void (*kBody)(Domain&)>
struct OneThread {
  void Thread(int) { kBody(domain); }
  Domain domain{"d"};
};

void Nest(Domain& d) {
  const int outer = d.ReadLock(0);
  const int inner = d.ReadLock(0);
  d.ReadUnlock(1, outer);
  d.ReadUnlock(0, inner);
  d.Synchronize();
  d.ReadUnlock(0, d.ReadLock(1));
  d.Synchronize();
}
TEST(Srcu, ReadersNestAndMove) { ExpectHolds(CodeOf<OneThread<Nest>>(1), 1); }

void UnlockWithoutLock(Domain& d) { d.ReadUnlock(0, 0); }
void UnlockTwice(Domain& d) {
  const int i = d.ReadLock(0);
  d.ReadUnlock(0, i);
  d.ReadUnlock(0, i);
}
TEST(Srcu, UnlockWithoutLockIsMisuse) {
  const std::string expected =
      "thread 0 unlocks srcu 'd', which it has not locked [tests/rcu/srcu_test.cpp]";
  EXPECT_EQ(MessageOf(CodeOf<OneThread<UnlockWithoutLock>>(1), ErrorKind::kMisuse), expected);
  EXPECT_EQ(MessageOf(CodeOf<OneThread<UnlockTwice>>(1), ErrorKind::kMisuse), expected);
}

void UnlockWrongIndex(Domain& d) { d.ReadUnlock(0, 1 - d.ReadLock(0)); }
void UnlockNoIndex(Domain& d) {
  static_cast<void>(d.ReadLock(0));
  d.ReadUnlock(0, -1);
}
TEST(Srcu, UnlockWithAnotherIndexIsMisuse) {
  EXPECT_EQ(MessageOf(CodeOf<OneThread<UnlockWrongIndex>>(1), ErrorKind::kMisuse),
            "thread 0 unlocks srcu 'd' with index 1, but has locked it with index 0 "
            "[tests/rcu/srcu_test.cpp]");
  EXPECT_EQ(MessageOf(CodeOf<OneThread<UnlockNoIndex>>(1), ErrorKind::kMisuse),
            "thread 0 unlocks srcu 'd' with index -1, but has locked it with index 0 "
            "[tests/rcu/srcu_test.cpp]");
}

void SynchronizeInside(Domain& d) {
  static_cast<void>(d.ReadLock(0));
  d.Synchronize();
}
TEST(Srcu, SynchronizeInsideAReaderIsMisuse) {
  EXPECT_EQ(MessageOf(CodeOf<OneThread<SynchronizeInside>>(1), ErrorKind::kMisuse),
            "thread 0 synchronizes srcu 'd' inside a critical section of it: it would wait for "
            "itself [tests/rcu/srcu_test.cpp]");
}

// An NMI that reads; nobody waits.
template <typename Reads>
struct ReadsInNmi {
  void Thread(int) {
    Rt::set_interrupt_handler(Interrupt::kNmi, 1,
                              [this] { domain.ReadUnlock(0, domain.ReadLock(0)); });
    domain.ReadUnlock(0, domain.ReadLock(0));
  }
  Reads domain{"d"};
};
TEST(Srcu, ALockInAnNmiIsMisuseUnlessTheCountersAreNmiSafe) {
  EXPECT_EQ(MessageOf(CodeOf<ReadsInNmi<Domain>>(1), ErrorKind::kMisuse),
            "thread 0 locks srcu 'd' in an NMI, which may have come amid an increment of its "
            "counters [tests/rcu/srcu_test.cpp]");
  using Safe = Srcu<Rt, 2, SrcuSteps{.nmisafe_lock = true, .nmisafe_unlock = true}>;
  EXPECT_TRUE(Explore(CodeOf<ReadsInNmi<Safe>>(1)).holds());
  using Half = Srcu<Rt, 2, SrcuSteps{.nmisafe_lock = true}>;
  EXPECT_EQ(Explore(CodeOf<ReadsInNmi<Half>>(1)).error(), ErrorKind::kMisuse);
}

struct OtherDomain {
  void Thread(int) {
    const int i = mine.ReadLock(0);
    other.Synchronize();
    mine.ReadUnlock(0, i);
  }
  Domain mine{"mine"}, other{"other"};
};
TEST(Srcu, ReadersOfOneDomainMaySynchronizeAnother) { ExpectHolds(CodeOf<OtherDomain>(1), 1); }

struct TwoUpdaters {
  void Thread(int) { domain.Synchronize(); }
  Domain domain{"d"};
};
TEST(Srcu, TwoUpdatersAtOnceRace) {
  EXPECT_THAT(MessageOf(CodeOf<TwoUpdaters>(2), ErrorKind::kDataRace),
              HasSubstr("'in Synchronize'"));
}

struct OutsideTheCpus {
  void Thread(int) { static_cast<void>(domain.ReadLock(2)); }
  Domain domain{"d"};
};
TEST(Srcu, CpusThatTheDomainDoesNotHaveAreErrors) {
  EXPECT_NE(MessageOf(CodeOf<OutsideTheCpus>(1), ErrorKind::kOutOfBounds), "");
}

// A reader waits for the end of a grace period: for ever if the grace period may have begun after
// it; but not if its index tells that the flip is behind it.
template <bool kAnyIndex>
struct WaitsForTheEnd {
  void Thread(int cpu) {
    if (cpu == 0) {
      domain.Synchronize();
      ended.store(1, release);
      return;
    }
    const int i = domain.ReadLock(0);
    if (kAnyIndex || i == 1) ended.await([](int e) { return e == 1; }, acquire, "the end");
    domain.ReadUnlock(0, i);
  }
  Domain domain{"d"};
  Rt::Atomic<int> ended{0, "ended"};
};
TEST(Srcu, AReaderThatWaitsForTheEndOfAGracePeriodIsADeadlock) {
  EXPECT_THAT(MessageOf(CodeOf<WaitsForTheEnd<true>>(2), ErrorKind::kDeadlock),
              HasSubstr("readers to leave their critical sections"));
}
TEST(Srcu, AReaderThatBeganAfterTheFlipIsNotWaitedFor) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored e = Explore(CodeOf<WaitsForTheEnd<false>>(2), *m);
    EXPECT_TRUE(e.holds()) << m->name << ": " << e.message();
  }
}

}  // namespace
}  // namespace heddle
