// A mutant, to see that the check looks: the ring with one ordering less.
#pragma once

#include <atomic>
#include <string_view>

#include "runtime/scenario.h"

template <template <heddle::Runtime, std::memory_order> class PushAndPop>
struct StoredRelaxed {
  static constexpr std::string_view kName = "relaxed", kWhat = "tail is stored relaxed";
  template <heddle::Runtime Rt>
  using Program = PushAndPop<Rt, std::memory_order_relaxed>;
  static heddle::Verdict Expected(std::string_view model, heddle::TrapDelivery) {
    return {model == "rc11" ? "data race" : "", "only rc11 lets a slot count as filled too early"};
  }
};
