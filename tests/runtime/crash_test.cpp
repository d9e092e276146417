// Does a crash or an endless loop of the code under test become a report, and Heddle live on?
#undef NDEBUG  // assert() is under test
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/replay.h"
#include "runtime/check/check.h"
#include "runtime/model/crash_guard.h"
#include "tests/support/check_program.h"
#include "tests/support/golden.h"
#include "tests/support/publishes_too_early.h"
#include "tests/support/read_through_null.h"

// What was on the stacks of crashed code is lost on purpose; named narrowly, for other leaks
// matter.
#if defined(__SANITIZE_ADDRESS__)
extern "C" const char* __lsan_default_suppressions();
const char* __lsan_default_suppressions() {
  return "leak:CrashesInSetUp\nleak:CrashesWhileUnwinding\nleak:Allocate\n";
}
#endif

namespace heddle {
namespace {

using model::ErrorKind;
using testing::ExitedWithCode;
using testing::HasSubstr;
using testing::StartsWith;
using Rt = ModelRuntime;
using enum std::memory_order;

// --- ways to crash

volatile int zero = 0, seven = 7;
volatile unsigned counter = 0;

HEDDLE_UNSANITIZED void WriteWildly() { *reinterpret_cast<volatile int*>(0x7000'1234'5678) = 1; }
HEDDLE_UNSANITIZED void WriteToNoAddress() {
  *reinterpret_cast<volatile int*>(0x8000'0000'0000'0000) = 1;
}
[[maybe_unused]] HEDDLE_UNSANITIZED void DivideByZero() {
  counter = static_cast<unsigned>(seven / zero);
}
HEDDLE_UNSANITIZED int Recurse(int depth) {
  std::array<volatile char, 512> frame;
  frame[static_cast<std::size_t>(depth) % 512] = 1;
  return zero != 0 ? depth : Recurse(depth + 1) + frame[0];
}
void Overflow() { counter = static_cast<unsigned>(Recurse(0)); }
[[maybe_unused]] void Trap() { __builtin_trap(); }
void Abort() { std::abort(); }
void FailAssertion() { assert(counter == 0 && zero != 0); }
void LoopForEver() {
  while (zero == 0) counter = counter + 1;
}
void Allocate() {  // mostly inside the C library
  while (zero == 0) {
    const std::vector<int> small(100), large(10'000 + counter % 100);
    counter = counter + 1;
  }
}
void Throw() { throw std::runtime_error("nobody can catch this"); }
void ThrowFromNoexcept() noexcept { Throw(); }
void ThrowAnInt() { throw 42; }

// Thread 1 crashes after one operation.
template <void (*kCrash)()>
struct Crashes {
  static constexpr int kLine = __LINE__ + 2;
  void Thread(int cpu) {
    x.store(cpu, relaxed);
    if (cpu == 1) kCrash();
  }
  Rt::Atomic<int> x{0, "x"};
};

// A loop is called endless soon.
class Impatiently {
 public:
  Impatiently() { CrashGuard::set_hang_timeout(std::chrono::milliseconds(100)); }
  ~Impatiently() { CrashGuard::set_hang_timeout(std::chrono::seconds(2)); }
};

template <void (*kCrash)()>
std::string MessageOf(ErrorKind kind = ErrorKind::kCrash) {
  const std::string where = " in thread 1, after its operation at tests/runtime/crash_test.cpp:" +
                            std::to_string(Crashes<kCrash>::kLine);
  const Explored e = Explore(CodeOf<Crashes<kCrash>>(2));
  EXPECT_EQ(e.error(), kind);
  EXPECT_THAT(e.message(), testing::EndsWith(where));
  return e.message().substr(0, e.message().size() - std::min(where.size(), e.message().size()));
}

TEST(Crash, OfEveryKindIsNamed) {
  EXPECT_EQ(MessageOf<ReadThroughNull>(), "segmentation fault at address 0x18");
  EXPECT_EQ(MessageOf<WriteWildly>(), "segmentation fault at a wild address");
#if defined(__x86_64__)
  EXPECT_EQ(MessageOf<WriteToNoAddress>(), "segmentation fault at a wild address");
  EXPECT_EQ(MessageOf<DivideByZero>(), "integer division by zero or overflow");
  EXPECT_EQ(MessageOf<Trap>(), "illegal instruction");
#elif defined(__aarch64__)  // ignores the top byte of an address; x / 0 is 0
  EXPECT_EQ(MessageOf<WriteToNoAddress>(), "segmentation fault at address 0x0");
  EXPECT_EQ(MessageOf<Trap>(), "trap instruction");
#endif
  EXPECT_EQ(MessageOf<Abort>(), "abort()");
}

TEST(Crash, OfAnAssertionTellsWhichOne) {
  EXPECT_THAT(MessageOf<FailAssertion>(),
              StartsWith("failed assertion 'counter == 0 && zero != 0' at tests/runtime/"));
}

TEST(Crash, OfTheStackTellsItsSize) {
  EXPECT_EQ(MessageOf<Overflow>(), "stack overflow: more than 256 KiB");
}

TEST(Crash, OfAnExceptionThatNobodyMayCatchTellsWhatItSays) {
  EXPECT_EQ(MessageOf<ThrowFromNoexcept>(),
            "std::terminate() after an exception: nobody can catch this");
  EXPECT_EQ(std::uncaught_exceptions(), 0);
  EXPECT_FALSE(std::current_exception());
}

TEST(Crash, IsNotWhatAnExceptionThatLeavesTheThreadIs) {
  const Explored e = Explore(CodeOf<Crashes<ThrowAnInt>>(2));
  EXPECT_EQ(e.error(), ErrorKind::kCheckFailed);
  EXPECT_THAT(e.message(), HasSubstr("no std::exception"));
}

TEST(EndlessLoop, WithoutOperationsIsReported) {
  const Impatiently impatiently;
  EXPECT_EQ(MessageOf<LoopForEver>(ErrorKind::kEndlessLoop), "endless loop without an operation");
}

TEST(EndlessLoop, InsideTheAllocatorLeavesItInOrder) {
  const Impatiently impatiently;
  EXPECT_EQ(MessageOf<Allocate>(ErrorKind::kEndlessLoop), "endless loop without an operation");
  std::vector<std::string> more;  // as much as the explorer may like
  for (std::size_t i = 0; i < 1000; ++i) more.emplace_back(100 + i, 'x');
}

// Slow between operations, but never stuck.
struct TakesItsTime {
  void Thread(int cpu) {
    if (cpu == 1) return;
    for (int i = 0; i < 4; ++i) {
      const std::clock_t start = std::clock();
      while (std::clock() - start < CLOCKS_PER_SEC / 20) counter = counter + 1;
      x.store(i, relaxed);
    }
  }
  Rt::Atomic<int> x{0, "x"};
};

TEST(EndlessLoop, IsNotASlowOne) {
  const Impatiently impatiently;
  EXPECT_TRUE(Explore(CodeOf<TakesItsTime>(2)).holds());
}

// --- before, between and after operations

struct CrashesAtOnce {
  void Thread(int) { ReadThroughNull(); }
};

TEST(Crash, BeforeAnyOperationSaysSo) {
  EXPECT_EQ(Explore(CodeOf<CrashesAtOnce>(1)).message(),
            "segmentation fault at address 0x18 in thread 0, before its first operation");
}

struct CrashesWhileOthersWait {
  void Thread(int cpu) {
    if (cpu == 0) Rt::spin_until([this] { return flag.load(acquire) == 1; }, "the flag");
    if (cpu == 1) {
      std::string on_the_stack = "of a thread that waits";
      (void)other.await([](int v) { return v == 1; }, acquire, "the other flag");
    }
    if (cpu == 2) {
      flag.store(2, relaxed);
      ReadThroughNull();
    }
  }
  Rt::Atomic<int> flag{0, "flag"}, other{0, "other"};
};

TEST(Crash, IsReportedWhileOthersWait) {
  EXPECT_EQ(Explore(CodeOf<CrashesWhileOthersWait>(3)).error(), ErrorKind::kCrash);
}

struct CrashesWhileUnwinding {
  struct Guard {
    Rt::Atomic<Pair*>& p;
    ~Guard() {
      if (p.load(relaxed) == nullptr) ReadThroughNull();  // reads give 0 when all is over
    }
  };
  void Thread(int) {
    const Guard guard{p};
    Rt::spin_until([] { return false; }, "what never comes");
  }
  Pair pair{};
  Rt::Atomic<Pair*> p{&pair, "p"};
};

TEST(Crash, OfAThreadThatIsGivenUpIsOfNoInterest) {
  EXPECT_EQ(Explore(CodeOf<CrashesWhileUnwinding>(2)).error(), ErrorKind::kDeadlock);
}

// Exceptions are each thread's own, also when they are handled in turns.
struct HandlesExceptionsInTurns {
  void Thread(int cpu) {
    const std::string mine = "of thread " + std::to_string(cpu);
    try {
      throw std::runtime_error(mine);
    } catch (const std::exception&) {
      turn.store(cpu, relaxed);
      (void)turn.load(relaxed);
      try {
        throw;
      } catch (const std::exception& again) {
        Rt::check(again.what() == mine, "the exception is another thread's");
      }
    }
  }
  Rt::Atomic<int> turn{0, "turn"};
};

TEST(Exceptions, BelongToTheirThread) {
  const Explored e = Explore(CodeOf<HandlesExceptionsInTurns>(2));
  EXPECT_TRUE(e.holds()) << e.message();
}

// --- the report

template <typename P>
Subject SubjectOf(std::string name) {
  Subject s;
  s.scenario = std::move(name);
  s.threads = 2;
  s.make = [] { return std::make_unique<TestInstance<P>>(); };
  s.expected_outcomes = {{{}, Grade::kAllowed, Grade::kAllowed, Grade::kAllowed, "the only one"}};
  return s;
}

TEST(CrashReport, ShowsTheInterleavingThatLeadsThere) {
  const Subject s = SubjectOf<PublishesTooEarly>("publishes too early");
  const CheckResult r = Check(s, model::Rc11(), TrapDelivery::kKernel, {});
  EXPECT_EQ(r.verdict, CheckVerdict::kViolation);
  EXPECT_EQ(r.error, "crash");
  ExpectGolden("crash.txt", r.report);
  EXPECT_EQ(Check(s, model::Sc(), TrapDelivery::kKernel, {}).verdict, CheckVerdict::kHolds);
  EXPECT_EQ(Check(s, model::Tso(), TrapDelivery::kKernel, {}).verdict, CheckVerdict::kHolds);
  EXPECT_EQ(Check(s, model::Rc11(), TrapDelivery::kKernel, {}).report, r.report);
}

TEST(CrashReport, ReplaysTheSameWay) {
  const Explored e = Explore(CodeOf<PublishesTooEarly>(2));
  const std::string execution = model::EncodeExecution(e.result.violation->graph);
  Machine machine(CodeOf<PublishesTooEarly>(2));
  for (int i = 0; i < 3; ++i) {
    const auto again = model::ReplayExecution(machine, model::Rc11(), execution, {});
    ASSERT_TRUE(again.violation);
    EXPECT_EQ(again.violation->message, e.message());
  }
}

TEST(CrashReport, OfAnIsolatedProgramIsTheSame) {
  Subject s = SubjectOf<PublishesTooEarly>("publishes too early");
  const std::string report = Check(s, model::Rc11(), TrapDelivery::kKernel, {}).report;
  s.isolated = true;
  EXPECT_EQ(Check(s, model::Rc11(), TrapDelivery::kKernel, {}).report, report);
}

TEST(Machines, GoOnAfterACrash) {
  Machine machine(CodeOf<PublishesTooEarly>(2));
  model::ExploreOptions all;
  all.stop_at_first_error = false;
  for (int i = 0; i < 3; ++i) {
    const auto result = model::ExploreByRevisits(machine, model::Rc11(), all, {});
    EXPECT_TRUE(result.complete);
    EXPECT_TRUE(result.violation);
    // The flag read as 0; as 1, and the pointer as it is.  As 1 and null: the crash.
    EXPECT_EQ(result.executions, 2U);
  }
}

// --- outside threads

struct CrashesInSetUp {
  CrashesInSetUp() { ReadThroughNull(); }
  void Thread(int) {}
};
struct CrashesAtTheEnd {
  void Thread(int) {}
  void Finish() { ReadThroughNull(); }
};
struct NeverFinishes {
  void Thread(int) {}
  void Finish() { LoopForEver(); }
};
struct ThrowsAtTheEnd {
  void Thread(int) {}
  void Finish() { throw std::runtime_error("thrown"); }
};
struct CrashesInDestructor {
  void Thread(int cpu) { x.store(cpu, relaxed); }
  ~CrashesInDestructor() { ReadThroughNull(); }
  Rt::Atomic<int> x{0, "x"};
};

template <typename P>
std::string MisuseOf() {
  try {
    (void)Explore(CodeOf<P>(2));
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "none";
}

TEST(Crash, InFinishIsAViolation) {
  EXPECT_EQ(Explore(CodeOf<CrashesAtTheEnd>(2)).message(),
            "segmentation fault at address 0x18 in Finish");
  EXPECT_EQ(Explore(CodeOf<ThrowsAtTheEnd>(2)).message(), "an exception left Finish: thrown");
  const Impatiently impatiently;
  EXPECT_EQ(Explore(CodeOf<NeverFinishes>(2)).message(),
            "endless loop without an operation in Finish");
}

// What a handler that never returned has left on its stack is not in the next one's way.
TEST(Crash, ComesAfterOtherCrashes) {
  for (int i = 0; i < 3; ++i) {
    (void)MessageOf<ReadThroughNull>();
    (void)MessageOf<Overflow>();
    EXPECT_EQ(Explore(CodeOf<CrashesAtTheEnd>(2)).error(), ErrorKind::kCrash);
    (void)MessageOf<ThrowFromNoexcept>();
    EXPECT_EQ(Explore(CodeOf<CrashesAtTheEnd>(2)).error(), ErrorKind::kCrash);
  }
}

TEST(Crash, InSetUpIsMisuse) {
  EXPECT_EQ(MisuseOf<CrashesInSetUp>(),
            "test fails while it is constructed: segmentation fault at address 0x18");
}

TEST(CrashDeathTest, InADestructorIsMisuse) {
  EXPECT_EXIT((void)Explore(CodeOf<CrashesInDestructor>(2)), ExitedWithCode(2),
              "heddle: test fails in its destructor: segmentation fault at address 0x18");
}

// --- not the code under test

TEST(CrashDeathTest, OfTheExplorerIsABugInHeddle) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "AddressSanitizer's handler gets it, as it should";
#endif
  const auto crash = [](void (*how)()) {
    Machine machine(CodeOf<PublishesTooEarly>(2));
    (void)model::ExploreByRevisits(machine, model::Sc(), {},
                                   [&](const model::ExecutionGraph&) { how(); });
  };
  EXPECT_EXIT(crash(ReadThroughNull), ExitedWithCode(3), "bug in Heddle: segmentation fault");
  EXPECT_EXIT(crash(Abort), ExitedWithCode(3), "bug in Heddle: abort");
}

TEST(CrashDeathTest, WithoutAMachineIsAsEver) {
  { const Machine machine(CodeOf<PublishesTooEarly>(2)); }
  EXPECT_EXIT(std::abort(), testing::KilledBySignal(SIGABRT), "");
  EXPECT_EXIT(std::raise(SIGVTALRM), testing::KilledBySignal(SIGVTALRM), "");
}

TEST(CrashDeathTest, SignalsFromElsewhereAreObeyed) {
  const auto killed = [] {
    const Machine machine(CodeOf<PublishesTooEarly>(2));
    kill(getpid(), SIGABRT);
  };
  EXPECT_EXIT(killed(), testing::KilledBySignal(SIGABRT), "");
}

TEST(EndlessLoop, IsFoundInAForkedProcess) {
  const Impatiently impatiently;
  Machine machine(CodeOf<Crashes<LoopForEver>>(2));
  const pid_t child = fork();
  if (child == 0) {
    const auto r = model::ExploreByRevisits(machine, model::Rc11(), {}, {});
    std::_Exit(r.violation && r.violation->kind == ErrorKind::kEndlessLoop ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace heddle
