#include "runtime/check/budgets.h"

#include <algorithm>

namespace heddle {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kMemoryEvery{100};

}  // namespace

std::optional<Budget> Budgets::Exceeded(const Crew& crew) {
  const auto now = Clock::now();
  if (options_.time_limit.count() != 0 && now - start_ >= options_.time_limit) return Budget::kTime;
  if (options_.memory_limit == 0 || now < next_memory_look_) return {};
  next_memory_look_ = now + kMemoryEvery;
  if (crew.MemoryUse() > options_.memory_limit) return Budget::kMemory;
  return {};
}

Clock::time_point Budgets::NextLook() const {
  Clock::time_point next = Clock::time_point::max();
  if (options_.time_limit.count() != 0) next = start_ + options_.time_limit;
  if (options_.memory_limit != 0) next = std::min(next, next_memory_look_);
  return next;
}

std::optional<std::uint64_t> Budgets::Allowance(const Tally& counted, int workers) const {
  if (!options_.max_executions) return {};
  const std::uint64_t taken = counted.ended() + reserved_;
  if (taken >= *options_.max_executions) return 0;
  const std::uint64_t left = *options_.max_executions - taken;
  if (workers == 1) return left;
  return std::max<std::uint64_t>(1, left / (2 * static_cast<std::uint64_t>(workers)));
}

}  // namespace heddle
