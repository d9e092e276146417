// When must a search end before it is done?
#pragma once

#include <chrono>
#include <optional>

#include "runtime/check/crew.h"
#include "runtime/check/search.h"

namespace heddle {

class Budgets {
 public:
  explicit Budgets(const SearchOptions& options) : options_(options) {}

  /// Time or memory, looked at when NextLook() says so.
  std::optional<Budget> Exceeded(const Crew& crew);
  std::chrono::steady_clock::time_point NextLook() const;

  /// How many executions the next task may have: a share of those that nobody may have yet, so that
  /// all together never have too many.  0: only whether there is another one can be asked.
  std::optional<std::uint64_t> Allowance(const Tally& counted, int workers) const;
  void Reserve(std::optional<std::uint64_t> allowance) { reserved_ += allowance.value_or(0); }
  void Release(std::optional<std::uint64_t> allowance) { reserved_ -= allowance.value_or(0); }

 private:
  const SearchOptions& options_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point next_memory_look_ = start_;
  std::uint64_t reserved_ = 0;
};

}  // namespace heddle
