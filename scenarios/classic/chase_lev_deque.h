// chase_lev_deque: does every task of a work-stealing deque run exactly once?
//
//     Owner: Push(x)                          Owner: Take
//     P1 full? copy to an array twice the     T1 bottom = b = bottom - 1
//        size, array = it (release)           T2 fence (seq_cst)
//     P2 slot[bottom] = x                     T3 t = top; b < t: empty, bottom = b + 1
//     P3 fence (release)                      T4 x = slot[b]
//     P4 ++bottom                             T5 b == t: CAS(top, t -> t + 1), bottom = b + 1
//
//     Thief: Steal
//     S1 t = top (acquire)    S2 fence (seq_cst)    S3 b = bottom (acquire); b <= t: empty
//     S4 a = array (acquire), x = a->slot[t]        S5 CAS(top, t -> t + 1), or lost
//
// T2 and S2 make the owner and the thief agree: if Take misses the thief's increment of top, Steal
// sees the decremented bottom.  P3 pairs with S3: the slot is there, and so is the array.
// The C11 version of 2013 is unsafe when P1 runs during a steal, as Norris and Demsky found with
// CDSChecker: a thief could read a slot of the grown array that was not written yet.  Their
// corrected version publishes the array with release, and has Push reload it after P1.  Each of
// these two corrections is taken back by a mutant.
// Sources: N. M. Lê, A. Pop, A. Cohen, F. Zappa Nardelli, "Correct and Efficient Work-Stealing for
// Weak Memory Models", PPoPP 2013; B. Norris, B. Demsky, "CDSChecker: Checking Concurrent Data
// Structures Written with C/C++ Atomics", OOPSLA 2013.  Here the indices are signed, as an empty
// Take at bottom 0 must come to -1, and old arrays are kept to the end.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "scenarios/classic/rows.h"

namespace heddle {

struct ChaseLevSteps {
  std::memory_order publish_array = std::memory_order_release;  ///< P1
  bool reload_array = true;                                     ///< after P1
  bool fence_in_push = true;                                    ///< P3
  bool fence_in_take = true;                                    ///< T2
  bool fence_in_steal = true;                                   ///< S2
};

/// Tasks are numbers from 1; 0 means that there was none.
template <Runtime Rt, ChaseLevSteps kSteps>
class ChaseLevDeque {
 public:
  /// By the owner, before its first Push.
  void Start() { array_.store(Rt::template make<Array>(1), std::memory_order_relaxed); }
  /// After all threads.
  void Clear() {
    Rt::destroy(outgrown_);
    Rt::destroy(array_.load(std::memory_order_relaxed));
  }

  void Push(int task) {
    const int bottom = bottom_.load(std::memory_order_relaxed);
    const int top = top_.load(std::memory_order_acquire);
    Array* array = array_.load(std::memory_order_relaxed);
    if (bottom - top >= array->capacity.load()) {
      Grow(array, top, bottom);  // P1
      if constexpr (kSteps.reload_array) array = array_.load(std::memory_order_relaxed);
    }
    array->At(bottom).store(task, std::memory_order_relaxed);                  // P2
    if constexpr (kSteps.fence_in_push) Rt::fence(std::memory_order_release);  // P3
    bottom_.store(bottom + 1, std::memory_order_relaxed);                      // P4
  }

  int Take() {
    const int bottom = bottom_.load(std::memory_order_relaxed) - 1;
    Array* const array = array_.load(std::memory_order_relaxed);
    bottom_.store(bottom, std::memory_order_relaxed);                          // T1
    if constexpr (kSteps.fence_in_take) Rt::fence(std::memory_order_seq_cst);  // T2
    int top = top_.load(std::memory_order_relaxed);                            // T3
    int task = 0;
    if (top <= bottom) {
      task = array->At(bottom).load(std::memory_order_relaxed);  // T4
      Rt::check(task != 0, "took from a slot that was never written");
      if (top < bottom) return task;
      if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                        std::memory_order_relaxed))  // T5
        task = 0;
    }
    bottom_.store(bottom + 1, std::memory_order_relaxed);
    return task;
  }

  /// 0 also if another CPU was faster.
  int Steal() {
    int top = top_.load(std::memory_order_acquire);                             // S1
    if constexpr (kSteps.fence_in_steal) Rt::fence(std::memory_order_seq_cst);  // S2
    if (bottom_.load(std::memory_order_acquire) <= top) return 0;               // S3
    Array* const array = array_.load(std::memory_order_acquire);
    if (array == nullptr) return 0;                                   // never, thanks to P3
    const int task = array->At(top).load(std::memory_order_relaxed);  // S4
    if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst,
                                      std::memory_order_relaxed))  // S5
      return 0;
    Rt::check(task != 0, "stole from a slot that was never written");
    return task;
  }

 private:
  struct Array {
    explicit Array(int n) : capacity(n, "capacity") {}
    auto& At(int i) { return slot[static_cast<std::size_t>(i % capacity.load())]; }
    typename Rt::template Plain<int> capacity;
    std::array<typename Rt::template Atomic<int>, 2> slot{{{0, "slot 0"}, {0, "slot 1"}}};
  };

  void Grow(Array* old, int top, int bottom) {
    outgrown_ = old;  // a thief may still read it
    Array* const grown = Rt::template make<Array>(2 * old->capacity.load());
    for (int i = top; i < bottom; ++i)
      grown->At(i).store(old->At(i).load(std::memory_order_relaxed), std::memory_order_relaxed);
    array_.store(grown, kSteps.publish_array);
  }

  typename Rt::template Atomic<int> top_{0, "top"}, bottom_{0, "bottom"};
  typename Rt::template Atomic<Array*> array_{nullptr, "array"};
  Array* outgrown_ = nullptr;  // the owner's
};

