// Which scenarios and mutants can this program run natively?
#pragma once

#include <fmt/core.h>

#include <string>
#include <vector>

#include "cli/native_here.h"
#include "stress/plan.h"
#include "stress/result.h"

namespace heddle::cli {

/// A scenario, or one of its mutants.
struct NativeSubject {
  std::string scenario;
  std::string mutant;      ///< "" for the scenario itself
  std::string why_not;     ///< why it is not run here; empty: it is
  std::string why_hardly;  ///< of a mutant: why it may survive here; empty: it should not
  stress::StressPlan (*plan)() = nullptr;
};

/// Those that this program has registered, in that order.
const std::vector<NativeSubject>& NativeScenarios();
/// Of scenarios that run here; those that show nothing on this machine say so.
const std::vector<NativeSubject>& NativeMutants();

using ListNative = std::vector<NativeSubject> (*)();

/// An object of static storage of these types adds to the lists above.
struct RegisterNativeScenarios {
  explicit RegisterNativeScenarios(ListNative list);
};
struct RegisterNativeMutants {
  explicit RegisterNativeMutants(ListNative list);
};

// --- implementation

template <typename List>
std::vector<NativeSubject> NativeScenariosOf() {
  std::vector<NativeSubject> all;
  List::ForEach([&]<typename Scenario>() {
    constexpr std::string_view kWhy = WhyNotHere<Scenario>();
    auto& added = all.emplace_back(
        NativeSubject{std::string(Scenario::kName), "", std::string(kWhy), "", nullptr});
    if constexpr (kWhy.empty()) added.plan = [] { return stress::MakePlan<Scenario>(); };
  });
  return all;
}

template <typename Mutant>
std::string WhyMutantNotHere() {
  const auto here = Mutant::Expected(stress::NativeModel(), TrapDelivery::kUser);
  if (here.error.empty())
    return fmt::format("not needed under {}: {}", stress::NativeModel(), here.why);
  if constexpr (requires { Mutant::kWhyNotNatively; })
    return std::string(Mutant::kWhyNotNatively);
  else
    return {};
}

template <typename Mutant>
std::string WhyMutantHardlyHere() {
  if constexpr (requires { Mutant::kHardlyNatively; })
    if (Mutant::kHardlyNatively.isa.value_or(native::kIsa) == native::kIsa)
      return std::string(Mutant::kHardlyNatively.why);
  return {};
}

template <typename List>
std::vector<NativeSubject> NativeMutantsOf() {
  std::vector<NativeSubject> all;
  List::ForEach([&]<typename Scenario>() {
    if constexpr (WhyNotHere<Scenario>().empty())
      Scenario::Mutants::ForEach([&]<typename Mutant>() {
        all.push_back({std::string(Scenario::kName), std::string(Mutant::kName),
                       WhyMutantNotHere<Mutant>(), WhyMutantHardlyHere<Mutant>(),
                       [] { return stress::MakePlan<Scenario, Mutant>(); }});
      });
  });
  return all;
}

}  // namespace heddle::cli
