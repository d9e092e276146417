// ms_queue_reuse: may a dequeuer use the node that it has removed at once for its next enqueue?
//
// The queue of ms_queue.h as it was published: head, tail and every link carry a count that each
// change increments, and a node that is dequeued goes to a free list, here its CPU's own.
//
//     Enqueue(n)                                 Dequeue
//     E1 t = tail                                D1 h = head, t = tail
//     E2 l = t->next                             D2 n = h->next
//     E3 t == tail, or from E1                   D3 h == head, or from D1
//     E4 if l: help (E6), from E1                D4 no n: empty; h == t: help (E6), from D1
//     E5 CAS(t->next, l -> n)  or from E1        D5 v = n's value
//     E6 CAS(tail, t -> t->next)                 D6 CAS(head, h -> n)  or from D1
//                                                D7 free h
//
// Before E1 the enqueuer empties its own node's link (release).
// D4 keeps head from passing tail: else tail stands at a freed node, and an enqueue that is given
// that node links it to itself.  E5 fails if t was freed and reused since E3, thanks to the count.
// E3 keeps an enqueue from a node that was removed and is now being prepared for its next use.
// The value is atomic: D5 may read it while its node's next owner writes it; D6 then fails.
// D6 releases D5 to D6 of the next CPU, and so to the write that must not be seen.
// Source: M. M. Michael, M. L. Scott, "Simple, Fast, and Practical Non-Blocking and Blocking
// Concurrent Queue Algorithms", PODC 1996.
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

struct MsQueueReuseSteps {
  bool count = true;                 ///< counts are incremented
  bool compare_head_to_tail = true;  ///< D4
  bool recheck_tail = true;          ///< E3
};

template <Runtime Rt, MsQueueReuseSteps kSteps = MsQueueReuseSteps{}>
class MsQueueReuseProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) {
      std::int32_t freed = kNone;
      Enqueue(1, 1);
      Rt::observe(cpu0_, Dequeue(freed));
    } else {
      std::int32_t freed = 2;
      if (Rt::choose(2) == 1) Enqueue(2, 2);
      Rt::observe(first_, Dequeue(freed));
      Enqueue(freed, 3);
      Rt::observe(second_, Dequeue(freed));
    }
  }
  std::array<Observation, 3> Observed() const { return {cpu0_, first_, second_}; }

 private:
  static constexpr std::int32_t kNone = -1;
  struct Link {
    std::int32_t node;
    std::int32_t count;
    bool operator==(const Link&) const = default;
  };
  struct Node {
    typename Rt::template Atomic<int> value;
    typename Rt::template Atomic<Link> next;
  };
  Node& At(std::int32_t node) { return nodes_[static_cast<std::size_t>(node)]; }
  static Link Next(Link old, std::int32_t node) {
    return {node, kSteps.count ? old.count + 1 : old.count};
  }
  using Cell = typename Rt::template Atomic<Link>;
  static bool Swing(Cell& cell, Link from, std::int32_t to) {
    return cell.compare_exchange_strong(from, Next(from, to), std::memory_order_acq_rel,
                                        std::memory_order_relaxed);
  }

  void Enqueue(std::int32_t node, int value) {
    At(node).value.store(value, std::memory_order_relaxed);
    // Releases what this CPU knows of tail: whoever reads the emptied link in E2 must fail in E3.
    At(node).next.store(Next(At(node).next.load(std::memory_order_relaxed), kNone),
                        std::memory_order_release);
    for (;;) {
      const Link tail = tail_.load(std::memory_order_acquire);                             // E1
      const Link next = At(tail.node).next.load(std::memory_order_acquire);                // E2
      if (kSteps.recheck_tail && tail != tail_.load(std::memory_order_acquire)) continue;  // E3
      if (next.node != kNone) {                                                            // E4
        Swing(tail_, tail, next.node);
      } else if (Swing(At(tail.node).next, next, node)) {  // E5
        Swing(tail_, tail, node);                          // E6
        return;
      }
    }
  }

  /// 0 if empty; else also the node that is free now.
  int Dequeue(std::int32_t& freed) {
    for (;;) {
      const Link head = head_.load(std::memory_order_acquire);  // D1
      const Link tail = tail_.load(std::memory_order_acquire);
      const Link next = At(head.node).next.load(std::memory_order_acquire);  // D2
      if (head != head_.load(std::memory_order_acquire)) continue;           // D3
      if (next.node == kNone) return 0;                                      // D4
      if (kSteps.compare_head_to_tail && head.node == tail.node) {
        Swing(tail_, tail, next.node);
        continue;
      }
      const int value = At(next.node).value.load(std::memory_order_relaxed);  // D5
      if (!Swing(head_, head, next.node)) continue;                           // D6
      freed = head.node;                                                      // D7
      return value;
    }
  }

  std::array<Node, 3> nodes_{{{{0, "0.value"}, {{kNone, 0}, "0.next"}},
                              {{0, "1.value"}, {{kNone, 0}, "1.next"}},
                              {{0, "2.value"}, {{kNone, 0}, "2.next"}}}};
  Cell head_{{0, 0}, "head"}, tail_{{0, 0}, "tail"};
  Observation cpu0_{"CPU 0"}, first_{"CPU 1 first"}, second_{"CPU 1 second"};
};

