// Do real threads do what a schedule says, and is it told if they do not?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <stdexcept>

#include "runtime/ordered/ordered_runtime.h"

namespace heddle {
namespace {

using model::Kind;
using model::Order;
using ordered::Ending;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// One thread publishes, the other reads what it finds.
template <std::memory_order kPublish, std::memory_order kConsume>
class Publication final : public ordered::Instance {
 public:
  void Thread(int cpu) override {
    if (cpu == 0) {
      payload_.store(42);
      flag_.store(1, kPublish);
    } else if (flag_.load(kConsume) == 1) {
      seen_.value = payload_.load();
      OrderedRuntime::check(seen_.value != 42, "42 is seen");
    }
  }
  void Finish() override {}
  std::vector<Observation> Observed() const override { return {seen_}; }

 private:
  OrderedRuntime::Plain<int> payload_{0, "payload"};
  OrderedRuntime::Atomic<int> flag_{0, "flag"};
  Observation seen_{"seen", -1};
};

template <std::memory_order kPublish, std::memory_order kConsume>
ordered::Code Publish() {
  return {.threads = 2, .make = []() -> std::unique_ptr<ordered::Instance> {
            return std::make_unique<Publication<kPublish, kConsume>>();
          }};
}
ordered::Code Safe() { return Publish<std::memory_order_release, std::memory_order_acquire>(); }

// A schedule by hand: one Add per step.
class ByHand {
 public:
  ByHand() {
    schedule_.threads.resize(2);
    schedule_.locations = {"payload", "flag"};
  }
  ByHand& Add(int thread, Kind kind, Order order, model::Location location, model::Value value) {
    model::Event& e = events_.emplace_back();
    e.label = {.kind = kind, .order = order, .bytes = 4, .location = location};
    if (kind == Kind::kWrite) e.label.value = value;
    e.value = value;
    const auto number = static_cast<int>(schedule_.steps.size()) + 1;
    schedule_.threads[static_cast<std::size_t>(thread)].push_back({&e, number - 1});
    schedule_.steps.push_back({thread, number, "e" + std::to_string(number)});
    return *this;
  }
  /// Of thread 0: no interrupt has been asked for; its text's only unit is fetched.
  ByHand& Poll() {
    schedule_.locations = {"sync generation", "text[0]"};
    Add(0, Kind::kRead, Order::kAcquire, 0, 0);
    events_.back().label.bytes = 8;
    return *this;
  }
  ByHand& Fetch(model::Value value) {
    Add(0, Kind::kFetch, Order::kRelaxed, 1, value);
    events_.back().label.bytes = 8;
    return *this;
  }
  ByHand& Write(int thread, model::Location l, Order order, model::Value value) {
    return Add(thread, Kind::kWrite, order, l, value);
  }
  ByHand& Read(int thread, model::Location l, Order order, model::Value value) {
    return Add(thread, Kind::kRead, order, l, value);
  }
  Ending Play(const ordered::Code& code) {
    return ordered::Play(code, schedule_,
                         [this](const ordered::Step& step) { done_.push_back(step.thread); });
  }
  const std::vector<int>& done() const { return done_; }

