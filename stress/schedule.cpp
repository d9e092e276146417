#include "stress/schedule.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "runtime/native/thread_context.h"

namespace heddle::stress {
namespace {

double Parts(const StressPlan& plan) { return plan.shape == Shape::kTorture ? 4 : 1; }

// Threads that take turns on one CPU meet seldom, but anywhere: an eighth of the time.
constexpr double kOneCpuShare = 0.125;

}  // namespace

Schedule::Schedule(const std::vector<StressPlan>& plans, const Topology& topology, Duration whole,
                   std::uint64_t seed)
    : plans_(plans), topology_(topology), seed_(seed) {
  double parts = 0;
  for (const StressPlan& plan : plans) parts += Parts(plan);
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const double share = Parts(plans[i]) / parts;
    const double milliseconds = share * static_cast<double>(whole.count());
    if (milliseconds < 1)
      throw std::invalid_argument("is too short for " + std::to_string(plans.size()) +
                                  " scenarios; give at least 1s");
    // As many classes as there is time for, the closest first.
    auto classes = topology.Classes();
    if (plans[i].threads == 1) classes.resize(1);  // has no neighbour
    const auto room =
        static_cast<std::size_t>(milliseconds / static_cast<double>(kShortestPiece.count()));
    if (classes.size() > 1 && kOneCpuShare * milliseconds < kShortestPiece.count())
      classes.pop_back();
    if (classes.size() > std::max<std::size_t>(room, 1))
      classes.resize(std::max<std::size_t>(room, 1));
    const bool one_cpu = classes.size() > 1 && classes.back() == Sharing::kCpu;
    const double others = static_cast<double>(classes.size() - (one_cpu ? 1 : 0));
    for (const Sharing sharing : classes) {
      const double of_class = !one_cpu                   ? 1 / others
                              : sharing == Sharing::kCpu ? kOneCpuShare
                                                         : (1 - kOneCpuShare) / others;
      Lane& lane = lanes_.emplace_back(Lane{i, sharing, share * of_class});
      const auto all =
          Duration(static_cast<Duration::rep>(lane.weight * static_cast<double>(whole.count())));
      lane.longest = std::clamp(all, Duration(1), kLongestPiece);
    }
  }
}

bool Schedule::empty() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.rests; });
}

Piece Schedule::Next() {
  const Lane* next = nullptr;
  double least = 0;
  for (const Lane& lane : lanes_) {
    if (lane.rests) continue;
    const double behind = static_cast<double>(lane.spent.count()) / lane.weight;
    if (next != nullptr && behind >= least) continue;
    next = &lane;
    least = behind;
  }
  return Begin(*next);
}

Piece Schedule::Of(std::size_t plan) {
  return Begin(*std::find_if(lanes_.begin(), lanes_.end(),
                             [&](const Lane& lane) { return lane.plan == plan; }));
}

Piece Schedule::Begin(const Lane& lane) {
  native::Random random(seed_ + ++pieces_ * 0x9E3779B97F4A7C15u);
  const std::uint64_t seed = random.Next();
  auto placement = topology_.Place(lane.sharing, plans_[lane.plan].threads, seed);
  const Duration duration = std::min(lane.longest, most_);
  most_ = std::min(2 * most_, kLongestPiece);
  return {lane.plan, std::move(*placement), seed, duration};
}

void Schedule::Spent(std::size_t plan, Sharing sharing, Duration time) {
  for (Lane& lane : lanes_)
    if (lane.plan == plan && lane.sharing == sharing) lane.spent += time;
}

void Schedule::Rest(std::size_t plan) {
  for (Lane& lane : lanes_)
    if (lane.plan == plan) lane.rests = true;
}

}  // namespace heddle::stress
