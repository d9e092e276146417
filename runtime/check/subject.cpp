#include "runtime/check/subject.h"

#include "runtime/model/model_runtime.h"
#include "scenarios/catalog.h"

namespace heddle {
namespace {

template <typename Scenario>
Subject DescribeScenario() {
  using Program = typename Scenario::template Program<ModelRuntime>;
  Subject s;
  s.scenario = Scenario::kName;
  s.what = Scenario::kQuestion;
  s.threads = Scenario::kThreads;
  s.shape = Scenario::kShape;
  s.deliveries = detail::Deliveries<Scenario>();
  s.expected_outcomes = Scenario::Expected();
  s.make = [] { return std::make_unique<detail::Instance<Program>>(); };
  // The names are the program's own; constructing it once tells them.
  Machine machine({s.name(), s.threads, s.deliveries.front(), s.make});
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
  s.make = [] { return std::make_unique<detail::Instance<Program>>(); };
  s.expected = [](std::string_view model, TrapDelivery d) { return Mutant::Expected(model, d); };
  return s;
}

std::vector<Subject> DescribeAll() {
  std::vector<Subject> subjects;
  Catalog::ForEach([&]<typename Scenario>() {
    subjects.push_back(DescribeScenario<Scenario>());
    const Subject scenario = subjects.back();
    Scenario::Mutants::ForEach(
        [&]<typename Mutant>() { subjects.push_back(DescribeMutant<Scenario, Mutant>(scenario)); });
  });
  return subjects;
}

}  // namespace

const std::vector<Subject>& AllSubjects() {
  static const std::vector<Subject> subjects = DescribeAll();
  return subjects;
}

const char* Name(TrapDelivery delivery) {
  return delivery == TrapDelivery::kKernel ? "kernel" : "user";
}

bool MatchesGlob(std::string_view glob, std::string_view name) {
  if (glob.empty()) return name.empty();
  if (glob[0] == '*')
    return MatchesGlob(glob.substr(1), name) ||
           (!name.empty() && MatchesGlob(glob, name.substr(1)));
  return !name.empty() && (glob[0] == '?' || glob[0] == name[0]) &&
         MatchesGlob(glob.substr(1), name.substr(1));
}

}  // namespace heddle
