// One failure, as a file that replays it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "cli/json_member.h"
#include "runtime/check/check.h"
#include "stress/results_db.h"

namespace heddle::cli {

/// Kind "model": a violation that `heddle check` found.
struct ModelFailure {
  static constexpr const char* kKind = "model";
  std::string scenario, mutant;  ///< mutant "": the scenario itself
  std::string model, traps;
  std::int64_t spin_rounds = 0;
  bool symmetry = false;
  std::string error, message;
  std::string token;
};

/// Kind "native": a piece of a run of `heddle stress` that failed.
struct NativeFailure {
  static constexpr const char* kKind = "native";
  std::string scenario;   ///< or mutant, "rcu_span/no-wait"
  std::string placement;  ///< "one L3"
  std::vector<int> cpus;  ///< thread i ran on cpus[i]
  std::uint64_t seed = 0;
  std::uint64_t milliseconds = 0;  ///< of the piece
  bool disturbed = true;           ///< if it is a torture
  std::string failure;
  nlohmann::json evidence;
  /// Where it failed: goes before what this program knows of itself.  Not read back.
  nlohmann::json environment = nlohmann::json::object();
};

/// One alternative per kind of failure.
using Reproducer = std::variant<ModelFailure, NativeFailure>;

/// Format "heddle-reproducer", version 1; docs/reproducer.md describes it.  Readers ignore members
/// that they do not know; a change of meaning gets a new version.
nlohmann::json ToJson(const Reproducer& failure);
/// Throws MalformedJson if `text` is not that of a reproducer that this version knows.
Reproducer ParseReproducer(const std::string& text);

/// Requires that `r` is a violation.
ModelFailure FailureOf(const CheckResult& r);
/// Requires that it has failed.
NativeFailure FailureOf(const stress::PieceRecord& piece);

/// A native failure's sentence without its numbers: what two runs of the same bug have in common.
std::string SignatureOf(const std::string& failure);

}  // namespace heddle::cli
