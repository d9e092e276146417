// Do values come out of the ring once each, in order?
#include "cli/register.h"
#include "ring.h"

namespace {

using namespace heddle;

template <Runtime Rt, std::memory_order kPublish>
struct PushAndPop {
  void Thread(int cpu) {
    for (int i = 1; i <= 3; ++i) {
      if (cpu == 0)
        ring.Push(i);
      else if (const auto value = ring.Pop())
        Rt::check(*value == ++popped, "values come out once each, in order");
    }
    if (cpu == 1) Rt::observe(seen, popped);
  }
  std::array<Observation, 1> Observed() const { return {seen}; }
  Ring<Rt, kPublish> ring;
  int popped = 0;  // the consumer's own
  Observation seen{"popped"};
};

struct RingScenario {
  static constexpr std::string_view kName = "ring";
  static constexpr std::string_view kQuestion = "do values come out once each, in order?";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = PushAndPop<Rt, std::memory_order_release>;
  static std::vector<Expect> Expected() {
    using enum Grade;
    std::vector<Expect> rows;
    for (int n = 0; n <= 3; ++n)
      rows.push_back({{n}, kAllowed, kAllowed, kAllowed, "so many came in time"});
    return rows;
  }

  struct Relaxed {
    static constexpr std::string_view kName = "relaxed", kWhat = "tail is stored relaxed";
    template <Runtime Rt>
    using Program = PushAndPop<Rt, std::memory_order_relaxed>;
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return {model == "rc11" ? "data race" : "",
              "only rc11 lets a slot count as filled too early"};
    }
  };
  using Mutants = TypeList<Relaxed>;
};

const Register<TypeList<RingScenario>> kRegistered;

}  // namespace
