// Which scenarios and mutants can this program run on real threads in a given order?
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/ordered/ordered_runtime.h"
#include "runtime/scenario.h"

namespace heddle::cli {

/// A scenario, or one of its mutants.
struct OrderedSubject {
  std::string scenario;
  std::string mutant;  ///< "" for the scenario itself
  std::unique_ptr<ordered::Instance> (*make)() = nullptr;
};

/// Null if this program knows no such subject.
const OrderedSubject* FindOrdered(const std::string& scenario, const std::string& mutant);

using ListOrdered = std::vector<OrderedSubject> (*)();

/// An object of static storage of this type adds to those that FindOrdered finds.
struct RegisterOrdered {
  explicit RegisterOrdered(ListOrdered list);
};

// --- implementation

namespace detail {

template <typename Program>
class OrderedInstance final : public ordered::Instance {
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

template <typename Described>
OrderedSubject OrderedSubjectOf(std::string_view scenario, std::string_view mutant) {
  using Program = typename Described::template Program<OrderedRuntime>;
  return {std::string(scenario), std::string(mutant), []() -> std::unique_ptr<ordered::Instance> {
            return std::make_unique<OrderedInstance<Program>>();
          }};
}

}  // namespace detail

template <typename List>
std::vector<OrderedSubject> OrderedSubjectsOf() {
  std::vector<OrderedSubject> all;
  List::ForEach([&]<typename Scenario>() {
    all.push_back(detail::OrderedSubjectOf<Scenario>(Scenario::kName, ""));
    Scenario::Mutants::ForEach([&]<typename Mutant>() {
      all.push_back(detail::OrderedSubjectOf<Mutant>(Scenario::kName, Mutant::kName));
    });
  });
  return all;
}

}  // namespace heddle::cli
