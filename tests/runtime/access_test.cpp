// Are accesses that do not go together found: plain with atomic ones, and of different sizes?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::HasSubstr;
using Rt = ModelRuntime;
using enum std::memory_order;

enum class Access { kNone, kPlainStore, kPlainLoad, kAtomicStore, kAtomicLoad };

// One access each, unordered.
template <Access kFirst, Access kSecond>
struct TwoAccesses {
  void Thread(int cpu) { Do(cpu == 0 ? kFirst : kSecond); }
  void Do(Access access) {
    switch (access) {
      case Access::kNone:
        return;
      case Access::kPlainStore:
        return x.plain_store(1);
      case Access::kPlainLoad:
        return (void)x.plain_load();
      case Access::kAtomicStore:
        return x.store(2, seq_cst);
      case Access::kAtomicLoad:
        return (void)x.load(seq_cst);
    }
  }
  Rt::Atomic<int> x{0, "x"};
};

TEST(PlainAccesses, RaceWithAtomicOnes) {
  for (const model::MemoryModel* m : model::AllModels()) {
    for (const Explored& e : {
             Explore(CodeOf<TwoAccesses<Access::kPlainStore, Access::kAtomicLoad>>(2), *m),
             Explore(CodeOf<TwoAccesses<Access::kPlainStore, Access::kAtomicStore>>(2), *m),
             Explore(CodeOf<TwoAccesses<Access::kPlainStore, Access::kPlainStore>>(2), *m),
             Explore(CodeOf<TwoAccesses<Access::kPlainLoad, Access::kAtomicStore>>(2), *m),
             Explore(CodeOf<TwoAccesses<Access::kAtomicStore, Access::kPlainLoad>>(2), *m),
         }) {
      EXPECT_EQ(e.error(), ErrorKind::kDataRace) << m->name;
      EXPECT_THAT(e.message(), HasSubstr("'x'"));
    }
    for (const Explored& e : {
             Explore(CodeOf<TwoAccesses<Access::kPlainLoad, Access::kAtomicLoad>>(2), *m),
             Explore(CodeOf<TwoAccesses<Access::kAtomicStore, Access::kAtomicLoad>>(2), *m),
             Explore(CodeOf<TwoAccesses<Access::kPlainStore, Access::kNone>>(2), *m),
         })
      EXPECT_TRUE(e.holds()) << m->name << e.message();
  }
}

// An atomic that a thread makes is published by `kPublish`; its construction is not atomic.
template <std::memory_order kPublish>
struct PublishesAnAtomic {
  struct Box {
    Rt::Atomic<int> x{7, "box.x"};
  };
  void Thread(int cpu) {
    if (cpu == 0) {
      box.store(Rt::make<Box>(), kPublish);
    } else if (Box* const b = box.load(acquire)) {
      Rt::check(b->x.load(relaxed) == 7, "initialised");
    }
  }
  void Finish() { Rt::destroy(box.load(relaxed)); }
  Rt::Atomic<Box*> box{nullptr, "box"};
};

TEST(PlainAccesses, InitialisationIsOne) {
  EXPECT_TRUE(Explore(CodeOf<PublishesAnAtomic<release>>(2)).holds());
  const Explored e = Explore(CodeOf<PublishesAnAtomic<relaxed>>(2));
  EXPECT_EQ(e.error(), ErrorKind::kDataRace);
  EXPECT_THAT(e.message(), HasSubstr("'box.x'"));
}

// What no cell can do, an operation that is made by hand can.
template <int kBytes>
struct ReadsBytes {
  void Thread(int cpu) {
    if (cpu == 0) return x.store(1, relaxed);
    Machine::Current().Perform({.kind = model::Kind::kRead,
                                .bytes = kBytes,
                                .location = 0,
                                .line = 5,
                                .file = "reader.h"});
  }
  Rt::Atomic<int> x{0, "x"};
};

TEST(Sizes, OfTheAccessesToALocationAreTheSame) {
  for (const model::MemoryModel* m : model::AllModels()) {
    EXPECT_TRUE(Explore(CodeOf<ReadsBytes<4>>(2), *m).holds());
    const Explored e = Explore(CodeOf<ReadsBytes<2>>(2), *m);
    EXPECT_EQ(e.error(), ErrorKind::kMixedSizes);
    EXPECT_THAT(e.message(), HasSubstr("overlapping accesses of different size to 'x'"));
    EXPECT_THAT(e.message(), HasSubstr("write (event 0) of 4 bytes at "));
    EXPECT_THAT(e.message(), HasSubstr("read (event 0) of 2 bytes at reader.h:5"));
  }
}

}  // namespace
}  // namespace heddle
