// Where do the results of native runs stay?  In an SQLite file.
//
// What is added is written at once, in one transaction per piece, so that a kill at any moment
// loses at most the piece that runs and never corrupts the file.  What cannot be written (a full
// disk, a lock) is kept, tried again with the next piece, and does not stop a run.
//
// The file is open only while something is written: children, which may write anywhere, do not have
// it in their memory, and a file that was moved or removed is noticed and begun anew.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "stress/controls.h"
#include "stress/isolated_run.h"
#include "stress/schedule.h"

struct sqlite3;

namespace heddle::stress {

/// Version of the file's format: docs/results.md.
inline constexpr int kResultsVersion = 1, kResultsApplication = 0x48656464;  // "Hedd"

/// What a run was asked to do.  A run that is gone on with must be asked for the same.
struct RunRequest {
  std::string glob;
  std::string cpus;  ///< as given; empty: all
  std::uint64_t seed = 0;
  std::chrono::milliseconds duration{0};
  bool disturb = true;  ///< torture scenarios
};

/// What is known of a scenario of the run, so that a report needs no more than the file.
struct ScenarioInfo {
  const StressPlan* plan = nullptr;
  std::string question;
  std::vector<std::string> observations;  ///< names
};

struct PieceRecord {
  Piece piece;
  std::string scenario;
  std::int64_t begun = 0;  ///< ms since 1970
  IsolatedResult isolated;
};

struct MutantRecord {
  std::string mutant, verdict, why;  ///< "SB/no-fence", "killed", what killed it
  std::chrono::milliseconds duration{0};
  std::uint64_t bad = 0;  ///< samples that were wrong, if it was killed
};

/// What the model allows, by scenario; nothing if its search was too long.
using ModelOutcomes = std::map<std::string, std::optional<std::vector<std::vector<std::int64_t>>>>;

/// What a run that was interrupted has done so far.
struct Unfinished {
  std::int64_t run = 0;
  RunRequest request;
  std::vector<PieceRecord> pieces;  ///< without evidence
  std::vector<PassedControl> controls;
  ModelOutcomes model_outcomes;  ///< of scenarios whose search has come to an end
  bool distrusted = false;       ///< controls went wrong when pieces were run
};

class ResultsDb {
 public:
  /// Throws std::invalid_argument, saying what to do, if nothing could ever be written: the folder
  /// is not there or takes no files, or there is something that is not Heddle's, or a newer one's.
  /// What may pass, as a lock and a full disk do, stays a problem() until it can be written.
  explicit ResultsDb(std::string path);
  ~ResultsDb();

  /// The last run, unless it has ended.  Throws std::invalid_argument, saying what to do, if the
  /// file cannot be read, or has results of what is not in `plans`.
  std::optional<Unfinished> LastUnfinished(const std::vector<StressPlan>& plans);

  void Begin(const RunRequest& request, const std::vector<ScenarioInfo>& scenarios,
             const std::string& version);
  /// Goes on with a run instead, of the same scenarios.
  void Resume(const Unfinished& run, const std::vector<ScenarioInfo>& scenarios,
              const std::string& version);
  void Add(const PieceRecord& piece);
  void Add(const MutantRecord& mutant);
  /// Those that have been searched since the last call.
  void Add(const ModelOutcomes& searched);
  /// One has passed: a run that goes on need not try it again.
  void Add(const PassedControl& control);
  /// After all of them.
  void SetControls(const Controls& controls);
  void End();

  /// Why what was added last is not in the file; empty: it is.
  const std::string& problem() const { return problem_; }
  /// Pieces and the like that are not in the file.
  std::size_t waiting() const { return waiting_.size(); }
  /// And those that were given up, because too many waited.
  std::uint64_t given_up() const { return given_up_; }

 private:
  using Write = std::function<void()>;
  void Enqueue(Write write);
  void SetBegin(const RunRequest& request, const std::string& version);
  void WriteEnvironment();
  void Open();
  void Close();

  const std::string path_;
  sqlite3* db_ = nullptr;
  std::int64_t run_ = 0;                    // 0: not yet in the file
  nlohmann::json environment_, scenarios_;  // rows of the run
  std::deque<Write> waiting_;
  std::uint64_t given_up_ = 0;
  std::string problem_;
  Write begin_;          // of the run, for a file that begins anew
  bool is_new_ = false;  // the file had no tables when it was opened
};

}  // namespace heddle::stress
