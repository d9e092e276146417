// Does each CPU get back its own return addresses, the last one first, and who gets none?
#include "tracing/return_probes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/model/model_runtime.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using Rt = ModelRuntime;
using testing::AllOf;
using testing::HasSubstr;

struct Table {
  ReturnProbes<Rt, 2, 4, int> probes;
  void Hit(std::size_t cpu, int address) {
    Rt::check(probes.Hit(cpu, address), "a probe is missed");
  }
  int Return(std::size_t cpu) {
    return probes.Return(cpu, [this, cpu] {
      Rt::check(!probes.Hit(cpu, 9), "a probe under the lock");
      Rt::check(!probes.Hit(cpu, 9), "another one");
    });
  }
};

struct Interleaved : Table {
  void Thread(int) {
    Hit(0, 1);
    Hit(1, 2);
    Hit(0, 3);
    Hit(1, 4);
    Rt::check(Return(0) == 3, "not the last one of CPU 0");
    Rt::check(Return(1) == 4, "not the last one of CPU 1");
    Rt::check(Return(0) == 1, "not the first one of CPU 0");
    Hit(0, 5);
    Rt::check(Return(1) == 2, "not the first one of CPU 1");
    Rt::check(Return(0) == 5, "not the new one");
  }
};
TEST(ReturnProbes, ReturnsAreTheReverseOfCallsByCpu) { ExpectHolds(CodeOf<Interleaved>(1), 1); }

struct ReturnsFromNothing : Table {
  void Thread(int) {
    Hit(0, 1);
    probes.Return(1, [] {});
  }
};
TEST(ReturnProbes, AReturnWithoutACallIsMisuse) {
  EXPECT_THAT(MessageOf(CodeOf<ReturnsFromNothing>(1), model::ErrorKind::kMisuse),
              AllOf(HasSubstr("CPU 1 returns from a function that was not hit"),
                    HasSubstr("return_probes_test.cpp")));
}

}  // namespace
}  // namespace heddle
