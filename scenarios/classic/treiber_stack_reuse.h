// treiber_stack_reuse: can a node that is popped and pushed again fool a concurrent pop (ABA)?
//
//     stack: A -> B          CPU 0                     CPU 1
//                            h = head, n = h->next     pop A, pop B
//                            CAS(head, h -> n)         push A again, with a new value
//
// If CPU 0 reads (A, next B) before CPU 1 starts and compares afterwards, head is A again although
// B is no longer below it: the compare-exchange succeeds and puts B, which CPU 1 owns, back on the
// stack.  Hence head carries a tag that every pop increments, and both change in one
// compare-exchange.  Here nodes are numbers, so that node and tag fit into one word.
//
// The node's link is atomic, unlike in treiber_stack.h: a pop may read it while its next owner
// writes it; the tag then makes that pop fail.
// Source: R. K. Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118, 1986; IBM
// System/370 Principles of Operation (1983), appendix on multiprogramming, for the tag.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

struct TaggedStackSteps {
  std::memory_order publish = std::memory_order_release;
  bool count_pops = true;  ///< Pop increments the tag
};

template <Runtime Rt, TaggedStackSteps kSteps = TaggedStackSteps{}>
class TreiberStackReuseProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) {
      const int node = Pop();
      Rt::observe(cpu0_, node != kNone ? nodes_[At(node)].value.load() : 0);
      return;
    }
    const int first = Pop(), second = Pop();
    Rt::observe(cpu1_, second != kNone ? nodes_[At(second)].value.load() : 0);
    if (first == kNone) return;
    auto& value = nodes_[At(first)].value;
    value.store(value.load() + 2);  // this CPU owns it
    Push(first);
  }
  void Finish() {
    const std::int32_t node = head_.load(std::memory_order_relaxed).node;
    Rt::observe(left_, node != kNone ? nodes_[At(node)].value.load() : 0);
  }
  std::array<Observation, 3> Observed() const { return {cpu0_, cpu1_, left_}; }

 private:
  static constexpr std::int32_t kNone = -1;
  struct Head {
    std::int32_t node;
    std::int32_t tag;
  };
  struct Node {
    typename Rt::template Plain<int> value;
    typename Rt::template Atomic<std::int32_t> next;
  };
  static std::size_t At(std::int32_t node) { return static_cast<std::size_t>(node); }

  void Push(std::int32_t node) {
    Head head = head_.load(std::memory_order_relaxed);
    do {
      nodes_[At(node)].next.store(head.node, std::memory_order_relaxed);
      // Pairs with the acquires in Pop: the value, and the link that the tag vouches for.
    } while (!head_.compare_exchange_strong(head, {node, head.tag}, kSteps.publish,
                                            std::memory_order_relaxed));
  }

  std::int32_t Pop() {
    Head head = head_.load(std::memory_order_acquire);
    while (head.node != kNone) {
      const std::int32_t next = nodes_[At(head.node)].next.load(std::memory_order_relaxed);
      const std::int32_t tag = kSteps.count_pops ? head.tag + 1 : head.tag;
      if (head_.compare_exchange_strong(head, {next, tag}, std::memory_order_acquire,
                                        std::memory_order_acquire))
        break;
    }
    return head.node;
  }

  std::array<Node, 2> nodes_{{{{1, "A.value"}, {1, "A.next"}}, {{2, "B.value"}, {-1, "B.next"}}}};
  typename Rt::template Atomic<Head> head_{{0, 0}, "head"};
  Observation cpu0_{"CPU 0"}, cpu1_{"CPU 1"}, left_{"left"};
};

struct TreiberStackReuse {
  static constexpr std::string_view kName = "treiber_stack_reuse";
  static constexpr std::string_view kQuestion =
      "can a node that is popped and pushed again fool a concurrent pop (ABA)?";
  static constexpr std::string_view kSource =
      "Treiber, IBM RJ 5118, 1986; IBM System/370 Principles of Operation, 1983";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = TreiberStackReuseProgram<Rt>;

  static std::vector<Expect> Expected() {
    using namespace classic;
    return {Always({0, 2, 3}, "CPU 0 found the stack empty"),
            Always({1, 0, 4}, "CPU 0 popped A first"),
            Always({2, 0, 3}, "CPU 0 popped B between CPU 1's pops"),
            Always({3, 2, 0}, "CPU 0 popped A after it was pushed again"),
            Never({3, 2, 2}, "CPU 0 popped A and put B, which CPU 1 owns, back")};
  }

  struct NoTag {
    static constexpr std::string_view kName = "no-tag";
    static constexpr std::string_view kWhat = "pops do not increment the tag";
    static constexpr std::string_view kSource = "IBM System/370 Principles of Operation, 1983";
    template <Runtime Rt>
    using Program = TreiberStackReuseProgram<Rt, TaggedStackSteps{.count_pops = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("forbidden outcome", "head is A again, but B is not below it");
    }
  };
  struct RelaxedPublication {
    static constexpr std::string_view kName = "relaxed-publication";
    static constexpr std::string_view kWhat = "Push's compare-exchange is relaxed";
    template <Runtime Rt>
    using Program =
        TreiberStackReuseProgram<Rt, TaggedStackSteps{.publish = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "A may be popped before its new value is there");
    }
  };
  using Mutants = TypeList<NoTag, RelaxedPublication>;
};

}  // namespace heddle