 private:
  std::deque<model::Event> events_;
  ordered::Schedule schedule_;
  std::vector<int> done_;
};

constexpr model::Location kPayload = 0, kFlag = 1;

ByHand Published(Order publish = Order::kRelease, Order consume = Order::kAcquire) {
  ByHand schedule;
  schedule.Write(0, kPayload, Order::kPlain, 42)
      .Write(0, kFlag, publish, 1)
      .Read(1, kFlag, consume, 1)
      .Read(1, kPayload, Order::kPlain, 42);
  return schedule;
}

TEST(Ordered, ThreadsTakeTurnsAsScheduled) {
  ByHand schedule;
  schedule.Write(0, kPayload, Order::kPlain, 42)
      .Read(1, kFlag, Order::kAcquire, 0)
      .Write(0, kFlag, Order::kRelease, 1);
  const Ending ending = schedule.Play(Safe());
  EXPECT_EQ(ending.divergence, "");
  EXPECT_THAT(schedule.done(), ElementsAre(0, 1, 0));
  EXPECT_TRUE(ending.complete);
  ASSERT_THAT(ending.outcome, SizeIs(1));
  EXPECT_EQ(ending.outcome[0].value, -1);
}

TEST(Ordered, FailedCheckIsTold) {
  ByHand schedule = Published();
  const Ending ending = schedule.Play(Safe());
  EXPECT_EQ(ending.divergence, "");
  ASSERT_THAT(ending.failures, SizeIs(1));
  EXPECT_EQ(ending.failures[0].message, "42 is seen");
  EXPECT_EQ(ending.failures[0].thread, 1);
  EXPECT_THAT(ending.held, SizeIs(1));
}

TEST(Ordered, OtherValueIsADivergence) {
  ByHand schedule;
  schedule.Write(0, kPayload, Order::kPlain, 42)
      .Write(0, kFlag, Order::kRelease, 1)
      .Read(1, kFlag, Order::kAcquire, 0);
  const Ending ending = schedule.Play(Safe());
  EXPECT_THAT(ending.divergence, HasSubstr("expected was e3; what came was R acq flag"));
  EXPECT_EQ(ending.steps_done, 2u);
}

TEST(Ordered, OtherOperationIsADivergence) {
  ByHand schedule;
  schedule.Write(0, kFlag, Order::kRelease, 1).Write(0, kPayload, Order::kPlain, 42);
  const Ending ending = schedule.Play(Safe());
  EXPECT_THAT(ending.divergence, HasSubstr("expected was e1; what came was W plain payload = 42"));
}

TEST(Ordered, EarlyEndIsADivergence) {
  ByHand schedule;
  schedule.Read(1, kFlag, Order::kAcquire, 0).Read(1, kPayload, Order::kPlain, 0);
  const Ending ending = schedule.Play(Safe());
  EXPECT_EQ(ending.divergence, "expected was e2; what came was its end");
}

// What comes after the schedule's last operation of a thread does not happen.
TEST(Ordered, ThreadsAreHeldBehindTheirLastOperation) {
  ByHand schedule;
  schedule.Write(0, kPayload, Order::kPlain, 42);
  const Ending ending = schedule.Play(Safe());
  EXPECT_EQ(ending.divergence, "");
  ASSERT_THAT(ending.held, SizeIs(2));
  EXPECT_THAT(ending.held[0].at, HasSubstr("W rel flag = 1"));
  EXPECT_THAT(ending.failures, IsEmpty());
  EXPECT_FALSE(ending.complete);
}

// Code that has no operation, and ends when it is told to.
std::atomic<bool> g_end{false};
class Endless final : public ordered::Instance {
 public:
  void Thread(int) override {
    while (!g_end.load()) {
    }
  }
  void Finish() override {}
  std::vector<Observation> Observed() const override { return {}; }
};

TEST(Ordered, AThreadThatComesNowhereHangs) {
  const ordered::Code code{.threads = 1, .make = [] { return std::make_unique<Endless>(); }};
  ordered::Schedule nothing;
  nothing.threads.resize(1);
  const Ending ending = ordered::Play(code, nothing, [](const ordered::Step&) {},
                                      {.without_step = std::chrono::milliseconds(50)});
  EXPECT_TRUE(ending.hangs);
  EXPECT_FALSE(ending.complete);
  g_end = true;
}

class ThrowsAtTheEnd final : public ordered::Instance {
 public:
  void Thread(int) override {}
  void Finish() override { throw std::runtime_error("no"); }
  std::vector<Observation> Observed() const override { return {}; }
};

TEST(Ordered, AnExceptionThatLeavesFinishIsTold) {
  const ordered::Code code{.threads = 1, .make = [] { return std::make_unique<ThrowsAtTheEnd>(); }};
  ordered::Schedule nothing;
  nothing.threads.resize(1);
  const Ending ending = ordered::Play(code, nothing, [](const ordered::Step&) {});
  ASSERT_THAT(ending.failures, SizeIs(1));
  EXPECT_EQ(ending.failures[0].message, "an exception left Finish: no");
  EXPECT_FALSE(ending.complete);
}

// Other threads may look at what interrupts all of them already.
class BarrierOfAThread final : public ordered::Instance {
 public:
  void Thread(int) override { const OrderedRuntime::BarrierAll late; }
  void Finish() override {}
  std::vector<Observation> Observed() const override { return {}; }
};

TEST(Ordered, WhatInterruptsAllIsMadeInSetUp) {
  const ordered::Code code{.threads = 1,
                           .make = [] { return std::make_unique<BarrierOfAThread>(); }};
  ordered::Schedule nothing;
  nothing.threads.resize(1);
  const Ending ending = ordered::Play(code, nothing, [](const ordered::Step&) {});
  ASSERT_THAT(ending.failures, SizeIs(1));
  EXPECT_EQ(ending.failures[0].kind, model::ErrorKind::kMisuse);
}

// What differs at text is told by its unit's name.
class FetchesItsText final : public ordered::Instance {
 public:
  FetchesItsText() { OrderedRuntime::declare_instruction(text_, 0, kCode); }
  void Thread(int) override { OrderedRuntime::call(text_, 0); }
  void Finish() override {}
  std::vector<Observation> Observed() const override { return {}; }

 private:
  static constexpr std::array<std::uint8_t, 1> kCode = {0xC3};
  OrderedRuntime::CodeRegion text_{kCode, {0}};
};

TEST(Ordered, AnotherVersionOfAnInstructionIsADivergence) {
  const ordered::Code code{.threads = 1, .make = [] { return std::make_unique<FetchesItsText>(); }};
  ByHand schedule;
  schedule.Poll().Fetch(0xCC);
  EXPECT_THAT(schedule.Play(code).divergence, HasSubstr("what came was fetch rlx text[0]"));
  ByHand same;
  same.Poll().Fetch(0xC3);
  EXPECT_EQ(same.Play(code).divergence, "");
}

#ifdef HEDDLE_TSAN
// That threads take turns hides no race from ThreadSanitizer, and makes it see none.
TEST(OrderedDeathTest, ThreadSanitizerSeesWhatNothingOrders) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto play = [](auto code, Order publish, Order consume) {
    Published(publish, consume).Play(code);
    std::exit(0);
  };
  const auto reported = [](int status) { return !testing::ExitedWithCode(0)(status); };
  using enum Order;
  EXPECT_EXIT(
      play(Publish<std::memory_order_relaxed, std::memory_order_acquire>(), kRelaxed, kAcquire),
      reported, "data race");
  EXPECT_EXIT(
      play(Publish<std::memory_order_release, std::memory_order_relaxed>(), kRelease, kRelaxed),
      reported, "data race");
  EXPECT_EXIT(play(Safe(), kRelease, kAcquire), testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace heddle
