// The catalog's scenarios and mutants, type-erased for the checker.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/model/machine.h"
#include "runtime/scenario.h"

namespace heddle {

/// A scenario, or one of its mutants (then `mutant` is set).
struct Subject {
  std::string scenario;  ///< "MP"
  std::string mutant;    ///< "" for the scenario itself, else "relaxed-publication"
  std::string what;      ///< the scenario's question, or what the mutant changed
  int threads = 1;
  Shape shape = Shape::kSample;
  std::vector<TrapDelivery> deliveries;  ///< the ones worth checking
  std::vector<Expect> expected_outcomes;
  std::vector<std::string> observations;  ///< names, in order of an outcome's values
  std::function<std::unique_ptr<ModelInstance>()> make;
  /// What a mutant must end in; not called for a scenario itself, which must hold.
  std::function<Verdict(std::string_view model, TrapDelivery)> expected;

  /// "MP" or "MP/relaxed-publication": as printed and typed.
  std::string name() const { return mutant.empty() ? scenario : scenario + "/" + mutant; }
};

/// Every scenario of the catalog, each followed by its mutants.
const std::vector<Subject>& AllSubjects();

const char* Name(TrapDelivery delivery);  ///< "kernel", "user"

/// Whether `glob` (with * and ?) matches `name`.
bool MatchesGlob(std::string_view glob, std::string_view name);

// --- implementation

namespace detail {

template <typename Program>
class Instance final : public ModelInstance {
 public:
  void Thread(int cpu) override { program_.Thread(cpu); }
  void Finish() override {
    if constexpr (requires { program_.Finish(); }) program_.Finish();
  }
  std::vector<Observation> Observed() const override {
    const auto seen = program_.Observed();
    return {seen.begin(), seen.end()};
  }

 private:
  Program program_;
};

template <typename D>
std::vector<TrapDelivery> Deliveries() {
  if constexpr (requires { D::kDelivery; }) {
    return {D::kDelivery};
  } else {
    return {TrapDelivery::kKernel};  // no text: both are the same
  }
}

}  // namespace detail

}  // namespace heddle
