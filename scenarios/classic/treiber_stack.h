// treiber_stack: does every value pushed on a lock-free stack come out once and whole?
//
//     Push(n)                               Pop
//     h = head                              h = head                (kConsume)
//     do n->next = h                        while (h && !CAS(head, h -> h->next)) ;
//     while (!CAS(head, h -> n)) (kPublish) return h
//
// The release of Push pairs with the acquire of Pop.  Pop's own CAS may be relaxed: it is an RMW,
// so what it writes stays in the release sequences of the pushes before it, that of the node it
// makes the new head included.  Popped nodes are freed only after the run, as a garbage collector
// would do: Pop reads h->next of a node that another CPU may have popped meanwhile.
// Source: R. K. Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118, 1986.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

struct TreiberSteps {
  std::memory_order publish = std::memory_order_release;
  std::memory_order consume = std::memory_order_acquire;
  bool keep_popped = true;  ///< nodes outlive all pops
};

template <Runtime Rt, TreiberSteps kSteps>
class TreiberStack {
 public:
  struct Node {
    explicit Node(int v) : value(v, "value") {}
    typename Rt::template Plain<int> value;
    typename Rt::template Plain<Node*> next{nullptr, "next"};
  };

  void Push(Node* node) {
    Node* head = head_.load(std::memory_order_relaxed);
    do {
      node->next.store(head);
    } while (!head_.compare_exchange_strong(head, node, kSteps.publish, std::memory_order_relaxed));
  }

  /// Null if empty.
  Node* Pop() {
    Node* head = head_.load(kSteps.consume);
    while (head != nullptr &&
           !head_.compare_exchange_strong(head, head->next.load(), std::memory_order_relaxed,
                                          kSteps.consume)) {
    }
    return head;
  }

  Node* TakeAll() { return head_.exchange(nullptr, std::memory_order_acquire); }

 private:
  typename Rt::template Atomic<Node*> head_{nullptr, "head"};
};

template <Runtime Rt, TreiberSteps kSteps = TreiberSteps{}>
class TreiberStackProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) {
      stack_.Push(Rt::template make<Node>(1));
      stack_.Push(Rt::template make<Node>(2));
      return;
    }
    const auto i = static_cast<std::size_t>(cpu - 1);
    Node* const node = stack_.Pop();
    Rt::observe(popped_[i], node != nullptr ? node->value.load() : 0);
    if constexpr (kSteps.keep_popped)
      kept_[i] = node;
    else
      Rt::destroy(node);
  }
  void Finish() {
    for (Node* node : kept_) Rt::destroy(node);
    for (Node* node = stack_.TakeAll(); node != nullptr;)
      Rt::destroy(std::exchange(node, node->next.load()));
  }
  std::array<Observation, 2> Observed() const { return popped_; }

 private:
  using Stack = TreiberStack<Rt, kSteps>;
  using Node = typename Stack::Node;

  Stack stack_;
  std::array<Node*, 2> kept_{};
  std::array<Observation, 2> popped_{{{"CPU 1"}, {"CPU 2"}}};
};

struct TreiberStackScenario {
  static constexpr std::string_view kName = "treiber_stack";
  static constexpr std::string_view kQuestion =
      "does every value pushed on a lock-free stack come out once and whole?";
  static constexpr std::string_view kSource = "Treiber, IBM RJ 5118, 1986";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = TreiberStackProgram<Rt>;

  static std::vector<Expect> Expected() {
    using namespace classic;
    return {Always({0, 0}, "both pops came before the pushes"),
            Always({0, 1}, "CPU 2 popped before the second push"),
            Always({0, 2}, "CPU 2 popped after both pushes"),
            Always({1, 0}, "CPU 1 popped before the second push"),
            Always({2, 0}, "CPU 1 popped after both pushes"),
            Always({1, 2}, "both popped, CPU 1 first or last"),
            Always({2, 1}, "both popped, CPU 2 first or last"),
            Never({1, 1}, "the same node was popped twice"),
            Never({2, 2}, "the same node was popped twice")};
  }

  struct RelaxedPublication {
    static constexpr std::string_view kName = "relaxed-publication";
    static constexpr std::string_view kWhat = "Push's compare-exchange is relaxed";
    template <Runtime Rt>
    using Program = TreiberStackProgram<Rt, TreiberSteps{.publish = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the node may be seen before its content");
    }
  };
  struct RelaxedConsumption {
    static constexpr std::string_view kName = "relaxed-consumption";
    static constexpr std::string_view kWhat = "Pop reads head relaxed";
    template <Runtime Rt>
    using Program = TreiberStackProgram<Rt, TreiberSteps{.consume = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "a relaxed load acquires nothing");
    }
  };
  struct ImmediateFree {
    static constexpr std::string_view kName = "immediate-free";
    static constexpr std::string_view kWhat = "whoever has popped a node frees it at once";
    static constexpr std::string_view kSource = "Michael, TPDS 15(6), 2004";
    static constexpr Hardly kHardlyNatively{
        {},
        "of a freed node matters only what Pop reads just before a push gets the same memory: see "
        "treiber_stack_reuse"};
    template <Runtime Rt>
    using Program = TreiberStackProgram<Rt, TreiberSteps{.keep_popped = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("use after free",
                                 "the other pop still reads the next pointer of the same node");
    }
  };
  using Mutants = TypeList<RelaxedPublication, RelaxedConsumption, ImmediateFree>;
};

}  // namespace heddle
