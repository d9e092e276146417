// How does a list of scenarios become subjects?
//
// Compiling the programs of a list takes minutes, so each list is a source of its own.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/check/subject.h"
#include "runtime/model/model_runtime.h"

namespace heddle::subjects {

template <typename Described>
std::string SourceOf() {
  if constexpr (requires { Described::kSource; }) return std::string(Described::kSource);
  return {};
}

template <typename Scenario>
Subject DescribeScenario() {
  using Program = typename Scenario::template Program<ModelRuntime>;
  Subject s;
  s.scenario = Scenario::kName;
  s.what = Scenario::kQuestion;
  s.source = SourceOf<Scenario>();
  s.threads = Scenario::kThreads;
  s.shape = Scenario::kShape;
  s.deliveries = detail::Deliveries<Scenario>();
  if constexpr (requires { Scenario::kIsa; })
    s.isa = Scenario::kIsa;
  else if constexpr (requires { Scenario::kDelivery; })
    s.isa = Isa::kX86_64;
  s.expected_outcomes = Scenario::Expected();
  s.make = [] { return std::make_unique<detail::Instance<Program>>(); };
  if constexpr (requires { Scenario::kIsolated; }) s.isolated = Scenario::kIsolated;
  if constexpr (requires { Scenario::kAlike; }) {
    static_assert(Scenario::kAlike.size() == Scenario::kThreads);
    s.alike.assign(Scenario::kAlike.begin(), Scenario::kAlike.end());
  }
  if constexpr (requires { Scenario::kLeaksAllowed; }) s.leaks_allowed = Scenario::kLeaksAllowed;
  if constexpr (requires { Scenario::kHandlersWait; }) s.handlers_wait = Scenario::kHandlersWait;
  if constexpr (requires { Scenario::kSpawned; }) s.spawned = Scenario::kSpawned;
  // The names are the program's own; constructing it once tells them.
  ModelCode code{s.name(), s.threads, s.deliveries.front(), s.make};
  code.spawned = s.spawned;
  Machine machine(std::move(code));
  machine.Restart();
  for (const Observation& o : machine.Names()) s.observations.emplace_back(o.name);
  return s;
}

template <typename Scenario, typename Mutant>
Subject DescribeMutant(const Subject& scenario) {
  using Program = typename Mutant::template Program<ModelRuntime>;
  Subject s = scenario;
  s.mutant = Mutant::kName;
  s.what = Mutant::kWhat;
  s.source = SourceOf<Mutant>();
  if constexpr (requires { Mutant::kMuseum; }) s.museum = Mutant::kMuseum;
  s.make = [] { return std::make_unique<detail::Instance<Program>>(); };
  s.expected = [](std::string_view model, TrapDelivery d) { return Mutant::Expected(model, d); };
  return s;
}

/// Each scenario of a TypeList, followed by its mutants.
template <typename List>
std::vector<Subject> Describe() {
  std::vector<Subject> subjects;
  List::ForEach([&]<typename Scenario>() {
    subjects.push_back(DescribeScenario<Scenario>());
    const Subject scenario = subjects.back();
    Scenario::Mutants::ForEach(
        [&]<typename Mutant>() { subjects.push_back(DescribeMutant<Scenario, Mutant>(scenario)); });
  });
  return subjects;
}

// The parts of the catalog, in its order.
std::vector<Subject> OfClassic();  ///< litmus tests, locks, lock-free code, runtime/sync
std::vector<Subject> OfPatchingX86();
std::vector<Subject> OfPatchingArm64();
std::vector<Subject> OfRcu();
std::vector<Subject> OfTracing();

}  // namespace heddle::subjects