template <Runtime Rt, ChaseLevSteps kSteps = ChaseLevSteps{}>
class ChaseLevProgram {
 public:
  void Thread(int cpu) {
    if (cpu == 2) {
      deque_.Start();
      deque_.Push(1);
      deque_.Push(2);
      Rt::observe(taken_, deque_.Take());
    } else if (cpu == 0) {
      Rt::observe(first_, deque_.Steal());
      Rt::observe(second_, deque_.Steal());
    } else {
      Rt::observe(other_, deque_.Steal());
    }
  }
  void Finish() { deque_.Clear(); }
  std::array<Observation, 4> Observed() const { return {taken_, first_, second_, other_}; }

 private:
  ChaseLevDeque<Rt, kSteps> deque_;
  Observation taken_{"taken"}, first_{"stolen first"}, second_{"stolen second"},
      other_{"stolen by CPU 1"};
};

struct ChaseLev {
  static constexpr std::string_view kName = "chase_lev_deque";
  static constexpr std::string_view kQuestion =
      "does every task of a work-stealing deque run exactly once?";
  static constexpr std::string_view kSource = "Lê, Pop, Cohen, Zappa Nardelli, PPoPP 2013";
  static constexpr int kThreads = 3;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = ChaseLevProgram<Rt>;

  static std::vector<Expect> Expected() {
    using namespace classic;
    return {Always({2, 0, 0, 0}, "the thieves found nothing"),
            Always({2, 1, 0, 0}, "CPU 0 stole task 1 first"),
            Always({2, 0, 1, 0}, "CPU 0's first steal came too early, or lost"),
            Always({2, 0, 0, 1}, "CPU 1 stole task 1"),
            Always({0, 1, 2, 0}, "CPU 0 stole both"),
            Always({0, 1, 0, 2}, "both thieves stole, CPU 0 first"),
            Always({0, 2, 0, 1}, "both thieves stole, CPU 1 first"),
            Always({0, 0, 1, 2}, "both thieves stole, CPU 0 first, after a failure"),
            Always({0, 0, 2, 1}, "both thieves stole, CPU 1 first"),
            Never({2, 1, 2, 0}, "task 2 ran twice"),
            Never({0, 1, 0, 0}, "task 2 was lost")};
  }

  struct RelaxedArray {
    static constexpr std::string_view kName = "relaxed-array";
    static constexpr std::string_view kWhat =
        "P1 publishes the grown array relaxed, as first published";
    static constexpr std::string_view kSource = "Norris, Demsky, OOPSLA 2013, of PPoPP 2013";
    template <Runtime Rt>
    using Program = ChaseLevProgram<Rt, ChaseLevSteps{.publish_array = std::memory_order_relaxed}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "the array may be seen before its content");
    }
  };
  struct NoReload {
    static constexpr std::string_view kName = "no-reload";
    static constexpr std::string_view kWhat =
        "Push goes on with the old array after P1, as first published";
    static constexpr std::string_view kSource = "Norris, Demsky, OOPSLA 2013, of PPoPP 2013";
    template <Runtime Rt>
    using Program = ChaseLevProgram<Rt, ChaseLevSteps{.reload_array = false}>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return classic::Everywhere("check failed", "the task is not in the array that is used now");
    }
  };
  struct NoPushFence {
    static constexpr std::string_view kName = "no-push-fence";
    static constexpr std::string_view kWhat = "P3 dropped";
    template <Runtime Rt>
    using Program = ChaseLevProgram<Rt, ChaseLevSteps{.fence_in_push = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::OnlyRc11(model, "data race", "bottom may be seen before the first array");
    }
  };
  struct NoTakeFence {
    static constexpr std::string_view kName = "no-take-fence";
    static constexpr std::string_view kWhat = "T2 dropped";
    static constexpr Hardly kHardlyNatively{
        {}, "T1 must stay in the store buffer while a thief steals twice, some 100 ns"};
    template <Runtime Rt>
    using Program = ChaseLevProgram<Rt, ChaseLevSteps{.fence_in_take = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return classic::UnlessSc(model, "forbidden outcome",
                               "T3 overtakes T1: Take and Steal both miss the other's claim");
    }
  };
  struct NoStealFence {
    static constexpr std::string_view kName = "no-steal-fence";
    static constexpr std::string_view kWhat = "S2 dropped";
    template <Runtime Rt>
    using Program = ChaseLevProgram<Rt, ChaseLevSteps{.fence_in_steal = false}>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      if (model != "rc11") return {"", "loads are not reordered under " + std::string(model)};
      return {"forbidden outcome", "S3 may read an older bottom than S1's top"};
    }
  };
  using Mutants = TypeList<RelaxedArray, NoReload, NoPushFence, NoTakeFence, NoStealFence>;
};

}  // namespace heddle
