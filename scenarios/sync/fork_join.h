// Fork and join: are the results of threads there when they have been joined?
//
//     thread 0                     two threads that it starts
//     in = 20, 22 (plain)          out = in (plain)
//     F1 start both
//     F2 join both
//     out + out (plain)
//
// Starting synchronises with the beginning of a thread, its end with joining: no other order is
// needed.  Source: C++20 [thread.thread.constr], [thread.thread.member].
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "runtime/sync/thread.h"
#include "scenarios/classic/rows.h"

namespace heddle {

template <Runtime Rt, bool kJoins>
class ForkJoinProgram {
 public:
  void Thread(int) {
    left_in_.store(20);
    right_in_.store(22);
    sync::Thread<Rt> left([this] { left_out_.store(left_in_.load()); });
    sync::Thread<Rt> right([this] { right_out_.store(right_in_.load()); });
    left.join();
    kJoins ? right.join() : right.detach();
    Rt::observe(sum_, left_out_.load() + right_out_.load());
  }
  std::array<Observation, 1> Observed() const { return {sum_}; }

 private:
  typename Rt::template Plain<int> left_in_{0, "left in"}, right_in_{0, "right in"},
      left_out_{0, "left out"}, right_out_{0, "right out"};
  Observation sum_{"sum"};
};

struct ForkJoin {
  static constexpr std::string_view kName = "fork_join";
  static constexpr std::string_view kQuestion =
      "are the results of threads there when they have been joined?";
  static constexpr std::string_view kSource =
      "C++20 [thread.thread.constr], [thread.thread.member]";
  static constexpr int kThreads = 1;
  static constexpr int kSpawned = 2;
  static constexpr bool kIsolated = true;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = ForkJoinProgram<Rt, true>;
  static std::vector<Expect> Expected() { return {classic::Always({42}, "both results")}; }

  struct Detaches {
    static constexpr std::string_view kName = "detaches";
    static constexpr std::string_view kWhat = "F2 detaches one instead";
    template <Runtime Rt>
    using Program = ForkJoinProgram<Rt, false>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "the result is read while it may be written"};
    }
  };
  using Mutants = TypeList<Detaches>;
};

}  // namespace heddle
