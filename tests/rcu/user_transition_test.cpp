// Do transitions account on both sides, and inner ones not at all?
#include "rcu/user_transition.h"

#include <gtest/gtest.h>

#include "runtime/model/model_runtime.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using Rt = ModelRuntime;

struct Accounts {
  void Thread(int) {
    int before = 0, after = 0;  // the context's change
    const auto account = [&] { ++(contexts.IsWatching(0) ? before : after); };
    transition.EnterUser(0, account);
    Rt::check(before == 1 && after == 1, "not on both sides of the way to user mode");
    transition.ExitUser(0, [&] {
      account();
      transition.Exception(0, account,
                           [&] { Rt::check(transition.IsWithin(0), "not within a transition"); });
    });
    Rt::check(before == 2 && after == 2, "an inner transition accounts");
    Rt::check(!transition.IsWithin(0), "still within a transition");
    transition.Exception(
        0, account, [&] { Rt::check(contexts.IsWatching(0), "RCU does not watch the kernel"); });
    Rt::check(before == 2 && after == 2, "an exception in the kernel comes from user mode");
  }
  ContextTracking<Rt, 1> contexts;
  UserTransition<Rt, 1> transition{contexts};
};
TEST(UserTransition, OnlyTheOutermostOneDoesAnything) { ExpectHolds(CodeOf<Accounts>(1), 1); }

}  // namespace
}  // namespace heddle
