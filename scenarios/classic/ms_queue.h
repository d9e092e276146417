// ms_queue: does a queue that two enqueuers and two dequeuers share stay first in, first out?
//
//     Enqueue(n)                                 Dequeue
//     E1 t = tail                                D1 h = head
//     E2 if t->next: help (E4), from E1          D2 t = tail
//     E3 CAS(t->next, null -> n)  or from E1     D3 n = h->next
//     E4 CAS(tail, t -> t->next)                 D4 if h == t: empty, or help (E4), from D1
//                                                D5 CAS(head, h -> n)  or from D1
//                                                D6 n's value; n is the new dummy
//
// E3's release pairs with the acquires of E2 and D3: the node's value.  D4 relies on tail never
// being behind head: whoever sees h as the head must see a tail that is no older.  That is why D1
// comes before D2 and acquires what D5 releases: the tail that the dequeuer before had seen.  The
// paper's re-checks of head and tail guard against freed nodes; here nodes, which are numbers, are
// never reused.
// Source: M. M. Michael, M. L. Scott, "Simple, Fast, and Practical Non-Blocking and Blocking
// Concurrent Queue Algorithms", PODC 1996.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

struct MsQueueSteps {
  std::memory_order link = std::memory_order_release;    ///< E3
  std::memory_order follow = std::memory_order_acquire;  ///< E2, D3
  std::memory_order unlink = std::memory_order_release;  ///< D5
  bool head_before_tail = true;                          ///< D1 before D2
};

template <Runtime Rt, MsQueueSteps kSteps = MsQueueSteps{}>
class MsQueueProgram {
 public:
  void Thread(int cpu) {
    Enqueue(cpu + 1);
    const int got = Dequeue();
    if (cpu == 0) return Rt::observe(got_[0], got);
    Rt::observe(got_[1], got);
    // CPU 0 dequeues once only, and not before it has enqueued: one value is left.
    Rt::check(got != 0, "CPU 1 missed the value it had enqueued");
    Rt::observe(got_[2], Dequeue());
  }
  std::array<Observation, 3> Observed() const { return got_; }

 private:
  static constexpr int kDummy = 0, kNone = -1;
  struct Node {
    typename Rt::template Plain<int> value;
    typename Rt::template Atomic<int> next;
  };
  Node& At(int node) { return nodes_[static_cast<std::size_t>(node)]; }

  /// Node number n carries the value n.
  void Enqueue(int node) {
    At(node).value.store(node);
    for (;;) {
      const int tail = tail_.load(std::memory_order_acquire);  // E1
      const int next = At(tail).next.load(kSteps.follow);      // E2
      int none = kNone;
      if (next != kNone) {
        SwingTail(tail, next);
      } else if (At(tail).next.compare_exchange_strong(none, node, kSteps.link,
                                                       std::memory_order_relaxed)) {  // E3
        return SwingTail(tail, node);
      }
    }
  }

  /// 0 if empty.
  int Dequeue() {
    for (;;) {
      int tail = kNone;
      if constexpr (!kSteps.head_before_tail) tail = tail_.load(std::memory_order_acquire);
      int head = head_.load(std::memory_order_acquire);                                     // D1
      if constexpr (kSteps.head_before_tail) tail = tail_.load(std::memory_order_acquire);  // D2
      const int next = At(head).next.load(kSteps.follow);                                   // D3
      if (head == tail) {                                                                   // D4
        if (next == kNone) return 0;
        SwingTail(tail, next);
        continue;
      }
      Rt::check(next != kNone, "the tail is behind the head");
      if (head_.compare_exchange_strong(head, next, kSteps.unlink, std::memory_order_relaxed))
        return At(next).value.load();  // D6
    }
  }

  /// E4.  Fails only if another CPU has done it.  Releases for D2, which trusts that the nodes up
  /// to the tail are linked.
  void SwingTail(int tail, int next) {
    tail_.compare_exchange_strong(tail, next, std::memory_order_release, std::memory_order_relaxed);
  }

  std::array<Node, 3> nodes_{{{{0, "dummy"}, {kNone, "dummy.next"}},
                              {{0, "1.value"}, {kNone, "1.next"}},
                              {{0, "2.value"}, {kNone, "2.next"}}}};
  typename Rt::template Atomic<int> head_{kDummy, "head"}, tail_{kDummy, "tail"};
  std::array<Observation, 3> got_{{{"CPU 0"}, {"CPU 1 first"}, {"CPU 1 second"}}};
};

struct MsQueue {
  static constexpr std::string_view kName = "ms_queue";
  static constexpr std::string_view kQuestion = "does a lock-free queue stay first in, first out?";
  static constexpr std::string_view kSource = "Michael, Scott, PODC 1996";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = MsQueueProgram<Rt>;

  static std::vector<Expect> Expected() {
    using namespace classic;
    return {Always({0, 1, 2}, "CPU 1 got both, CPU 0's first"),
            Always({0, 2, 1}, "CPU 1 got both, its own first"),
            Always({1, 2, 0}, "each CPU got its own value"),
            Always({2, 1, 0}, "each CPU got the other's value"),
            Never({1, 1, 0}, "one value was dequeued twice")};
  }

  struct RelaxedLink {
    static constexpr std::string_view kName = "relaxed-link";
    static constexpr std::string_view kWhat = "E3 is relaxed";
    template <Runtime Rt>
    using Program = MsQueueProgram<Rt, MsQueueSteps{.link = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the node may be seen before its value");
    }
  };
  struct RelaxedFollow {
    static constexpr std::string_view kName = "relaxed-follow";
    static constexpr std::string_view kWhat = "E2 and D3 are relaxed";
    static constexpr std::string_view kSource = "Rust's crossbeam, MsQueue, issue 12, 2015";
    template <Runtime Rt>
    using Program = MsQueueProgram<Rt, MsQueueSteps{.follow = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race",
                               "a CPU that helps (E4) releases a node that it has not acquired");
    }
  };
  struct RelaxedUnlink {
    static constexpr std::string_view kName = "relaxed-unlink";
    static constexpr std::string_view kWhat = "D5 is relaxed";
    template <Runtime Rt>
    using Program = MsQueueProgram<Rt, MsQueueSteps{.unlink = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "check failed",
                               "a CPU that sees the new head may still see a tail behind it");
    }
  };
  struct TailBeforeHead {
    static constexpr std::string_view kName = "tail-before-head";
    static constexpr std::string_view kWhat = "D2 before D1";
    template <Runtime Rt>
    using Program = MsQueueProgram<Rt, MsQueueSteps{.head_before_tail = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "others dequeue past the tail read before");
    }
  };
  using Mutants = TypeList<RelaxedLink, RelaxedFollow, RelaxedUnlink, TailBeforeHead>;
};

}  // namespace heddle
