// Which rows and verdicts do the tables of lock-free scenarios have in common?
//
// Linearizable code has the same outcomes under every model, so a row is allowed always or never;
// and a dropped step is needed everywhere, wherever a load may overtake a store, or only where
// memory orders mean something.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/scenario.h"

namespace heddle::classic {

inline Expect Always(std::vector<std::int64_t> outcome, std::string why) {
  using enum Grade;
  return {std::move(outcome), kAllowed, kAllowed, kAllowed, std::move(why)};
}

inline Expect Never(std::vector<std::int64_t> outcome, std::string why) {
  using enum Grade;
  return {std::move(outcome), kForbidden, kForbidden, kForbidden, std::move(why)};
}

/// The step is part of the algorithm itself: without it interleaving alone breaks the scenario.
inline Verdict Everywhere(std::string error, std::string why) {
  return {std::move(error), std::move(why)};
}

/// The step keeps a load behind an earlier store to another location.
inline Verdict UnlessSc(std::string_view model, std::string error, std::string why) {
  if (model == "sc") return {"", "sc never lets a load overtake a store"};
  return {std::move(error), std::move(why)};
}

/// The step is a memory order that makes a write synchronize with those who read it.
inline Verdict OnlyRc11(std::string_view model, std::string error, std::string why) {
  if (model != "rc11") return {"", "every atomic read synchronizes under this model"};
  return {std::move(error), std::move(why)};
}

}  // namespace heddle::classic
