// Bounded buffer: does every item reach one consumer, once?
//
//     producer (items 1, 2)              consumer (two of them, one item each)
//     B1 while (full) wait not_full      B3 while (empty) wait not_empty
//     put the item                       take the item
//     B2 notify_one not_empty            B4 notify_one not_full
//
// One place; a mutex around both.  A loop (B1, B3), as another consumer may have been quicker, and
// as a wait may end for no reason.
// Source: Hoare, "Monitors: An Operating System Structuring Concept", CACM 17(10), 1974.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "runtime/sync/condition_variable.h"
#include "runtime/sync/lock.h"
#include "runtime/sync/mutex.h"
#include "scenarios/classic/rows.h"

namespace heddle {

struct BufferSteps {
  bool loop = true;              ///< B3 is a while, not an if
  bool notify_consumers = true;  ///< B2
  bool two_conditions = true;    ///< producer and consumers wait for different ones
  int spurious_wakeups = 0;
};

template <Runtime Rt, BufferSteps kSteps>
class BoundedBufferProgram {
 public:
  void Thread(int cpu) { cpu == 0 ? Produce() : Consume(seen_[static_cast<std::size_t>(cpu - 1)]); }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  static constexpr int kEmpty = 0;

  void Produce() {
    for (int item = 1; item <= 2; ++item) {
      sync::Lock lock(mutex_);
      NotFull().wait(lock, [this] { return place_.load() == kEmpty; });
      place_.store(item);
      if (kSteps.notify_consumers) not_empty_.notify_one();
    }
  }
  void Consume(Observation& seen) {
    sync::Lock lock(mutex_);
    if (kSteps.loop) {
      not_empty_.wait(lock, [this] { return place_.load() != kEmpty; });
    } else if (place_.load() == kEmpty) {
      not_empty_.wait(lock);
    }
    Rt::observe(seen, place_.load());
    place_.store(kEmpty);
    NotFull().notify_one();
  }
  auto& NotFull() { return kSteps.two_conditions ? not_full_ : not_empty_; }

  sync::Mutex<Rt> mutex_{"mutex"};
  sync::ConditionVariable<Rt> not_full_{"not_full", kSteps.spurious_wakeups};
  sync::ConditionVariable<Rt> not_empty_{"not_empty", kSteps.spurious_wakeups};
  typename Rt::template Plain<int> place_{kEmpty, "place"};
  std::array<Observation, 2> seen_{{{"first consumer"}, {"second consumer"}}};
};

struct BoundedBuffer {
  static constexpr std::string_view kName = "bounded_buffer";
  static constexpr std::string_view kQuestion =
      "does every item reach one consumer, once? (bound: one place, 2 items, 2 consumers)";
  static constexpr std::string_view kSource = "Hoare, CACM 17(10), 1974";
  static constexpr int kThreads = 3;
  static constexpr bool kIsolated = true;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = BoundedBufferProgram<Rt, BufferSteps{}>;
  static std::vector<Expect> Expected() {
    return {classic::Always({1, 2}, "the first consumer was first"),
            classic::Always({2, 1}, "the second consumer was first")};
  }

  struct If {
    static constexpr std::string_view kName = "if";
    static constexpr std::string_view kWhat = "B3 is an if";
    static constexpr std::string_view kSource = "Lampson, Redell, CACM 23(2), 1980";
    template <Runtime Rt>
    using Program = BoundedBufferProgram<Rt, BufferSteps{.loop = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"forbidden outcome", "a consumer is woken, but the other one is quicker"};
    }
  };
  struct NoNotify {
    static constexpr std::string_view kName = "no-notify";
    static constexpr std::string_view kWhat = "B2 dropped";
    template <Runtime Rt>
    using Program = BoundedBufferProgram<Rt, BufferSteps{.notify_consumers = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"deadlock", "a consumer that came first is never woken"};
    }
  };
  struct OneCondition {
    static constexpr std::string_view kName = "one-condition";
    static constexpr std::string_view kWhat = "producer and consumers wait for the same condition";
    template <Runtime Rt>
    using Program = BoundedBufferProgram<Rt, BufferSteps{.two_conditions = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"deadlock", "a consumer wakes the other one instead of the producer"};
    }
  };
  using Mutants = TypeList<If, NoNotify, OneCondition>;
};

}  // namespace heddle
