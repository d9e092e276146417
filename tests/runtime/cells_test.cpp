// Do Atomic and Plain behave like std::atomic and a race-checked variable, at every width?
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using Rt = ModelRuntime;
using Outcomes = std::set<std::vector<std::int64_t>>;
using enum std::memory_order;

struct Pair {
  std::int32_t a = 0, b = 0;
  bool operator==(const Pair&) const = default;
};

int pointees[2];

// Two different values of each type; the second one has its highest bit set where it can.
template <typename T>
std::pair<T, T> Values() {
  if constexpr (std::is_pointer_v<T>) {
    return {&pointees[0], &pointees[1]};
  } else if constexpr (std::is_same_v<T, Pair>) {
    return {{1, 2}, {1, -2}};
  } else if constexpr (std::is_same_v<T, bool>) {
    return {false, true};
  } else {
    return {static_cast<T>(1), static_cast<T>(~T{0})};
  }
}

template <typename T>
class CellValues : public testing::Test {};
using CellTypes = testing::Types<bool, std::uint8_t, std::int8_t, std::int16_t, int, std::uint64_t,
                                 std::int64_t, int*, Pair>;
TYPED_TEST_SUITE(CellValues, CellTypes);

template <typename T>
class EveryType {
 public:
  void Thread(int) {
    const auto [one, two] = Values<T>();
    Rt::check(atomic_.load(acquire) == one, "initial value");
    atomic_.store(two, release);
    Rt::check(atomic_.load(seq_cst) == two, "stored value");
    Rt::check(atomic_.exchange(one, acq_rel) == two, "exchange returns the old value");
    T expected = two;
    Rt::check(!atomic_.compare_exchange_strong(expected, two, seq_cst, relaxed), "CAS fails");
    Rt::check(expected == one, "a failed CAS tells the value");
    Rt::check(atomic_.compare_exchange_strong(expected, two, relaxed, relaxed), "CAS succeeds");
    Rt::check(expected == one, "a CAS that succeeds leaves the expected value");
    Rt::check(atomic_.load(relaxed) == two, "CAS stored");
    Rt::check(plain_.load() == one, "initial plain value");
    plain_.store(two);
    Rt::check(plain_.load() == two, "plain value");
  }
  void Finish() {
    Rt::check(atomic_.load(relaxed) == Values<T>().second, "final value");
    Rt::check(plain_.load() == Values<T>().second, "final plain value");
  }

 private:
  Rt::Atomic<T> atomic_{Values<T>().first, "atomic"};
  Rt::Plain<T> plain_{Values<T>().first, "plain"};
};

TYPED_TEST(CellValues, AreWhatWasStored) {
  const Explored e = Explore(CodeOf<EveryType<TypeParam>>(1));
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.result.executions, 1U);  // one thread always reads its newest write
}

template <typename T>
struct Arithmetic {
  void Thread(int) {
    constexpr T kMost = static_cast<T>(~T{0});
    Rt::check(number.fetch_add(kMost, relaxed) == 2, "fetch_add returns the old value");
    Rt::check(number.load(relaxed) == 1, "addition wraps to the type's width");
    Rt::check(number.fetch_sub(2, acquire) == 1, "fetch_sub returns the old value");
    Rt::check(number.load(relaxed) == kMost, "subtraction wraps to the type's width");
    Rt::check(number.fetch_and(6, release) == kMost, "fetch_and returns the old value");
    Rt::check(number.fetch_or(9, acq_rel) == 6, "fetch_or returns the old value");
    Rt::check(number.load(relaxed) == 15, "6 | 9");
  }
  Rt::Atomic<T> number{2, "number"};
};

TEST(Atomics, ArithmeticIsThatOfTheType) {
  for (const Explored& e :
       {Explore(CodeOf<Arithmetic<std::uint8_t>>(1)), Explore(CodeOf<Arithmetic<int>>(1)),
        Explore(CodeOf<Arithmetic<std::uint64_t>>(1)), Explore(CodeOf<Arithmetic<std::int8_t>>(1))})
    EXPECT_TRUE(e.holds()) << e.message();
}

