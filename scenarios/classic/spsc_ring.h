// spsc_ring: can one producer and one consumer share a bounded buffer without a lock?
//
//     Push(v)                                  Pop
//     if (tail - head == capacity) full        if (head == tail) empty
//              head read (kSeeFree)                     tail read (kSeeFilled)
//     slot[tail % capacity] = v  (plain)       v = slot[head % capacity]  (plain)
//     ++tail          (kPublish)               ++head          (kRecycle)
//
// Each counter is written by one side only.  kPublish (release) pairs with kSeeFilled (acquire):
// the value is there before the slot counts as filled.  kRecycle (release) pairs with kSeeFree
// (acquire): the value has been read before the slot is written again, in the third push here.
// Source: L. Lamport, "Specifying Concurrent Program Modules", TOPLAS 5(2), 1983.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

struct SpscOrders {
  std::memory_order publish = std::memory_order_release;
  std::memory_order see_filled = std::memory_order_acquire;
  std::memory_order recycle = std::memory_order_release;
  std::memory_order see_free = std::memory_order_acquire;
};

template <Runtime Rt, SpscOrders kOrders = SpscOrders{}>
class SpscRingProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) {
      for (int value = 1; value <= 3; ++value) TryPush(value);
    } else {
      for (Observation& popped : popped_) Rt::observe(popped, TryPop());
    }
  }
  std::array<Observation, 3> Observed() const { return popped_; }

 private:
  static constexpr int kCapacity = 2;

  void TryPush(int value) {
    const int tail = tail_.load(std::memory_order_relaxed);  // the producer's own
    if (tail - head_.load(kOrders.see_free) == kCapacity) return;
    slot_[At(tail)].store(value);
    tail_.store(tail + 1, kOrders.publish);
  }
  /// 0 if empty.
  int TryPop() {
    const int head = head_.load(std::memory_order_relaxed);  // the consumer's own
    if (head == tail_.load(kOrders.see_filled)) return 0;
    const int value = slot_[At(head)].load();
    head_.store(head + 1, kOrders.recycle);
    return value;
  }
  static std::size_t At(int counter) { return static_cast<std::size_t>(counter % kCapacity); }

  std::array<typename Rt::template Plain<int>, kCapacity> slot_{{{0, "slot 0"}, {0, "slot 1"}}};
  typename Rt::template Atomic<int> head_{0, "head"}, tail_{0, "tail"};
  std::array<Observation, 3> popped_{{{"first"}, {"second"}, {"third"}}};
};

struct SpscRing {
  static constexpr std::string_view kName = "spsc_ring";
  static constexpr std::string_view kQuestion =
      "can one producer and one consumer share a bounded buffer without a lock?";
  static constexpr std::string_view kSource = "Lamport, TOPLAS 5(2), 1983";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = SpscRingProgram<Rt>;

  static std::vector<Expect> Expected() {
    using namespace classic;
    return {Always({0, 0, 0}, "never anything there"),
            Always({0, 0, 1}, "the first value came before the last pop"),
            Always({0, 1, 0}, "the first value came before the second pop"),
            Always({0, 1, 2}, "two values came before the second and the third pop"),
            Always({1, 0, 0}, "the first value came before the first pop"),
            Always({1, 0, 2}, "the second value came between the second and the third pop"),
            Always({1, 2, 0}, "two values popped; the third was refused or came too late"),
            Always({1, 2, 3}, "the third value took the slot of the first"),
            Never({3, 2, 0}, "the third value overwrote the first")};
  }

  struct RelaxedPublication {
    static constexpr std::string_view kName = "relaxed-publication";
    static constexpr std::string_view kWhat = "tail stored relaxed";
    template <Runtime Rt>
    using Program = SpscRingProgram<Rt, SpscOrders{.publish = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the slot may count as filled before it is");
    }
  };
  struct RelaxedTailLoad {
    static constexpr std::string_view kName = "relaxed-tail-load";
    static constexpr std::string_view kWhat = "the consumer loads tail relaxed";
    template <Runtime Rt>
    using Program = SpscRingProgram<Rt, SpscOrders{.see_filled = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the slot may be read before tail is");
    }
  };
  struct RelaxedRecycling {
    static constexpr std::string_view kName = "relaxed-recycling";
    static constexpr std::string_view kWhat = "head stored relaxed";
    static constexpr std::string_view kSource = "FreeBSD's buf_ring before review D46152, 2024";
    template <Runtime Rt>
    using Program = SpscRingProgram<Rt, SpscOrders{.recycle = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the slot may count as free before it is read");
    }
  };
  struct RelaxedHeadLoad {
    static constexpr std::string_view kName = "relaxed-head-load";
    static constexpr std::string_view kWhat = "the producer loads head relaxed";
    static constexpr std::string_view kSource = "FreeBSD's buf_ring before review D46152, 2024";
    template <Runtime Rt>
    using Program = SpscRingProgram<Rt, SpscOrders{.see_free = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(
          model, "data race",
          "C++ calls it a race; hardware would have to write before the branch is decided");
    }
  };
  using Mutants = TypeList<RelaxedPublication, RelaxedTailLoad, RelaxedRecycling, RelaxedHeadLoad>;
};

}  // namespace heddle
