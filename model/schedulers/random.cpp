// The random walk: each step is any thread's that can move, each read takes any consistent write.
//
// That is uniform over steps, not over executions: an execution of which many schedules are
// linearisations is found more often, and one that needs a thread to be slow for n steps about
// 2^-n of the time.
#include "model/random.h"

#include "model/scheduler.h"

namespace heddle::model {
namespace {

class RandomScheduler final : public Scheduler {
 public:
  void Begin(std::uint64_t seed, int) override { random_ = Random(seed); }
  ThreadId PickThread(const std::vector<ThreadId>& movable) override {
    return movable[static_cast<std::size_t>(random_.Below(movable.size()))];
  }
  int PickWrite(int n) override { return random_.Below(n); }
  int PickChoice(int n) override { return random_.Below(n); }

 private:
  Random random_{0};
};

}  // namespace

std::unique_ptr<Scheduler> MakeRandomScheduler() { return std::make_unique<RandomScheduler>(); }

}  // namespace heddle::model
