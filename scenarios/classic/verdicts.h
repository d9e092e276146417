// Under which models is an ordering that a mutant drops not needed, and why?
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "runtime/scenario.h"

namespace heddle {

/// Of mutants that weaken a memory order or drop an acquire or release fence.
inline Verdict OnlyUnderRc11(std::string_view model, std::string error, std::string why) {
  if (model == "rc11") return {std::move(error), std::move(why)};
  return {"", "every atomic read synchronizes, and a CPU's stores land in program order"};
}

/// Of mutants that let a load overtake a store.
inline Verdict NotUnderSc(std::string_view model, std::string error, std::string why) {
  if (model != "sc") return {std::move(error), std::move(why)};
  return {"", "sc never lets a load overtake a store"};
}

}  // namespace heddle
