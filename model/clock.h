// Vector clocks: how many events of each thread are in a prefix.
#pragma once

#include <array>
#include <cstdint>

#include "model/event.h"

namespace heddle::model {

/// One entry per thread, each the number of that thread's events contained (0 = none).  Initial
/// writes are contained in every clock.  64 bytes, so a join is four SSE2 instructions.
struct Clock {
  alignas(64) std::array<std::int16_t, kMaxThreads> count{};

  bool Contains(EventId e) const {
    return e.is_init() || e.index < count[static_cast<std::size_t>(e.thread)];
  }
  void Join(const Clock& other) {
    for (std::size_t t = 0; t < count.size(); ++t) {
      count[t] = count[t] < other.count[t] ? other.count[t] : count[t];
    }
  }
  /// Adds `e` and all its predecessors in sb (nothing for an initial write).
  void Add(EventId e) {
    if (e.is_init()) return;
    auto& c = count[static_cast<std::size_t>(e.thread)];
    if (c <= e.index) c = static_cast<std::int16_t>(e.index + 1);
  }
};

}  // namespace heddle::model
