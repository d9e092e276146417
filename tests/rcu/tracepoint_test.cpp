// Does a tracepoint without memory stay as it was, and is misuse told?
#include "rcu/tracepoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

#include "rcu/probe_readers.h"
#include "runtime/model/model_runtime.h"
#include "tests/support/sync_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::AllOf;
using testing::HasSubstr;
using Rt = ModelRuntime;

template <bool kFails>
struct OneCpu {
  static constexpr TracepointSteps kSteps =
      kFails ? TracepointSteps{} : TracepointSteps{}.WithMemory();
  using Readers = ProbeReaders<Rt, 1, ProbePolicy::kPlain>;
  Readers readers;
  VariableSite<Rt> site;
  int data[3] = {0, 1, 2};
  Tracepoint<Rt, VariableSite<Rt>, Readers, int, 2, kSteps> tracepoint{site, readers};
};

// Each call as a digit; a probe is called with its own data.
struct RegistersTwo : OneCpu<true> {
  void Thread(int) {
    for (const int function : {1, 2}) {
      const bool registered = tracepoint.Register(function, &data[function]);
      expected = registered ? 10 * expected + function : expected;
      int calls = 0;
      tracepoint.Hit(0, [&](int called, int* its) {
        Rt::check(*its == called, "another one's data");
        calls = 10 * calls + called;
      });
      Rt::check(calls == expected, "a failed Register changed something");
    }
    tracepoint.Clear();
    Rt::observe(seen[0], expected);
  }
  std::array<Observation, 1> Observed() const { return seen; }
  int expected = 0;
  std::array<Observation, 1> seen{{{"calls"}}};
};

TEST(Tracepoint, ARegisterWithoutMemoryChangesNothing) {
  const Explored e = Explore(CodeOf<RegistersTwo>(1));
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.outcomes, (std::set<std::vector<std::int64_t>>{{0}, {1}, {2}, {12}}));
  EXPECT_EQ(e.result.executions, 4U) << "each of two allocations fails, or does not";
}

struct RegistersTwice : OneCpu<false> {
  void Thread(int) {
    (void)tracepoint.Register(1, &data[1]);
    (void)tracepoint.Register(1, &data[1]);
  }
};
struct UnregistersNone : OneCpu<false> {
  void Thread(int) { tracepoint.Unregister(1); }
};
struct UnregistersAnother : OneCpu<false> {
  void Thread(int) {
    (void)tracepoint.Register(1, &data[1]);
    tracepoint.Unregister(2);
  }
};

struct HitsInIdleCode : OneCpu<false> {
  void Thread(int) {
    readers.rcu().Leave(0, Context::kIdle);
    tracepoint.Hit(0, [](int, int*) {});
  }
};

TEST(Tracepoint, MisuseIsReported) {
  const auto says = [](const std::string& message, const char* what) {
    EXPECT_THAT(message, AllOf(HasSubstr(what), HasSubstr("tracepoint_test.cpp")));
  };
  says(MessageOf(CodeOf<RegistersTwice>(1), ErrorKind::kMisuse), "registers probe 1");
  says(MessageOf(CodeOf<UnregistersNone>(1), ErrorKind::kMisuse), "unregisters probe 1");
  says(MessageOf(CodeOf<UnregistersAnother>(1), ErrorKind::kMisuse), "unregisters probe 2");
  says(MessageOf(CodeOf<HitsInIdleCode>(1), ErrorKind::kMisuse), "enters a reader");
}

}  // namespace
}  // namespace heddle
