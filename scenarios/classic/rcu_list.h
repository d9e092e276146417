// rcu_list: when may an updater free a list node that readers traverse without a lock?
//
//     Reader                             Updater
//     R1 reading = 1                     U1 publish the node's replacement (release)
//     R2 fence (seq_cst)                 U2 fence (seq_cst)
//     R3 traverse (acquire, plain)       U3 wait for every reader until reading == 0 (acquire)
//     R4 reading = 0 (release)           U4 free the old node
//
// U2 and U3 are the grace period: every reader that may have found the old node is waited for.
// R2 and U2 are SB's two fences: either U3 sees that the reader is at it, or R3 sees U1.  R4 pairs
// with U3: the reader's last use comes before U4.  A reader that begins during the wait may be
// waited for, too; that delays U4 and harms nothing.
// Source: P. E. McKenney, J. D. Slingwine, "Read-Copy Update: Using Execution History to Solve
// Concurrency Problems", PDCS 1998; M. Desnoyers et al., "User-Level Implementations of
// Read-Copy Update", IEEE TPDS 23(2), 2012, for the fences.
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

struct RcuListSteps {
  std::memory_order publish = std::memory_order_release;  ///< U1
  std::memory_order unlock = std::memory_order_release;   ///< R4
  bool fence_in_reader = true;                            ///< R2
  bool fence_in_updater = true;                           ///< U2
  bool wait = true;                                       ///< U3
  bool wait_after_unlink = true;                          ///< U1 before U2 and U3
};

template <Runtime Rt, RcuListSteps kSteps = RcuListSteps{}>
class RcuListProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 0) return Update();
    const auto reader = static_cast<std::size_t>(cpu - 1);
    Lock(reader);
    int values = 0;
    for (Node* n = head_.load(std::memory_order_acquire); n != nullptr;
         n = n->next.load(std::memory_order_acquire))
      values = 10 * values + n->value.load();
    Unlock(reader);
    Rt::observe(seen_[reader], values);
  }
  void Finish() {
    for (Node* n = head_.load(std::memory_order_relaxed); n != nullptr;)
      Rt::destroy(std::exchange(n, n->next.load(std::memory_order_relaxed)));
  }
  std::array<Observation, 2> Observed() const { return seen_; }

 private:
  struct Node {
    Node(int v, Node* n) : value(v, "value"), next(n, "next") {}
    typename Rt::template Plain<int> value;
    typename Rt::template Atomic<Node*> next;
  };

  // The list is empty; then 1 9; then 2 9: the first node is replaced.
  void Update() {
    Node* const last = Rt::template make<Node>(9, nullptr);
    Node* const old = Rt::template make<Node>(1, last);
    head_.store(old, kSteps.publish);
    Node* const replacement = Rt::template make<Node>(2, last);
    if constexpr (!kSteps.wait_after_unlink) Synchronize();
    head_.store(replacement, kSteps.publish);  // U1
    if constexpr (kSteps.wait_after_unlink) Synchronize();
    Rt::destroy(old);  // U4
  }

  void Synchronize() {
    if constexpr (kSteps.fence_in_updater) Rt::fence(std::memory_order_seq_cst);  // U2
    if constexpr (kSteps.wait) {
      for (auto& reading : reading_)  // U3
        reading.await([](int r) { return r == 0; }, std::memory_order_acquire,
                      "a reader to leave its critical section");
    }
  }

  void Lock(std::size_t reader) {
    reading_[reader].store(1, std::memory_order_relaxed);                        // R1
    if constexpr (kSteps.fence_in_reader) Rt::fence(std::memory_order_seq_cst);  // R2
  }
  void Unlock(std::size_t reader) { reading_[reader].store(0, kSteps.unlock); }  // R4

  typename Rt::template Atomic<Node*> head_{nullptr, "head"};
  std::array<typename Rt::template Atomic<int>, 2> reading_{{{0, "reading 1"}, {0, "reading 2"}}};
  std::array<Observation, 2> seen_{{{"CPU 1"}, {"CPU 2"}}};
};

struct RcuList {
  static constexpr std::string_view kName = "rcu_list";
  static constexpr std::string_view kQuestion =
      "when may an updater free a list node that readers traverse without a lock?";
  static constexpr std::string_view kSource =
      "McKenney, Slingwine, PDCS 1998; Desnoyers et al., TPDS 23(2), 2012";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = RcuListProgram<Rt>;

  static std::vector<Expect> Expected() {
    std::vector<Expect> rows;
    for (const int first : {0, 19, 29})
      for (const int second : {0, 19, 29})
        rows.push_back(classic::Always({first, second}, "each reader saw a version, whole"));
    return rows;
  }

  struct NoWait {
    static constexpr std::string_view kName = "no-wait";
    static constexpr std::string_view kWhat = "U3 dropped";
    template <Runtime Rt>
    using Program = RcuListProgram<Rt, RcuListSteps{.wait = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("use after free", "a reader is still at the old node");
    }
  };
  struct WaitBeforeUnlink {
    static constexpr std::string_view kName = "wait-before-unlink";
    static constexpr std::string_view kWhat = "U2 and U3 before U1";
    template <Runtime Rt>
    using Program = RcuListProgram<Rt, RcuListSteps{.wait_after_unlink = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("use after free",
                                 "a reader finds the old node between the wait and the unlinking");
    }
  };
  struct NoReaderFence {
    static constexpr std::string_view kName = "no-reader-fence";
    static constexpr std::string_view kWhat = "R2 dropped";
    static constexpr std::string_view kSource = "Desnoyers et al., TPDS 23(2), 2012";
    template <Runtime Rt>
    using Program = RcuListProgram<Rt, RcuListSteps{.fence_in_reader = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "use after free",
                               "the traversal overtakes R1: nobody waits for this reader");
    }
  };
  struct NoUpdaterFence {
    static constexpr std::string_view kName = "no-updater-fence";
    static constexpr std::string_view kWhat = "U2 dropped";
    template <Runtime Rt>
    using Program = RcuListProgram<Rt, RcuListSteps{.fence_in_updater = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "use after free",
                               "U3 overtakes U1: the reader comes after the wait");
    }
  };
  struct RelaxedUnlock {
    static constexpr std::string_view kName = "relaxed-unlock";
    static constexpr std::string_view kWhat = "R4 is relaxed";
    template <Runtime Rt>
    using Program = RcuListProgram<Rt, RcuListSteps{.unlock = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "use after free", "the traversal may end after R4");
    }
  };
  struct RelaxedPublication {
    static constexpr std::string_view kName = "relaxed-publication";
    static constexpr std::string_view kWhat = "U1 is relaxed";
    template <Runtime Rt>
    using Program = RcuListProgram<Rt, RcuListSteps{.publish = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the node may be seen before its content");
    }
  };
  using Mutants = TypeList<NoWait, WaitBeforeUnlink, NoReaderFence, NoUpdaterFence, RelaxedUnlock,
                           RelaxedPublication>;
};

}  // namespace heddle
