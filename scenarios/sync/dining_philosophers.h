// Dining philosophers: does everybody get to eat?
//
// Three philosophers, three forks, each between two of them and needed by both.  All take the left
// fork first, then the right one, but the last philosopher the other way round, so no cycle of
// waiting closes.
// Source: Dijkstra, "Hierarchical Ordering of Sequential Processes", Acta Informatica 1, 1971.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "runtime/scenario.h"
#include "runtime/sync/lock.h"
#include "runtime/sync/mutex.h"
#include "scenarios/classic/rows.h"

namespace heddle {

template <Runtime Rt, bool kLastIsDifferent>
class DiningPhilosophersProgram {
 public:
  static constexpr int kCount = 3;

  void Thread(int cpu) {
    Fork &left = Of(cpu), &right = Of((cpu + 1) % kCount);
    const bool turned = kLastIsDifferent && cpu == kCount - 1;
    Fork &first = turned ? right : left, &second = turned ? left : right;
    const sync::Lock outer(first.mutex);
    const sync::Lock inner(second.mutex);
    first.uses.store(first.uses.load() + 1);
    second.uses.store(second.uses.load() + 1);
  }
  void Finish() {
    int uses = 0;
    for (Fork& fork : forks_) uses += fork.uses.load();
    Rt::observe(uses_, uses);
  }
  std::array<Observation, 1> Observed() const { return {uses_}; }

 private:
  struct Fork {
    sync::Mutex<Rt> mutex;
    typename Rt::template Plain<int> uses;
  };
  Fork& Of(int i) { return forks_[static_cast<std::size_t>(i)]; }

  std::array<Fork, kCount> forks_{Fork{sync::Mutex<Rt>("fork 0"), {0, "uses"}},
                                  Fork{sync::Mutex<Rt>("fork 1"), {0, "uses"}},
                                  Fork{sync::Mutex<Rt>("fork 2"), {0, "uses"}}};
  Observation uses_{"uses"};
};

struct DiningPhilosophers {
  static constexpr std::string_view kName = "dining_philosophers";
  static constexpr std::string_view kQuestion =
      "does everybody get to eat? (bound: 3 philosophers, one meal each)";
  static constexpr std::string_view kSource = "Dijkstra, EWD 310, 1971";
  static constexpr int kThreads = 3;
  static constexpr bool kIsolated = true;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = DiningPhilosophersProgram<Rt, true>;
  static std::vector<Expect> Expected() {
    return {classic::Always({6}, "three meals with two forks each")};
  }

  struct AllTheSame {
    static constexpr std::string_view kName = "all-the-same";
    static constexpr std::string_view kWhat = "everybody takes the left fork first";
    static constexpr std::string_view kSource = "Dijkstra, EWD 310, 1971";
    template <Runtime Rt>
    using Program = DiningPhilosophersProgram<Rt, false>;
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"deadlock", "each holds the left fork and waits for the right one"};
    }
  };
  using Mutants = TypeList<AllTheSame>;
};

}  // namespace heddle
