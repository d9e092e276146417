// How does a test explore a program that is not in the catalog?
//
// The program is a class like a scenario's: `void Thread(int cpu)` and, if it likes,
// `std::array<Observation, N> Observed() const`, `void Finish()` and
// `static constexpr bool kLeaksAllowed`.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/explorer.h"
#include "runtime/model/machine.h"
#include "runtime/model/model_runtime.h"

namespace heddle {

template <typename P>
class TestInstance final : public ModelInstance {
 public:
  void Thread(int cpu) override { program_.Thread(cpu); }
  void Finish() override {
    if constexpr (requires { program_.Finish(); }) program_.Finish();
  }
  std::vector<Observation> Observed() const override {
    if constexpr (requires { program_.Observed(); }) {
      const auto seen = program_.Observed();
      return {seen.begin(), seen.end()};
    }
    return {};
  }

 private:
  P program_;
};

template <typename P>
ModelCode CodeOf(int threads, TrapDelivery delivery = TrapDelivery::kKernel) {
  ModelCode code{"test", threads, delivery, [] { return std::make_unique<TestInstance<P>>(); }};
  if constexpr (requires { P::kLeaksAllowed; }) code.leaks_allowed = P::kLeaksAllowed;
  if constexpr (requires { P::kHandlersWait; }) code.every_firing_point = P::kHandlersWait;
  return code;
}

/// What a search found.
struct Explored {
  model::ExploreResult result;
  std::set<std::vector<std::int64_t>> outcomes;  ///< of complete executions, as Observed() tells

  bool holds() const { return result.complete && !result.violation; }
  model::ErrorKind error() const {
    return result.violation ? result.violation->kind : model::ErrorKind::kNone;
  }
  std::string message() const { return result.violation ? result.violation->message : ""; }
};

inline Explored Explore(ModelCode code, const model::MemoryModel& model = model::Rc11(),
                        const model::Visitor& visit = {}) {
  Explored explored;
  Machine machine(std::move(code));
  machine.set_judge([&](const Machine& m) {
    std::vector<std::int64_t> outcome;
    for (const Observation& o : m.outcome()) outcome.push_back(o.value);
    explored.outcomes.insert(outcome);
    return std::string();
  });
  explored.result = model::ExploreByRevisits(machine, model, {}, visit);
  return explored;
}

}  // namespace heddle
