// Which few settings show what each knob does?
//
// All combinations are too many to try in a short run.  Most of what a knob does it does alone or
// together with one other, so settings that show every pair of values of two knobs come first
// (pairwise testing: Cohen, Dalal, Fredman, Patton, "The AETG System", IEEE TSE 23(7), 1997).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/native/thread_context.h"
#include "stress/knobs.h"

namespace heddle::stress {

/// Per setting, which value each knob has: 0 … most_values-1, in order of appearance.
struct KnobValues {
  explicit KnobValues(const std::vector<Knobs>& all);
  /// The knobs in which two settings differ.
  int Differences(std::size_t a, std::size_t b) const;

  std::vector<std::array<std::uint8_t, kKnobs>> of;  // by setting
  std::size_t most_values = 0;
};

/// Settings (by number) such that each pair of values of two knobs that some setting has is in one
/// of them.  Greedy, so not the fewest: some 40 of 360.
std::vector<std::uint32_t> Covering(const KnobValues& values, native::Random& random);

}  // namespace heddle::stress
