// May something happen for no reason, as the standard permits?
//
// Each question doubles the executions, and a loop that asks for ever never ends; so it happens at
// most a given number of times per thread, 0 if the scenario does not ask for it.
#pragma once

#include <memory>

#include "runtime/sync/thread_local.h"

namespace heddle::sync {

template <Runtime Rt>
class Spurious {
 public:
  explicit Spurious(int most_per_thread) : most_(most_per_thread) {
    if (most_ > 0) happened_ = std::make_unique<ThreadLocal<Rt, int>>();
  }

  bool Happens() {
    if (happened_ == nullptr || happened_->get() == most_ || Rt::choose(2) == 0) return false;
    ++happened_->get();
    return true;
  }

 private:
  const int most_;
  std::unique_ptr<ThreadLocal<Rt, int>> happened_;
};

}  // namespace heddle::sync
