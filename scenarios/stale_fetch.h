// Which machines hardly execute instructions that were overwritten long ago?
#pragma once

#include "runtime/scenario.h"

namespace heddle {

/// For mutants of which only a stale instruction fetch tells.  (Intel SDM volume 3A, "Handling
/// self- and cross-modifying code", and AMD's APM volume 2, "Cross-modifying code", ask for a
/// serialising instruction nevertheless.)
inline constexpr Hardly kHardlyStale{
    Isa::kX86_64,
    "x86-64 CPUs fetch anew what another CPU has written, though no manual promises it"};

}  // namespace heddle
