// The program whose crash tests/golden/crash.txt shows, alone in its file: the report names lines.
#pragma once

#include <array>
#include <atomic>

#include "runtime/model/model_runtime.h"
#include "runtime/scenario.h"
#include "tests/support/read_through_null.h"

namespace heddle {

// The flag may be seen before the pointer.
struct PublishesTooEarly {
  void Thread(int cpu) {
    if (cpu == 0) {
      p.store(kSomewhere, std::memory_order_relaxed);
      flag.store(1, std::memory_order_relaxed);
    } else if (flag.load(std::memory_order_acquire) == 1) {
      Pair* const seen = p.load(std::memory_order_relaxed);
      if (seen == nullptr) ReadThroughNull();
    }
  }
  std::array<Observation, 0> Observed() const { return {}; }
  static inline Pair* const kSomewhere = reinterpret_cast<Pair*>(0x1000);  // the same in each run
  ModelRuntime::Atomic<Pair*> p{nullptr, "p"};
  ModelRuntime::Atomic<int> flag{0, "flag"};
};

}  // namespace heddle
