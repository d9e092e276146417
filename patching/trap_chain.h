// Whose breakpoint is it?  Owners are asked in a fixed order, those that have registered.
//
// Register an owner before the first of its breakpoints is written.  Pairs with the owner's release
// fence between the two (P1 of patching/x86_int3.h): a CPU that fetches the breakpoint finds the
// owner.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "runtime/runtime.h"

namespace heddle {

struct TrapOwner {
  TrapHandler handler;
  void* context;
};

/// Thread-safe.  `kOwners`: 1 … 32.  `kFence` = false is a mutant.
template <Runtime Rt, std::size_t kOwners, bool kFence = true>
class TrapChain {
 public:
  /// Answers all traps from now on; knows the owners but asks none that is not registered.
  explicit TrapChain(const std::array<TrapOwner, kOwners>& owners) : owners_(owners) {
    Rt::set_trap_handler(&OnTrap, this);
  }

  /// `owner`: 0 … kOwners - 1.
  void Register(std::size_t owner) { registered_.fetch_or(1U << owner, std::memory_order_relaxed); }

 private:
  static bool OnTrap(void* self, TrapFrame& frame) {
    auto& chain = *static_cast<TrapChain*>(self);
    // Pairs with the release fence before the breakpoint was written.
    if constexpr (kFence) Rt::fence(std::memory_order_acquire);
    const unsigned registered = chain.registered_.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < kOwners; ++i) {
      const TrapOwner& owner = chain.owners_[i];
      if ((registered >> i & 1) != 0 && owner.handler(owner.context, frame)) return true;
    }
    return false;
  }

  const std::array<TrapOwner, kOwners> owners_;
  typename Rt::template Atomic<unsigned> registered_{0, "registered trap owners"};
};

}  // namespace heddle
