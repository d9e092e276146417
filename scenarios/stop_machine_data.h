// stop_machine, without text: is everybody's work before the function, and the function's before
// everybody's?
//
//     CPU 0                              others
//     own = 1                            own = 1
//     stop: it adds up all owns          take part in the stop
//     sum is everybody's                 sum is everybody's
//
// All of it is plain data: whatever the protocol does not order is a data race.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "patching/stop_machine.h"
#include "runtime/scenario.h"

namespace heddle {

template <Runtime Rt, int kStops, StopSteps kSteps = StopSteps{}>
class StopMachineDataProgram {
 public:
  void Thread(int cpu) {
    own_[static_cast<std::size_t>(cpu)].store(1);
    if (cpu == 0) {
      for (int n = 0; n < kStops; ++n) machine_.Stop(0, add_);
      machine_.End();
    } else {
      machine_.ServeUntilEnd(cpu);
    }
    Rt::check(sum_.load() == 2 * kStops, "the function did not see what was done before the stop");
  }
  void Finish() { total_.value = sum_.load(); }
  std::array<Observation, 1> Observed() const { return {total_}; }

 private:
  template <typename T>
  using Plain = typename Rt::template Plain<T>;
  // Not a local of Thread: reports show its address, which is then the same in every run.
  struct Add {
    StopMachineDataProgram& program;
    void operator()(int cpu) const {
      if (cpu != 0) return;
      Plain<int>& sum = program.sum_;
      sum.store(sum.load() + program.own_[0].load() + program.own_[1].load());
    }
  };

  StopMachine<Rt, 2, kSteps> machine_;
  Add add_{*this};
  std::array<Plain<int>, 2> own_{{{0, "work of CPU 0"}, {0, "work of CPU 1"}}};
  Plain<int> sum_{0, "sum"};
  Observation total_{"sum"};
};

struct StopMachineData {
  static constexpr std::string_view kName = "stop_machine_data";
  static constexpr std::string_view kQuestion =
      "is what every CPU did before the stop ordered before the function, and that before what "
      "they "
      "do after it? (bound: 2 stops)";
  static constexpr int kThreads = 2;
  static constexpr Shape kShape = Shape::kSample;
  template <Runtime Rt>
  using Program = StopMachineDataProgram<Rt, 2>;
  static std::vector<Expect> Expected() {
    constexpr Grade kOk = Grade::kAllowed;
    return {{{4}, kOk, kOk, kOk, "both stops saw both"}};
  }

  template <StopSteps kSteps>
  struct Dropping {
    template <Runtime Rt>
    using Program = StopMachineDataProgram<Rt, 2, kSteps>;
  };
  static Verdict OnlyUnderRc11(std::string_view model, std::string error, std::string why) {
    if (model != "rc11") return {"", "an RMW or a store orders enough under " + std::string(model)};
    return {std::move(error), std::move(why)};
  }

  struct RelaxedAcknowledgement : Dropping<StopSteps{.order_acknowledgement = false}> {
    static constexpr std::string_view kName = "relaxed-acknowledgement";
    static constexpr std::string_view kWhat = "acknowledging orders nothing";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race",
                           "what a CPU did is not before the state that another one publishes");
    }
  };
  struct RelaxedState : Dropping<StopSteps{.release_state = false}> {
    static constexpr std::string_view kName = "relaxed-state";
    static constexpr std::string_view kWhat = "states are published relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "data race",
                           "who sees the next state need not see what led to it");
    }
  };
  struct RelaxedAsk : Dropping<StopSteps{.release_ask = false}> {
    static constexpr std::string_view kName = "relaxed-ask";
    static constexpr std::string_view kWhat = "CPUs are asked relaxed";
    static Verdict Expected(std::string_view model, TrapDelivery) {
      return OnlyUnderRc11(model, "deadlock",
                           "who is asked may still see the last stop's Exit, and acknowledge that");
    }
  };
  struct RunAtOnce : Dropping<StopSteps{.hold_everyone = false}> {
    static constexpr std::string_view kName = "run-at-once";
    static constexpr std::string_view kWhat = "Run is the first state: nobody waits for the others";
    static Verdict Expected(std::string_view, TrapDelivery) {
      return {"data race", "the function reads what another CPU is still at work on"};
    }
  };
  using Mutants = TypeList<RelaxedAcknowledgement, RelaxedState, RelaxedAsk, RunAtOnce>;
};

}  // namespace heddle
