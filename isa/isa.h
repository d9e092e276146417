// Which instruction set is text written in?
#pragma once

#include <cstddef>

namespace heddle {

enum class Isa { kX86_64, kArm64 };

constexpr const char* Name(Isa isa) { return isa == Isa::kX86_64 ? "x86-64" : "arm64"; }

/// How many bytes, aligned, a CPU fetches as one: what is stored there at once, it sees whole or
/// not at all.  x86-64 promises that of single bytes only (Intel SDM vol. 3A, "Handling Self- and
/// Cross-Modifying Code"), arm64 of an instruction (Arm ARM, B2.2.5).
constexpr std::size_t FetchUnit(Isa isa) { return isa == Isa::kX86_64 ? 1 : 4; }

/// Of x86-64 text.  AMD promises more than Intel: a store of an aligned quadword is fetched whole
/// (APM vol. 2, 7.6.1).  Text under kAlignedQuadword is written in such stores only; an instruction
/// that crosses into the next quadword may still be torn.
enum class FetchRule { kByIsa, kAlignedQuadword };

constexpr std::size_t FetchUnit(Isa isa, FetchRule rule) {
  return rule == FetchRule::kAlignedQuadword ? 8 : FetchUnit(isa);
}

/// What the breakpoint instruction reports as its address: x86-64 the next one, arm64 its own.
constexpr std::size_t TrapSkip(Isa isa) { return isa == Isa::kX86_64 ? 1 : 0; }

}  // namespace heddle
