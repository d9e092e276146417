// What does the harness vary from batch to batch, so that rare outcomes come?
//
// Which setting provokes an outcome differs by outcome, scenario and machine: litmus7's best one
// for store buffering is a thousand times better than its default.  So all are tried, and tuner.h
// prefers those that have shown most.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "stress/layout.h"
#include "stress/pacing.h"

namespace heddle::stress {

/// How threads come to the same sample at the same time: pacing.h.
enum class Pacing { kSlots, kHandshake, kFree };

/// In which order the programs of a batch are taken, beginning with the one that comes first in
/// memory: a stride or a random order is more than the CPU's prefetchers follow.
enum class Order { kNext, kStride, kShuffled };

/// Who makes the programs anew, so who has their lines in its cache before a sample: threads in
/// turns; always the same for a program; as the first, and then no cache has them.
enum class Renewal { kTurns, kFixed, kFlushed };

struct Knobs {
  Pacing pacing = Pacing::kHandshake;
  std::uint64_t period = 0;  ///< of kSlots, in Ticks; else 0
  Order order = Order::kNext;
  Renewal renewal = Renewal::kTurns;
  Layout layout = Layout::kPacked;

  bool operator==(const Knobs&) const = default;
};

inline constexpr std::size_t kKnobs = 4;  ///< pacing with its period, order, renewal, layout

/// "slots of 150 ticks", "hand-shake", "free running"; "next", "stride 17", "shuffled"; …
std::array<std::string, kKnobs> Describe(const Knobs& knobs);
inline constexpr std::array<const char*, kKnobs> kKnobNames = {"pacing", "order", "renewal",
                                                               "layout"};

/// All combinations with those layouts.  Without `slots`, only those that suit threads without a
/// common clock or that share a CPU.
std::vector<Knobs> AllKnobs(bool slots, const std::vector<Layout>& layouts);

/// Which program of a batch is taken when: a permutation of 0 … size-1.  `size` is a power of two.
std::vector<std::uint32_t> Places(Order order, std::size_t size, std::uint64_t seed);

}  // namespace heddle::stress
