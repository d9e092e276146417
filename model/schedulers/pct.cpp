// PCT: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with Probabilistic
// Guarantees of Finding Bugs", ASPLOS 2010.
//
// Threads have random priorities, and the highest that can move does.  At d - 1 random ones of the
// k steps, the thread that was about to move falls behind all others.  If k is right, and under sc,
// an execution of n threads shows a bug of depth d (one that d constraints "this step before that
// one" expose) with probability at least 1 / (n k^(d-1)).
//
// Weak memory: reads take the newest write and writes go last, as in an interleaving, except for
// the step that a change point has delayed, which takes any.  So an old value costs what an
// unlikely switch costs: one of the d - 1 points.  (PCTWM, Gao, Chakraborty, Ozkan, ASPLOS 2023,
// does the reverse: reads take what their thread has seen already, and d communications are chosen.
// Then ordinary interleavings are the unlikely ones, and the bugs of this project's protocols
// mostly need long ordinary prefixes.)  What a choice takes is no matter of scheduling: any.
//
// A thread that waits is not movable until something is written that it waits for, so that a
// spinning one of high priority starves nobody.
#include <algorithm>
#include <numeric>

#include "model/random.h"
#include "model/scheduler.h"

namespace heddle::model {
namespace {

class PctScheduler final : public Scheduler {
 public:
  PctScheduler(int depth, int steps) : depth_(depth), steps_(std::max(1, steps)) {}

  void Begin(std::uint64_t seed, int threads) override {
    random_ = Random(seed);
    step_ = 0;
    lowest_ = 0;
    priorities_.resize(static_cast<std::size_t>(threads));
    std::iota(priorities_.begin(), priorities_.end(), 1);
    for (int i = threads; i > 1; --i)
      std::swap(priorities_[static_cast<std::size_t>(i - 1)],
                priorities_[static_cast<std::size_t>(random_.Below(i))]);
    delayed_.assign(static_cast<std::size_t>(threads), false);
    points_.clear();
    for (int i = 1; i < depth_; ++i) points_.push_back(random_.Below(steps_));
  }

  ThreadId PickThread(const std::vector<ThreadId>& movable) override {
    ThreadId t = Highest(movable);
    for (auto due = std::count(points_.begin(), points_.end(), step_); due > 0; --due) {
      priorities_[static_cast<std::size_t>(t)] = lowest_--;
      delayed_[static_cast<std::size_t>(t)] = true;
      t = Highest(movable);
    }
    ++step_;
    any_write_ = delayed_[static_cast<std::size_t>(t)];
    delayed_[static_cast<std::size_t>(t)] = false;
    return t;
  }

  int PickWrite(int n) override { return any_write_ ? random_.Below(n) : 0; }
  int PickChoice(int n) override { return random_.Below(n); }

 private:
  ThreadId Highest(const std::vector<ThreadId>& movable) const {
    return *std::max_element(movable.begin(), movable.end(), [this](ThreadId a, ThreadId b) {
      return priorities_[static_cast<std::size_t>(a)] < priorities_[static_cast<std::size_t>(b)];
    });
  }

  const int depth_, steps_;
  Random random_{0};
  int step_ = 0, lowest_ = 0;
  std::vector<int> priorities_, points_;  // points: step numbers
  std::vector<bool> delayed_;             // by a change point, and not moved since
  bool any_write_ = false;                // the picked thread's step takes any, not the newest
};

}  // namespace

std::unique_ptr<Scheduler> MakePctScheduler(int depth, int steps) {
  return std::make_unique<PctScheduler>(depth, steps);
}

}  // namespace heddle::model
