// The file of --checkpoint: what of a command's checks is done, and what is left.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/check/check.h"

namespace heddle::cli {

/// One check of a command.
struct PlannedCheck {
  const Subject* subject;
  const model::MemoryModel* model;
  TrapDelivery delivery;
  Shard shard;
  int spin_rounds = 0;
  bool symmetry = false;
};

/// Format: docs/checkpoint.md.  The file is replaced as a whole, so that it is complete whenever
/// the command is killed.
class Checkpoint {
 public:
  /// Reads the file if there is one.  `path` "": no checkpoint.  `listing`: the command lists its
  /// executions.  Throws std::invalid_argument, naming the file and what to change, if it is not of
  /// this command and build, or malformed.
  Checkpoint(const std::string& path, std::vector<PlannedCheck> checks, bool listing,
             std::chrono::milliseconds every);

  bool wanted() const { return !path_.empty(); }
  const std::string& path() const { return path_; }
  bool Done(std::size_t check) const { return states_[check].done(); }
  const SearchState& State(std::size_t check) const { return states_[check]; }
  /// How long the list of executions was, if one was written.
  std::optional<std::uint64_t> listed() const { return listed_; }

  void Update(std::size_t check, const SearchState& state) { states_[check] = state; }
  /// Whether the last Save is so long ago that another one is due: not after each of many short
  /// checks.
  bool IsDue() const;
  /// Throws WriteError.
  void Save(std::uint64_t listed);

 private:
  void Load(const std::string& text);
  [[noreturn]] void Refuse(const std::string& why) const;

  const std::string path_;
  const std::vector<PlannedCheck> checks_;
  const bool listing_;
  const std::chrono::milliseconds every_;
  std::vector<SearchState> states_;
  std::optional<std::uint64_t> listed_;
  std::chrono::steady_clock::time_point saved_{};
};

}  // namespace heddle::cli
