// Does Atomic offer what std::atomic does, for every kind of value?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "runtime/model/wide_values.h"
#include "tests/support/check_program.h"

namespace heddle {
namespace {

using model::ErrorKind;
using testing::HasSubstr;
using Rt = ModelRuntime;
using Outcomes = std::set<std::vector<std::int64_t>>;
using enum std::memory_order;

// There is no arithmetic that std::atomic lacks.
static_assert(!AdditiveAtomicCell<Rt::Atomic<bool>, bool>);
static_assert(!BitwiseAtomicCell<Rt::Atomic<double>, double>);

enum class Colour : std::uint8_t { kRed, kGreen };
struct Wide {
  std::uint64_t pointer = 0, version = 0;
  bool operator==(const Wide&) const = default;
};

struct OneOfEachKind {
  void Thread(int) {
    Rt::check(number.fetch_xor(6, acq_rel) == 3, "fetch_xor returns the old value");
    Rt::check(number.load(relaxed) == 5, "3 ^ 6");
    Rt::check(least.fetch_sub(-128, relaxed) == -128, "the least number is subtracted");
    Rt::check(least.load(relaxed) == 0, "-128 - -128");
    Rt::check(pointer.fetch_add(2, relaxed) == &elements[0], "fetch_add of a pointer");
    Rt::check(pointer.fetch_sub(1, relaxed) == &elements[2], "fetch_add moves by elements");
    Rt::check(pointer.load(relaxed) == &elements[1], "fetch_sub moves by elements");
    Rt::check(single.fetch_add(0.5f, relaxed) == 1.0f, "float");
    Rt::check(single.fetch_sub(3.0f, relaxed) == 1.5f, "float");
    Rt::check(single.load(relaxed) == -1.5f, "1.5 - 3");
    Rt::check(real.fetch_add(0.25, relaxed) == -0.0, "double");
    Rt::check(real.fetch_sub(1.0, relaxed) == 0.25, "double");
    Rt::check(real.load(relaxed) == -0.75, "0.25 - 1");
    Rt::check(colour.exchange(Colour::kGreen, relaxed) == Colour::kRed, "enum");
    Rt::check(colour.plain_load() == Colour::kGreen, "plain load");
    colour.plain_store(Colour::kRed);
    Rt::check(colour.load(relaxed) == Colour::kRed, "plain store");
  }
  std::array<int, 4> elements{};
  Rt::Atomic<int> number{3, "number"};
  Rt::Atomic<std::int8_t> least{-128, "least"};
  Rt::Atomic<int*> pointer{elements.data(), "pointer"};
  Rt::Atomic<float> single{1.0f, "single"};
  Rt::Atomic<double> real{-0.0, "real"};
  Rt::Atomic<Colour> colour{Colour::kRed, "colour"};
};

TEST(Atomics, EveryKindOfValueHasItsArithmetic) {
  const Explored e = Explore(CodeOf<OneOfEachKind>(1));
  EXPECT_TRUE(e.holds()) << e.message();
}

// Two threads add; neither addition may be lost.
template <typename T>
struct TwoAdd {
  void Thread(int) { sum.fetch_add(T{1}, relaxed); }
  void Finish() { Rt::check(sum.load(relaxed) == T{2}, "both additions count"); }
  typename Rt::Atomic<T> sum{T{}, "sum"};
};
template <typename T>
struct TwoAddInTwoSteps : TwoAdd<T> {
  void Thread(int) { this->sum.store(this->sum.load(relaxed) + T{1}, relaxed); }
};

TEST(Atomics, AdditionsAreNotLost) {
  for (const model::MemoryModel* m : model::AllModels()) {
    EXPECT_TRUE(Explore(CodeOf<TwoAdd<double>>(2), *m).holds()) << m->name;
    EXPECT_TRUE(Explore(CodeOf<TwoAdd<std::uint8_t>>(2), *m).holds()) << m->name;
    EXPECT_EQ(Explore(CodeOf<TwoAddInTwoSteps<double>>(2), *m).error(), ErrorKind::kCheckFailed);
  }
}

template <bool kLoop>
struct WeakCas {
  void Thread(int) {
    int seen = 0;
    bool done = x.compare_exchange_weak(seen, 1, acq_rel);
    if constexpr (kLoop)
      while (!done) done = x.compare_exchange_weak(seen, 1, release, relaxed);
    Rt::observe(observed[0], done);
    Rt::observe(observed[1], seen);
  }
  std::array<Observation, 2> Observed() const { return observed; }
  Rt::Atomic<int> x{0, "x"};
  std::array<Observation, 2> observed{{{"done"}, {"seen"}}};
};

TEST(WeakCas, MayFailThoughTheValueIsTheExpectedOne) {
  for (const model::MemoryModel* m : model::AllModels()) {
    const Explored once = Explore(CodeOf<WeakCas<false>>(1), *m);
    EXPECT_EQ(once.outcomes, (Outcomes{{1, 0}, {0, 0}})) << m->name;
    EXPECT_EQ(once.result.executions, 2U);  // it fails or it does not
    const Explored loop = Explore(CodeOf<WeakCas<true>>(1), *m);
    EXPECT_TRUE(loop.holds()) << "the second attempt does not fail again";
    EXPECT_EQ(loop.outcomes, (Outcomes{{1, 0}}));
  }
}

// Both threads add one with the weak loop; the mutant takes a spurious failure for a success.
template <bool kRetries>
struct WeakLoop {
  void Thread(int) {
    int seen = sum.load(relaxed);
    while (!sum.compare_exchange_weak(seen, seen + 1, relaxed) && kRetries) {
    }
  }
  void Finish() { Rt::check(sum.load(relaxed) == 2, "both additions count"); }
  Rt::Atomic<int> sum{0, "sum"};
};

TEST(WeakCas, LoopsEndAndAddOnce) {
  for (const model::MemoryModel* m : model::AllModels()) {
    EXPECT_TRUE(Explore(CodeOf<WeakLoop<true>>(2), *m).holds()) << m->name;
    EXPECT_EQ(Explore(CodeOf<WeakLoop<false>>(2), *m).error(), ErrorKind::kCheckFailed) << m->name;
  }
}

struct SpinLock {
  void Thread(int) {
    while (flag.test_and_set(acquire)) Rt::spin_until([&] { return !flag.test(relaxed); }, "lock");
    data.store(data.load() + 1);
    flag.clear(release);
  }
  void Finish() { Rt::check(data.load() == 2 && !flag.test(relaxed), "both were inside"); }
  Rt::AtomicFlag flag{"flag"};
  Rt::Plain<int> data{0, "data"};
};
struct LeakySpinLock : SpinLock {
  void Thread(int) {
    (void)flag.test_and_set(acquire);
    data.store(data.load() + 1);
    flag.clear(release);
  }
};

TEST(AtomicFlag, ExcludesThreads) {
  for (const model::MemoryModel* m : model::AllModels()) {
    EXPECT_TRUE(Explore(CodeOf<SpinLock>(2), *m).holds()) << m->name;
    EXPECT_EQ(Explore(CodeOf<LeakySpinLock>(2), *m).error(), ErrorKind::kDataRace) << m->name;
  }
}

// Two words that change together: the halves of a 16-byte value are never mixed.
template <typename Change>
struct WideCell {
  void Thread(int cpu) {
    Wide seen = wide.load(acquire);
    if (cpu == 0) {
      Rt::check(seen.pointer * 10 == seen.version, "both halves belong together");
      return;
    }
    Change()(wide, seen);
  }
  void Finish() {
    const Wide last = wide.load(relaxed);
    Rt::check(last.pointer * 10 == last.version, "in the end, too");
  }
  Rt::Atomic<Wide> wide{{1, 10}, "wide"};
};
struct ByExchange {
  void operator()(Rt::Atomic<Wide>& w, Wide seen) const {
    Rt::check(w.exchange({2, 20}, release) == seen, "old");
  }
};
struct ByCas {
  void operator()(Rt::Atomic<Wide>& w, Wide seen) const {
    Wide expected{1, 11};
    Rt::check(!w.compare_exchange_strong(expected, {3, 30}, acq_rel), "another version");
    Rt::check(expected == seen, "tells the value");
    Rt::check(w.compare_exchange_strong(expected, {3, 30}, acq_rel), "the right version");
  }
};
struct ByHalf {
  void operator()(Rt::Atomic<Wide>& w, Wide seen) const { w.store({2, seen.version}, release); }
};

TEST(WideAtomics, ChangeAsAWhole) {
  for (const model::MemoryModel* m : model::AllModels()) {
    for (const Explored& e :
         {Explore(CodeOf<WideCell<ByExchange>>(2), *m), Explore(CodeOf<WideCell<ByCas>>(2), *m)})
      EXPECT_TRUE(e.holds()) << m->name << e.message();
    EXPECT_EQ(Explore(CodeOf<WideCell<ByHalf>>(2), *m).error(), ErrorKind::kCheckFailed);
  }
}

TEST(WideAtomics, HaveTheSameFingerprintsInEveryMachine) {
  const auto fingerprints = [] {
    std::vector<std::uint64_t> all;
    Explore(CodeOf<WideCell<ByCas>>(2), model::Rc11(),
            [&](const model::ExecutionGraph& g) { all.push_back(g.Fingerprint()); });
    return all;
  };
  EXPECT_EQ(fingerprints(), fingerprints());
}

TEST(WideValues, AreInjectiveOrSaySo) {
  WideValues values;
  WideValues::Bytes a{}, b{};
  b[15] = std::byte{1};
  ASSERT_TRUE(values.ValueOf(a) && values.ValueOf(b));
  EXPECT_NE(*values.ValueOf(a), *values.ValueOf(b));
  EXPECT_EQ(values.BytesOf(*values.ValueOf(b)), b);
  WideValues colliding([](const WideValues::Bytes&) { return model::Value{7}; });
  EXPECT_TRUE(colliding.ValueOf(a));
  EXPECT_TRUE(colliding.ValueOf(a));
  EXPECT_FALSE(colliding.ValueOf(b));
}

enum class Misuse { kLoad, kStore, kFailure, kWeakFailure, kWait, kFlagClear, kAwait };
template <Misuse kMisuse, std::memory_order kOrder>
struct HasOrder {
  void Thread(int) {
    int seen = 0;
    if constexpr (kMisuse == Misuse::kLoad) (void)x.load(kOrder);
    if constexpr (kMisuse == Misuse::kStore) x.store(1, kOrder);
    if constexpr (kMisuse == Misuse::kFailure) x.compare_exchange_strong(seen, 1, relaxed, kOrder);
    if constexpr (kMisuse == Misuse::kWeakFailure)
      x.compare_exchange_weak(seen, 1, relaxed, kOrder);
    if constexpr (kMisuse == Misuse::kWait) x.wait(1, kOrder);
    if constexpr (kMisuse == Misuse::kFlagClear) flag.clear(kOrder);
    if constexpr (kMisuse == Misuse::kAwait)
      (void)x.await([](int v) { return v == 0; }, kOrder, "what");
  }
  Rt::Atomic<int> x{0, "x"};
  Rt::AtomicFlag flag{"flag"};
};

template <Misuse kMisuse, std::memory_order... kForbidden>
void ExpectForbidden(const char* name) {
  for (const Explored& e : {Explore(CodeOf<HasOrder<kMisuse, kForbidden>>(1))...}) {
    EXPECT_EQ(e.error(), ErrorKind::kCheckFailed);
    EXPECT_THAT(e.message(), HasSubstr(name));
    EXPECT_THAT(e.message(), HasSubstr("cannot have this memory order; use relaxed"));
    EXPECT_GT(e.result.violation->line, 0);
  }
}

TEST(Orders, ThatTheStandardForbidsAreErrors) {
  ExpectForbidden<Misuse::kLoad, release, acq_rel>("'x'");
  ExpectForbidden<Misuse::kStore, acquire, consume, acq_rel>("'x'");
  ExpectForbidden<Misuse::kFailure, release, acq_rel>("'x'");
  ExpectForbidden<Misuse::kWeakFailure, release, acq_rel>("'x'");
  ExpectForbidden<Misuse::kWait, release, acq_rel>("'x'");
  ExpectForbidden<Misuse::kFlagClear, acquire, consume, acq_rel>("'flag'");
  ExpectForbidden<Misuse::kAwait, release, acq_rel>("'x'");
}

TEST(Orders, ThatTheStandardAllowsAreFine) {
  for (const Explored& e : {Explore(CodeOf<HasOrder<Misuse::kLoad, consume>>(1)),
                            Explore(CodeOf<HasOrder<Misuse::kStore, release>>(1)),
                            Explore(CodeOf<HasOrder<Misuse::kFailure, seq_cst>>(1)),
                            Explore(CodeOf<HasOrder<Misuse::kWait, acquire>>(1))})
    EXPECT_TRUE(e.holds()) << e.message();
}

}  // namespace
}  // namespace heddle
