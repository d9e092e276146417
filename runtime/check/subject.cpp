#include "runtime/check/subject.h"

#include "runtime/model/model_runtime.h"
#include "scenarios/catalog.h"

namespace heddle {
namespace {

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

bool Applies(const model::MemoryModel& model, const Subject& subject) {
  return !subject.isa || IsArm64(model) == (*subject.isa == Isa::kArm64);
}

const std::vector<const model::MemoryModel*>& UsualModels(const Subject& subject) {
  return subject.isa == Isa::kArm64 ? model::Arm64Models() : model::AllModels();
}

std::string_view TableModel(const Subject& subject, const model::MemoryModel& model) {
  return IsArm64(model) && subject.isa != Isa::kArm64 ? model::Rc11().name : model.name;
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
