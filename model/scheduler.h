// Who decides a random execution?  Thread by thread and answer by answer, without seeing the graph.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "model/event.h"

namespace heddle::model {

/// One file of schedulers/ each.  What an execution's picks are depends on nothing but its seed and
/// the questions asked.
class Scheduler {
 public:
  virtual ~Scheduler() = default;

  virtual void Begin(std::uint64_t seed, int threads) = 0;
  /// Which of `movable`, not empty and ascending, moves next.
  virtual ThreadId PickThread(const std::vector<ThreadId>& movable) = 0;
  /// What the picked thread's read takes, or where its write goes in mo: which of n >= 1, from the
  /// newest to the oldest.  Asked again, with what is left, if the model forbids that.
  virtual int PickWrite(int n) = 0;
  /// Which of the n >= 1 outcomes of a choice.
  virtual int PickChoice(int n) = 0;
};

/// Uniform in everything.
std::unique_ptr<Scheduler> MakeRandomScheduler();

/// PCT, which finds a bug that `depth` >= 1 ordering constraints expose.  `steps`: about how many
/// times an execution picks a thread.
std::unique_ptr<Scheduler> MakePctScheduler(int depth, int steps);

}  // namespace heddle::model
