// Does fast SRCU hold beyond the catalog's bounds, and does it tell what is wrong with its use?
#include "rcu/srcu_fast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/srcu_fast.h"
#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::HasSubstr;
using Rt = ModelRuntime;
using Domain = SrcuFast<Rt, 2>;

template <SrcuBounds kBounds, SrcuFastSteps kSteps = SrcuFastSteps{}>
Explored ExploreFast(int threads, const model::MemoryModel& model) {
  ModelCode code = CodeOf<SrcuProgramOf<Rt, kBounds, SrcuFast<Rt, 3, kSteps>>>(threads);
  code.isolated = true;
  return Explore(code, model);
}

TEST(SrcuFast, HoldsForTwoReadersThatBothReadTheObject) {
  const Explored e = ExploreFast<SrcuBounds{.periods = 1, .sections = 1}>(3, model::Rc11());
  EXPECT_TRUE(e.holds()) << e.message();
}

TEST(SrcuFast, HoldsForTwoSectionsAndTwoPeriods) {
  const Explored e = ExploreFast<SrcuBounds{.periods = 2, .sections = 2}>(2, model::Rc11());
  EXPECT_TRUE(e.holds()) << e.message();
}

// More barriers than A and D exclude nothing that could be seen.
TEST(SrcuFast, TheOtherBarriersAreRedundant) {
  constexpr SrcuBounds kBounds{.periods = 2, .sections = 1};
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored lean = ExploreFast<kBounds>(2, *m);
    for (const Explored& full : {ExploreFast<kBounds, SrcuFastSteps{.e = true}>(2, *m),
                                 ExploreFast<kBounds, SrcuFastSteps{.start = true}>(2, *m),
                                 ExploreFast<kBounds, SrcuFastSteps{.end = true}>(2, *m)}) {
      EXPECT_TRUE(full.holds()) << m->name << ": " << full.message();
      EXPECT_EQ(full.outcomes, lean.outcomes) << m->name;
    }
  }
}

// A reader keeps the updater waiting, as long as it likes.
struct NeverLeaves {
  void Thread(int cpu) {
    if (cpu == 0) return domain.Synchronize();
    static_cast<void>(domain.ReadLock(1));
  }
  Domain domain{"d"};
};

TEST(SrcuFast, AnUpdaterThatWaitsForEverIsADeadlock) {
  const Explored e = Explore(CodeOf<NeverLeaves>(2));
  EXPECT_EQ(e.error(), ErrorKind::kDeadlock);
  EXPECT_THAT(e.message(), HasSubstr("readers to leave their critical sections"));
}

enum class Misuse { kNone, kNotLocked, kOther, kInside };

template <Misuse kMisuse>
struct Misused {
  void Thread(int) {
    auto* const held = domain.ReadLock(0);
    domain.ReadUnlock(0, domain.ReadLock(1));
    if constexpr (kMisuse == Misuse::kInside) domain.Synchronize();
    if constexpr (kMisuse == Misuse::kOther) domain.ReadUnlock(0, held + 1);
    domain.ReadUnlock(1, held);
    if constexpr (kMisuse == Misuse::kNotLocked) domain.ReadUnlock(1, held);
    domain.Synchronize();
  }
  Domain domain{"d"};
};

TEST(SrcuFast, ReportsMisuse) {
  EXPECT_TRUE(Explore(CodeOf<Misused<Misuse::kNone>>(1)).holds());
  const auto reports = [](const Explored& e, const char* what) {
    EXPECT_EQ(e.error(), ErrorKind::kMisuse);
    EXPECT_THAT(e.message(), HasSubstr(what));
  };
  reports(Explore(CodeOf<Misused<Misuse::kNotLocked>>(1)),
          "unlocks fast srcu 'd', which it has not locked");
  reports(Explore(CodeOf<Misused<Misuse::kOther>>(1)),
          "unlocks fast srcu 'd' with what it has not locked it with");
  reports(Explore(CodeOf<Misused<Misuse::kInside>>(1)), "inside a critical section of it");
}

struct TwoUpdaters {
  void Thread(int) { domain.Synchronize(); }
  Domain domain{"d"};
};
struct OneSlot {
  void Thread(int) { domain.ReadUnlock(0, domain.ReadLock(0)); }
  Domain domain{"d"};
};

TEST(SrcuFast, HasOneUpdaterAtATimeAndOneReaderPerSlot) {
  EXPECT_EQ(Explore(CodeOf<TwoUpdaters>(2)).error(), ErrorKind::kMisuse);
  const Explored e = Explore(CodeOf<OneSlot>(2));
  EXPECT_EQ(e.error(), ErrorKind::kDataRace);
  EXPECT_THAT(e.message(), HasSubstr("locks[0]"));
}

}  // namespace
}  // namespace heddle