struct MsQueueReuse {
  static constexpr std::string_view kName = "ms_queue_reuse";
  static constexpr std::string_view kQuestion =
      "may a dequeuer use the node that it has removed at once for its next enqueue?";
  static constexpr std::string_view kSource = "Michael, Scott, PODC 1996";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = MsQueueReuseProgram<Rt>;

  static std::vector<Expect> Expected() {
    using namespace classic;
    // CPU 0 enqueues 1; CPU 1 perhaps enqueues 2, dequeues, enqueues 3, dequeues.
    return {Always({1, 0, 3}, "without 2: CPU 1 found nothing; then each got its own value"),
            Always({3, 0, 1}, "without 2: CPU 1 found nothing; then each got the other's value"),
            Always({3, 1, 0}, "without 2: 3 went to CPU 0"),
            Always({0, 1, 3}, "without 2: CPU 0 found nothing, as 1 was gone and 3 not there yet"),
            Always({1, 2, 3}, "each CPU got its own values"),
            Always({2, 1, 3}, "the first values were exchanged"),
            Always({3, 1, 2}, "1 came before 2, and CPU 0 was last"),
            Always({3, 2, 1}, "2 came before 1, and CPU 0 was last"),
            Never({0, 2, 3}, "CPU 0 missed the value it had enqueued"),
            Never({0, 1, 0}, "CPU 1 missed the value it had enqueued")};
  }

  struct HeadPassesTail {
    static constexpr std::string_view kName = "head-passes-tail";
    static constexpr std::string_view kWhat = "D4 does not compare head to tail";
    static constexpr std::string_view kSource =
        "Michael, Scott, PODC 1996, on earlier queues; Rust's crossbeam, issue 238, 2018";
    template <Runtime Rt>
    using Program = MsQueueReuseProgram<Rt, MsQueueReuseSteps{.compare_head_to_tail = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("forbidden outcome",
                                 "tail stands at a freed node, which is then linked to itself");
    }
  };
  struct NoCount {
    static constexpr std::string_view kName = "no-count";
    static constexpr std::string_view kWhat = "counts are not incremented";
    static constexpr std::string_view kSource =
        "Michael, Scott, PODC 1996, on why links are counted";
    template <Runtime Rt>
    using Program = MsQueueReuseProgram<Rt, MsQueueReuseSteps{.count = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("forbidden outcome", "a link changes in a node that was reused");
    }
  };
  struct NoRecheck {
    static constexpr std::string_view kName = "no-recheck";
    static constexpr std::string_view kWhat = "E3 dropped";
    static constexpr Hardly kHardlyNatively{
        {}, "a CPU must stand still at E2 while the other one removes the node and takes it anew"};
    template <Runtime Rt>
    using Program = MsQueueReuseProgram<Rt, MsQueueReuseSteps{.recheck_tail = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("forbidden outcome",
                                 "E2 reads the link of a node that is being reused, so that E5 "
                                 "succeeds although the node is not in the queue");
    }
  };
  using Mutants = TypeList<HeadPassesTail, NoCount, NoRecheck>;
};

}  // namespace heddle
