// mpmc_queue: can many producers and consumers share a ring by a sequence number in every slot?
//
//     slot.sequence   what it means for the lap that ticket p belongs to
//     p               free: the producer with ticket p may write
//     p + 1           filled: the consumer with ticket p may read
//     p + capacity    free again, for the next lap
//
// A CPU claims a ticket by a compare-exchange of `tail` (producers) or `head` (consumers); that may
// be relaxed, as only the sequence number hands the slot over: its release store pairs with the
// acquire load of whoever comes next.  The capacity is at least 2: with one slot, "filled" and
// "free again" would be one number.  Source: D. Vyukov, "Bounded MPMC queue", 1024cores, 2010.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

struct MpmcSteps {
  std::memory_order publish = std::memory_order_release;
  std::memory_order recycle = std::memory_order_release;
  std::memory_order inspect = std::memory_order_acquire;
  bool claim_by_exchange = true;  ///< producers; else by a load and a store
  int capacity = 2;
};

template <Runtime Rt, MpmcSteps kSteps = MpmcSteps{}>
class MpmcQueueProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) {
      TryPush(1);
      TryPush(2);
    } else if (cpu == 1) {
      Rt::observe(cpu1_, TryPop());
      TryPush(3);
    } else {
      Rt::observe(cpu2_, TryPop());
    }
  }
  std::array<Observation, 2> Observed() const { return {cpu1_, cpu2_}; }

 private:
  static constexpr int kCapacity = kSteps.capacity;
  struct Slot {
    typename Rt::template Atomic<int> sequence;
    typename Rt::template Plain<int> value;
  };
  using Counter = typename Rt::template Atomic<int>;

  /// False if full.
  bool TryPush(int value) {
    int ticket = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Slot& slot = slot_[At(ticket)];
      const int lead = slot.sequence.load(kSteps.inspect) - ticket;
      if (lead < 0) return false;
      if (lead > 0) {  // somebody else has taken this ticket
        ticket = NextTicket(tail_, ticket);
        continue;
      }
      if constexpr (kSteps.claim_by_exchange) {
        if (!Claim(tail_, ticket)) continue;
      } else {
        tail_.store(ticket + 1, std::memory_order_relaxed);
      }
      slot.value.store(value);
      slot.sequence.store(ticket + 1, kSteps.publish);
      return true;
    }
  }

  /// 0 if empty.
  int TryPop() {
    int ticket = head_.load(std::memory_order_relaxed);
    for (;;) {
      Slot& slot = slot_[At(ticket)];
      const int lead = slot.sequence.load(kSteps.inspect) - (ticket + 1);
      if (lead < 0) return 0;
      if (lead > 0) {
        ticket = NextTicket(head_, ticket);
        continue;
      }
      if (!Claim(head_, ticket)) continue;
      const int value = slot.value.load();
      slot.sequence.store(ticket + kCapacity, kSteps.recycle);
      return value;
    }
  }

  /// Sets `ticket` to the counter's value on failure.
  static bool Claim(Counter& counter, int& ticket) {
    return counter.compare_exchange_strong(ticket, ticket + 1, std::memory_order_relaxed,
                                           std::memory_order_relaxed);
  }
  /// The counter has moved on already; this waits only until that is visible here.
  static int NextTicket(const Counter& counter, int ticket) {
    return counter.await([ticket](int now) { return now != ticket; }, std::memory_order_relaxed,
                         "the counter that the slot is ahead of");
  }
  static std::size_t At(int ticket) { return static_cast<std::size_t>(ticket % kCapacity); }

  // kCapacity of them are used.
  std::array<Slot, 2> slot_{
      {{{0, "sequence 0"}, {0, "value 0"}}, {{1, "sequence 1"}, {0, "value 1"}}}};
  Counter head_{0, "head"}, tail_{0, "tail"};
  Observation cpu1_{"CPU 1"}, cpu2_{"CPU 2"};
};

struct MpmcQueue {
  static constexpr std::string_view kName = "mpmc_queue";
  static constexpr std::string_view kQuestion =
      "can producers and consumers share a ring by a sequence number in every slot?";
  static constexpr std::string_view kSource = "Vyukov, 1024cores, 2010";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = MpmcQueueProgram<Rt>;

  static std::vector<Expect> Expected() {
    using namespace classic;
    return {Always({0, 0}, "both pops found nothing"),
            Always({0, 1}, "CPU 2 popped the first value of CPU 0"),
            Always({0, 3}, "CPU 1's value came first"),
            Always({1, 0}, "CPU 1 popped, CPU 2 found nothing"),
            Always({1, 2}, "CPU 1 popped first"),
            Always({1, 3}, "CPU 1's value came before CPU 0's second"),
            Always({2, 1}, "CPU 2 popped first"),
            Never({1, 1}, "one value popped twice"),
            Never({0, 2}, "the second value overtook the first")};
  }

  struct RelaxedPublication {
    static constexpr std::string_view kName = "relaxed-publication";
    static constexpr std::string_view kWhat = "a producer stores the sequence number relaxed";
    template <Runtime Rt>
    using Program = MpmcQueueProgram<Rt, MpmcSteps{.publish = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the slot may count as filled before it is");
    }
  };
  struct RelaxedRecycling {
    static constexpr std::string_view kName = "relaxed-recycling";
    static constexpr std::string_view kWhat = "a consumer stores the sequence number relaxed";
    template <Runtime Rt>
    using Program = MpmcQueueProgram<Rt, MpmcSteps{.recycle = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the slot may count as free before it is read");
    }
  };
  struct RelaxedInspection {
    static constexpr std::string_view kName = "relaxed-inspection";
    static constexpr std::string_view kWhat = "sequence numbers are loaded relaxed";
    template <Runtime Rt>
    using Program = MpmcQueueProgram<Rt, MpmcSteps{.inspect = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "a relaxed load acquires nothing");
    }
  };
  struct NonAtomicClaim {
    static constexpr std::string_view kName = "non-atomic-claim";
    static constexpr std::string_view kWhat = "producers claim a ticket by a load and a store";
    static constexpr std::string_view kWhyNotNatively =
        "of two values with one ticket one is lost, as if no pop had come to it: only the race is "
        "wrong";
    template <Runtime Rt>
    using Program = MpmcQueueProgram<Rt, MpmcSteps{.claim_by_exchange = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("data race", "two producers with one ticket write to one slot");
    }
  };
  struct OneSlot {
    static constexpr std::string_view kName = "one-slot";
    static constexpr std::string_view kWhat = "the capacity is 1";
    static constexpr std::string_view kSource =
        "Agrona's ManyToManyConcurrentArrayQueue, issue 48, 2015";
    template <Runtime Rt>
    using Program = MpmcQueueProgram<Rt, MpmcSteps{.capacity = 1}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere(
          "deadlock", "a producer takes filled for free again; the consumer misses its number");
    }
  };
  using Mutants =
      TypeList<RelaxedPublication, RelaxedRecycling, RelaxedInspection, NonAtomicClaim, OneSlot>;
};

}  // namespace heddle
