// Running scenarios for as long as one likes: piece after piece, each in a process of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "stress/placement.h"
#include "stress/results_db.h"
#include "stress/schedule.h"

namespace heddle::stress {

struct CampaignOptions {
  RunRequest request;
  bool until_failure = false;  ///< the first failure ends it
  /// A scenario that has failed so often runs no more; 0: it does.
  std::uint64_t most_failures = 10;
};

/// All pieces of a scenario together.
struct ScenarioTotal {
  const ScenarioInfo* info = nullptr;
  StressResult sum;  ///< judged
  std::map<Sharing, StressResult> by_placement;
  std::uint64_t failed_pieces = 0;
  bool rested = false;  ///< because it failed too often
};

class Campaign {
 public:
  using OnPiece = std::function<void(const PieceRecord&)>;

  /// `db` may be null.  Throws what Schedule does.
  Campaign(const std::vector<StressPlan>& plans, std::vector<ScenarioInfo> infos,
           const Topology& topology, const CampaignOptions& options, ResultsDb* db);

  /// Counts what an earlier process has done.
  void GoOnWith(const Unfinished& run);
  /// Until the time is up, all is rested, EndSignals come, or the first failure if that is
  /// asked for, or no piece can be run (no CPU, no process) several times in a row.  Calls
  /// `on_piece` after each piece.
  void Run(const OnPiece& on_piece);

  /// In the order of the plans.
  const std::vector<ScenarioTotal>& totals() const { return totals_; }
  std::chrono::milliseconds spent() const { return spent_; }
  bool interrupted() const { return interrupted_; }
  /// Why no piece could be run in the end; empty: they could.
  const std::string& gave_up() const { return gave_up_; }

 private:
  bool GoesOn() const;
  void RunPiece(Piece piece, const OnPiece& on_piece);
  /// `cost`: time from the clock on the wall, with the process that it took.
  void Count(const PieceRecord& record, std::chrono::milliseconds cost);

  const std::vector<StressPlan>& plans_;
  const std::vector<ScenarioInfo> infos_;
  const CampaignOptions options_;
  const std::vector<int> cpus_;  // all that may be used
  Schedule schedule_;
  ResultsDb* const db_;
  std::vector<ScenarioTotal> totals_;
  std::chrono::milliseconds spent_{0};
  bool failed_ = false, interrupted_ = false;
  int in_vain_ = 0;  // pieces in a row that could not be run
  std::string gave_up_;
};

}  // namespace heddle::stress
