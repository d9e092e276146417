// Is the harness to be trusted on this machine, now?
//
// Where threads do not meet, nothing forbidden is ever seen.  So three scenarios whose outcomes are
// known are run first: store buffering must show its weak outcome; with fences, and in message
// passing, the weak one must not be seen.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stress/isolated_run.h"
#include "stress/placement.h"

namespace heddle::stress {

struct Control {
  std::string scenario, placement;
  std::uint64_t samples = 0, weak = 0;
  double seconds = 0, late_percent = 0, preempted_percent = 0;
  std::optional<double> stolen_percent;  ///< if it is known
  std::string wrong;                     ///< a sentence; empty: as it must be
};

/// One that was as it must be, when an earlier process of the same run tried.
struct PassedControl {
  std::string scenario, line;  ///< line: Describe
  std::int64_t at = 0;         ///< ms since 1970
};

struct Controls {
  std::vector<PassedControl> earlier;  ///< those that were not run again
  std::vector<Control> all;            ///< the others
  bool trusted = false;
  std::string why_not;  ///< a sentence; empty if trusted
};

/// What shows that a machine can be trusted does so for so long.
inline constexpr std::chrono::minutes kControlsLast{10};
/// Those of `passed` that still do, `now` ms since 1970.
std::vector<PassedControl> StillValid(const std::vector<PassedControl>& passed, std::int64_t now);

/// Each control for `each`, and store buffering several times that if it shows nothing, on the
/// placement class whose CPUs share most.  With one CPU nothing overlaps, so that is not trusted.
/// Those that are in `earlier` are not run again; calls `on_passed` at once for each that passes,
/// if it is not null.
Controls RunControls(const Topology& topology, std::chrono::milliseconds each, std::uint64_t seed,
                     const std::vector<PassedControl>& earlier = {},
                     const std::function<void(const PassedControl&)>& on_passed = nullptr);

/// "SB, one L3: weak 3.91 M/s of 9.20 M samples/s (42.5 %); 12.1 % late, 0.1 % of batches
/// preempted, 0.0 % stolen".
std::string Describe(const Control& control);

}  // namespace heddle::stress
