// Is misuse of preemptible RCU reported, by task and place?
#include "rcu/rcu_preempt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/model/model_runtime.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::AllOf;
using testing::HasSubstr;

struct OneTask {
  RcuPreempt<ModelRuntime, 1, 1> rcu;
};

template <typename P>
void ExpectMisuse(const char* what) {
  EXPECT_THAT(MessageOf(CodeOf<P>(1), ErrorKind::kMisuse),
              AllOf(HasSubstr(what), HasSubstr("rcu_preempt_test.cpp")));
}

struct UnlocksUnlocked : OneTask {
  void Thread(int) {
    rcu.Start(0, 0);
    rcu.ReadUnlock(0);
  }
};
struct EndsInside : OneTask {
  void Thread(int) {
    rcu.Start(0, 0);
    rcu.ReadLock(0);
    rcu.End(0);
  }
};
struct Nests : OneTask {
  void Thread(int) {
    rcu.Start(0, 0);
    rcu.ReadLock(0);
    rcu.ReadLock(0);
    rcu.ReadUnlock(0);
    rcu.ReadUnlock(0);
    rcu.End(0);
  }
};

TEST(RcuPreempt, MisuseIsReported) {
  ExpectMisuse<UnlocksUnlocked>("task 0 leaves a reader, but is in none");
  ExpectMisuse<EndsInside>("task 0 ends inside a reader");
}

TEST(RcuPreempt, ReadersNest) { EXPECT_TRUE(Explore(CodeOf<Nests>(1)).holds()); }

}  // namespace
}  // namespace heddle
