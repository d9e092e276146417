// The catalog's scenarios and mutants, type-erased for the checker.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/memory_model.h"
#include "runtime/model/machine.h"
#include "runtime/scenario.h"

namespace heddle {

/// A scenario, or one of its mutants (then `mutant` is set).
struct Subject {
  std::string scenario;  ///< "MP"
  std::string mutant;    ///< "" for the scenario itself, else "relaxed-publication"
  std::string what;      ///< the scenario's question, or what the mutant changed
  std::string source;    ///< who has published it: kSource, or ""
  int museum = 0;        ///< the entry of docs/museum.md that this mutant is, or 0
  int threads = 1;
  Shape shape = Shape::kSample;
  bool isolated = false;                 ///< threads share nothing but cells
  bool leaks_allowed = false;            ///< objects that nobody destroys are no error
  std::vector<int> alike;                ///< the first thread that is like it, for each; or empty
  bool handlers_wait = false;            ///< see runtime/scenario.h
  int spawned = 0;                       ///< threads that the code itself may start
  std::vector<TrapDelivery> deliveries;  ///< the ones worth checking
  std::optional<Isa> isa;                ///< it executes text written in this
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

/// Whether `model` says anything about `subject`: on arm64 text those of Arm, on x86-64 text the
/// others, on programs without text all.
bool Applies(const model::MemoryModel& model, const Subject& subject);
/// Those that a subject is checked under unless one is chosen: sc, tso, rc11; arm64 text: Arm's.
const std::vector<const model::MemoryModel*>& UsualModels(const Subject& subject);

/// The model that a subject's tables have rows and verdicts for, if it is checked under `model`:
/// what rc11 forbids, compiled code never does on Arm, but not all that it allows.  arm64 text is
/// about Arm's models themselves.
std::string_view TableModel(const Subject& subject, const model::MemoryModel& model);

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
