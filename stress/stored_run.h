// Reading back what results_db.h has kept.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "stress/result.h"
#include "stress/stored_evidence.h"

namespace heddle::stress {

struct StoredOutcome {
  std::vector<std::int64_t> outcome;
  std::string text;   ///< "r0=0 r1=1"
  std::string grade;  ///< "allowed", "weak", "forbidden"
  std::string why;
  std::uint64_t count = 0;
  std::map<std::string, std::uint64_t> by_placement;
  bool in_model = true;  ///< if the model's set is known
};

struct StoredFailure {
  std::int64_t id = 0;
  std::string scenario, placement, cpus, seed, failure;
  std::int64_t at = 0;  ///< ms since 1970, of its piece
  StoredEvidence evidence;
  nlohmann::json evidence_json{};  ///< the same, as it is stored
  std::uint64_t milliseconds = 0;  ///< of its piece, as run
};

/// What a value of one knob has shown, whatever the others were.
struct StoredKnob {
  std::string knob, value;  ///< "pacing", "slots of 150 ticks"
  double seconds = 0;
  std::uint64_t samples = 0;
  std::map<std::vector<std::int64_t>, std::uint64_t> outcomes;
};

struct StoredScenario {
  std::string name, question, verdict;  ///< "passed", "failed", "harness not trusted"
  bool torture = false, compared = false;
  std::uint64_t samples = 0, rounds = 0, pieces = 0, failed_pieces = 0;
  double seconds = 0, late_percent = 0, preempted_percent = 0;
  std::optional<double> stolen_percent;  ///< of the CPUs' time, by a hypervisor; if it is known
  Disturbances disturbances;
  std::uint64_t held_up = 0;  ///< pieces that somebody had stopped
  std::map<std::string, std::uint64_t> samples_by_placement;
  /// The table's rows, then what was seen or is in the model, but in no row.
  std::vector<StoredOutcome> outcomes;
  std::vector<StoredKnob> knobs;
  struct Rate {
    double begun = 0;  ///< s after the run's begin
    double seconds = 0, per_second = 0;
    std::string placement;
  };
  std::vector<Rate> rates;  ///< samples per second, piece by piece
};

struct StoredMutant {
  std::string name, verdict, why;
  double seconds = 0;
  std::uint64_t bad = 1;  ///< of one that was killed: samples that were wrong
};

struct StoredRun {
  std::int64_t id = 0, begun = 0;  ///< ms since 1970
  bool ended = false, trusted = false, controls_known = false;
  std::string glob, seed, version;
  double asked_seconds = 0, spent_seconds = 0;
  nlohmann::json environment;
  std::vector<std::string> controls;
  std::vector<StoredScenario> scenarios;
  std::vector<StoredFailure> failures;
  std::vector<StoredMutant> mutants;

  /// "failed", "harness not trusted", "passed".
  std::string Verdict() const;
  /// Mutants with this verdict: "killed", "survived".
  std::size_t MutantsThat(const std::string& verdict) const;
  /// How likely at most a bug as rare as the rarest killed mutant of the scenario was missed
  /// (MissBound); empty: none was killed, or one survived.
  std::optional<double> MissedWith(const StoredScenario& scenario) const;
};

/// The runs of a file of results, oldest first; only run `id` if that is not 0.  Throws
/// std::invalid_argument, saying what to do, if there is no such file or run or it is not heddle's.
std::vector<StoredRun> ReadRuns(const std::string& path, std::int64_t id = 0);

}  // namespace heddle::stress
