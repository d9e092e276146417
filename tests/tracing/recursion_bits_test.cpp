// Are levels told apart, bits handed out as they should be, and broken rules reported?
#include "tracing/recursion_bits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/model/model_runtime.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using Rt = ModelRuntime;
using model::ErrorKind;
using testing::AllOf;
using testing::HasSubstr;

struct OneTask {
  ContextRecord<Rt> record;
  RecursionBits<Rt> bits;
};

template <typename P>
void ExpectMisuse(const char* what) {
  EXPECT_THAT(MessageOf(CodeOf<P>(1), ErrorKind::kMisuse),
              AllOf(HasSubstr(what), HasSubstr("recursion_bits_test.cpp")));
}

struct EndsNoIrq : OneTask {
  void Thread(int) {
    record.Enter(Level::kNmi);
    record.Exit(Level::kIrq);
  }
};
struct EndsNormal : OneTask {
  void Thread(int) { record.Exit(Level::kNormal); }
};
struct ExitsTwice : OneTask {
  void Thread(int) {
    const int bit = bits.Enter(record);
    bits.Exit(bit);
    bits.Exit(bit);
  }
};
struct ExitsDropped : OneTask {
  void Thread(int) { bits.Exit(RecursionBits<Rt>::kDropped); }
};

TEST(RecursionBits, MisuseIsReportedByPlace) {
  ExpectMisuse<EndsNoIrq>("ends a handler of level IRQ, but has begun none");
  ExpectMisuse<EndsNormal>("ends a handler of level normal");
  ExpectMisuse<ExitsTwice>("with bit 0, which is not held");
  ExpectMisuse<ExitsDropped>("with bit -1, which is not held");
}

struct Levels : OneTask {
  void Thread(int) {
    Is(Level::kNormal);
    for (const Level level : {Level::kSoftirq, Level::kIrq, Level::kNmi}) {
      record.Enter(level);
      Is(level);
    }
    record.Enter(Level::kIrq);  // an IRQ's handler, as its entry code says, in an NMI: still an NMI
    Is(Level::kNmi);
    record.Exit(Level::kIrq);
    record.Exit(Level::kNmi);
    record.Enter(Level::kIrq);  // twice
    record.Exit(Level::kIrq);
    Is(Level::kIrq);
    record.Exit(Level::kIrq);
    Is(Level::kSoftirq);
    record.Exit(Level::kSoftirq);
    Is(Level::kNormal);
  }
  void Is(Level level) { Rt::check(record.Recorded() == level, "another level was recorded"); }
};
TEST(RecursionBits, TheHighestRecordedLevelCounts) { ExpectHolds(CodeOf<Levels>(1), 1); }

// Every level twice: the second time in the first one takes the transition bit, if it is free.
struct Bits : OneTask {
  using B = RecursionBits<Rt>;
  void Thread(int) {
    const int normal = Enter(0);
    record.Enter(Level::kIrq);
    const int irq = Enter(static_cast<int>(Level::kIrq));
    const int again = Enter(B::kTransition);
    Rt::check(bits.Enter(record) == B::kDropped, "a recursion is let in twice");
    record.Enter(Level::kNmi);
    const int nmi = Enter(static_cast<int>(Level::kNmi));
    Rt::check(bits.Enter(record) == B::kDropped, "the transition bit is handed out twice");
    bits.Exit(nmi);
    record.Exit(Level::kNmi);
    bits.Exit(again);
    bits.Exit(Enter(B::kTransition));
    bits.Exit(irq);
    record.Exit(Level::kIrq);
    bits.Exit(normal);
    Rt::check(bits.word() == 0, "a bit is left");
  }
  int Enter(int expected) {
    const int bit = bits.Enter(record);
    Rt::check(bit == expected, "another bit was handed out");
    return bit;
  }
};
TEST(RecursionBits, EachLevelHasABitAndAllHaveOneMore) { ExpectHolds(CodeOf<Bits>(1), 1); }

}  // namespace
}  // namespace heddle
