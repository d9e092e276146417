// Which scenarios can this machine run?
#pragma once

#include <string_view>

#include "isa/isa.h"
#include "runtime/native/code_region.h"
#include "runtime/scenario.h"

namespace heddle::cli {

/// Why a scenario does not run natively here; empty if it does.
template <typename Scenario>
constexpr std::string_view WhyNotHere() {
  Isa isa = native::kIsa;
  if constexpr (requires { Scenario::kIsa; })
    isa = Scenario::kIsa;
  else if constexpr (requires { Scenario::kDelivery; })
    isa = Isa::kX86_64;
  if (isa != native::kIsa)
    return isa == Isa::kArm64 ? "is arm64 text, and this machine is x86-64"
                              : "is x86-64 text, and this machine is arm64";
  // Arm's CPUs may load before they store elsewhere what is seen there; no model here has that.
  if (native::kIsa == Isa::kArm64 && Scenario::kName == "LB")
    return "shows on arm64 what no model here has";
  if constexpr (requires { Scenario::kModelOnly; }) return "is for the model only";
  return {};
}

}  // namespace heddle::cli