// payload is published by a release store of 1; the reader's CAS expects kExpected.
template <int kExpected, std::memory_order kSuccess, std::memory_order kFailure>
struct CasReader {
  void Thread(int cpu) {
    if (cpu == 0) {
      payload.store(42);
      flag.store(1, release);
      return;
    }
    int seen = kExpected;
    flag.compare_exchange_strong(seen, 5, kSuccess, kFailure);
    if (seen == 1) Rt::check(payload.load() == 42, "payload of the flag that was seen");
  }
  Rt::Plain<int> payload{0, "payload"};
  Rt::Atomic<int> flag{0, "flag"};
};

TEST(Atomics, CasSynchronisesByItsSuccessOrderOnlyIfItSucceeds) {
  EXPECT_TRUE(Explore(CodeOf<CasReader<1, acquire, relaxed>>(2)).holds());
  EXPECT_EQ(Explore(CodeOf<CasReader<1, relaxed, acquire>>(2)).error(), ErrorKind::kDataRace);
}

TEST(Atomics, CasSynchronisesByItsFailureOrderOnlyIfItFails) {
  // Expecting 7, the CAS fails whether it sees 0 or 1.
  EXPECT_TRUE(Explore(CodeOf<CasReader<7, relaxed, acquire>>(2)).holds());
  EXPECT_EQ(Explore(CodeOf<CasReader<7, acquire, relaxed>>(2)).error(), ErrorKind::kDataRace);
}

template <int kReader>
struct UnorderedAccesses {
  void Thread(int cpu) {
    if (cpu == kReader) {
      (void)data.load();
    } else {
      data.store(1);
    }
  }
  Rt::Plain<int> data{0, "data"};
};

// The search adds thread 0's access first, so either side is once the one that completes the race.
TEST(Races, AreFoundFromTheWritersAndFromTheReadersSide) {
  for (const model::MemoryModel* m : model::AllModels()) {
    for (const Explored& e : {Explore(CodeOf<UnorderedAccesses<0>>(2), *m),
                              Explore(CodeOf<UnorderedAccesses<1>>(2), *m)}) {
      ASSERT_EQ(e.error(), ErrorKind::kDataRace) << m->name;
      EXPECT_NE(e.message().find("'data'"), std::string::npos) << e.message();
      // Each thread has one access, and the race is between them.
      const std::set<model::EventId> events(e.result.violation->events.begin(),
                                            e.result.violation->events.end());
      EXPECT_EQ(events, (std::set<model::EventId>{{0, 0}, {1, 0}}));
    }
  }
}

TEST(Races, TwoReadersDoNotRaceButTwoWritersDo) {
  EXPECT_TRUE(Explore(CodeOf<UnorderedAccesses<0>>(1)).holds());      // a reader alone
  const Explored writers = Explore(CodeOf<UnorderedAccesses<2>>(2));  // CPUs 0 and 1 write
  EXPECT_EQ(writers.error(), ErrorKind::kDataRace);
}

template <std::memory_order kStore, std::memory_order kLoad>
struct MessagePassing {
  void Thread(int cpu) {
    if (cpu == 0) {
      payload.store(42);
      flag.store(true, kStore);
    } else {
      const bool ready = flag.load(kLoad);
      Rt::observe(seen[0], ready);
      if (ready) Rt::observe(seen[1], payload.load());
    }
  }
  std::array<Observation, 2> Observed() const { return seen; }
  Rt::Plain<int> payload{0, "payload"};
  Rt::Atomic<bool> flag{false, "flag"};
  std::array<Observation, 2> seen{{{"flag"}, {"payload"}}};
};

TEST(Races, ReleaseAndAcquireOrderPlainAccesses) {
  const Explored e = Explore(CodeOf<MessagePassing<release, acquire>>(2));
  EXPECT_TRUE(e.holds()) << e.message();
  EXPECT_EQ(e.outcomes, (Outcomes{{0, 0}, {1, 42}}));
  EXPECT_EQ(e.result.executions, 2U);  // the flag is read before or after it was stored
}

TEST(Races, RelaxedFlagsDoNotOrderPlainAccesses) {
  for (const Explored& e : {Explore(CodeOf<MessagePassing<relaxed, acquire>>(2)),
                            Explore(CodeOf<MessagePassing<release, relaxed>>(2))})
    EXPECT_EQ(e.error(), ErrorKind::kDataRace);
}

}  // namespace
}  // namespace heddle
