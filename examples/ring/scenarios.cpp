// Do values come out of the ring once each, in order?
#include "cli/register.h"
#include "ring.h"
#include "ring_relaxed.h"

template <heddle::Runtime Rt, std::memory_order kPublish>
struct PushAndPop {
  void Thread(int cpu) {
    for (int i = 1; i <= 3; ++i)
      if (cpu == 0)
        ring.Push(i);
      else if (const auto value = ring.Pop())
        Rt::check(*value == ++popped, "values come out once each, in order");
  }
  std::array<heddle::Observation, 0> Observed() const { return {}; }
  Ring<Rt, kPublish> ring;
  int popped = 0;  // the consumer's own
};

struct RingScenario {
  static constexpr std::string_view kName = "ring", kQuestion = "do values come out in order?";
  static constexpr int kThreads = 2;
  static constexpr heddle::Shape kShape = heddle::Shape::kSample;
  template <heddle::Runtime Rt>
  using Program = PushAndPop<Rt, std::memory_order_release>;
  static std::vector<heddle::Expect> Expected() {
    using enum heddle::Grade;
    return {{{}, kAllowed, kAllowed, kAllowed, "nothing is observed: the check says it all"}};
  }
  using Mutants = heddle::TypeList<StoredRelaxed<PushAndPop>>;
};

const heddle::Register<heddle::TypeList<RingScenario>> kRegistered;
