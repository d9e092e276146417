#include "stress/stored_run.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "stress/kill_time.h"
#include "stress/result_json.h"
#include "stress/results_db.h"
#include "stress/sqlite.h"

namespace heddle::stress {
namespace {

using nlohmann::json;

struct Closer {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};
using Handle = std::unique_ptr<sqlite3, Closer>;

Handle Open(const std::string& name, int flags) {
  sqlite3* db = nullptr;
  const int result = sqlite3_open_v2(name.c_str(), &db, SQLITE_OPEN_READONLY | flags, nullptr);
  Handle handle(db);
  if (result != SQLITE_OK) throw SqliteError(db);
  sqlite3_busy_timeout(db, 2000);
  Execute(db, "SELECT count(*) FROM sqlite_master");  // before that it is not looked at
  return handle;
}

// As SQLite takes the name of a file that nobody changes.
std::string Immutable(const std::string& path) {
  std::string uri = "file://";
  for (const char c : std::filesystem::absolute(path).string())
    uri += c == '%' ? "%25" : c == '?' ? "%3f" : c == '#' ? "%23" : std::string(1, c);
  return uri + "?immutable=1";
}

// In WAL mode a reader, too, makes files beside it, which not everybody may.  Where nothing waits
// in the WAL, the file alone says all.
Handle OpenWhereNothingMayBeWritten(const std::string& path) {
  try {
    return Open(path, 0);
  } catch (const SqliteError& e) {
    if ((e.code != SQLITE_CANTOPEN && e.code != SQLITE_READONLY) || access(path.c_str(), R_OK) != 0)
      throw;
  }
  std::error_code none;
  const auto waiting = std::filesystem::file_size(path + "-wal", none);
  if (!none && waiting > 0)
    throw std::invalid_argument("cannot read '" + path + "': there is more in '" + path +
                                "-wal', and its folder cannot be written to; copy both to one that "
                                "can");
  return Open(Immutable(path), SQLITE_OPEN_URI);
}

Handle OpenForReading(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0)
    throw std::invalid_argument("cannot read '" + path + "': " + std::strerror(errno) +
                                "; heddle stress --db writes such files");
  Handle handle = OpenWhereNothingMayBeWritten(path);
  const auto pragma = [&](const char* sql) {
    Statement statement(handle.get(), sql);
    return statement.Step() ? statement.Int(0) : 0;
  };
  if (pragma("PRAGMA application_id") != kResultsApplication)
    throw std::invalid_argument("'" + path +
                                "' has no results of heddle; heddle stress --db writes such files");
  if (const auto version = pragma("PRAGMA user_version"); version != kResultsVersion)
    throw std::invalid_argument("'" + path + "' has format " + std::to_string(version) +
                                ", and this heddle reads " + std::to_string(kResultsVersion) +
                                "; use the one that wrote it");
  return handle;
}

void AddPieces(sqlite3* db, const StoredRun& run, StoredScenario& scenario) {
  Statement pieces(db,
                   "SELECT placement, begun, milliseconds, samples, result FROM pieces "
                   "WHERE run = ? AND scenario = ? ORDER BY id");
  pieces.Bind(run.id, scenario.name);
  Pace pace;
  bool failed = false;
  while (pieces.Step()) {
    const json result = json::parse(pieces.Text(4));
    const double seconds = static_cast<double>(pieces.Int(2)) / 1e3;
    const auto samples = static_cast<std::uint64_t>(pieces.Int(3));
    ++scenario.pieces;
    scenario.samples += samples;
    scenario.seconds += seconds;
    scenario.samples_by_placement[pieces.Text(0)] += samples;
    scenario.rounds += result.at("rounds").get<std::uint64_t>();
    pace.Add(PaceFromJson(result));
    scenario.disturbances.Add(DisturbancesFromJson(result));
    scenario.held_up += result.value("held_up", std::uint64_t{0});
    scenario.rates.push_back({static_cast<double>(pieces.Int(1) - run.begun) / 1e3, seconds,
                              seconds > 0 ? static_cast<double>(samples) / seconds : 0,
                              pieces.Text(0)});
  }
  Statement failures(db,
                     "SELECT count(*) FROM failures JOIN pieces ON piece = pieces.id "
                     "WHERE run = ? AND scenario = ?");
  failures.Bind(run.id, scenario.name).Step();
  scenario.failed_pieces = static_cast<std::uint64_t>(failures.Int(0));
  failed = scenario.failed_pieces > 0;
  scenario.late_percent = pace.LatePercent();
  scenario.preempted_percent = pace.PreemptedPercent();
  if (pace.ticks > 0) scenario.stolen_percent = pace.StolenPercent();
  scenario.verdict = failed ? "failed" : scenario.samples == 0 ? "harness not trusted" : "passed";
}

void AddOutcomes(sqlite3* db, const StoredRun& run, const std::vector<std::string>& names,
                 const json& expected, const json& model, StoredScenario& scenario) {
  scenario.compared = !model.is_null();
  const auto row = [&](const std::vector<std::int64_t>& outcome) -> StoredOutcome& {
    for (StoredOutcome& known : scenario.outcomes)
      if (known.outcome == outcome) return known;
    StoredOutcome& added = scenario.outcomes.emplace_back();
    added.outcome = outcome;
    added.text = OutcomeText(names, scenario.torture ? Shape::kTorture : Shape::kSample, outcome);
    added.grade = "forbidden";
    added.why = "not in the outcome table";
    added.in_model =
        !scenario.compared || std::any_of(model.begin(), model.end(), [&](const json& o) {
          return o.get<std::vector<std::int64_t>>() == outcome;
        });
    return added;
  };
  for (const json& line : expected) {
    StoredOutcome& o = row(line.at("outcome").get<std::vector<std::int64_t>>());
    line.at("grade").get_to(o.grade);
    line.at("why").get_to(o.why);
  }
  for (const json& outcome : model) row(outcome.get<std::vector<std::int64_t>>());
  Statement counts(db,
                   "SELECT placement, outcome, sum(count) FROM outcomes JOIN pieces ON piece = "
                   "pieces.id WHERE run = ? AND scenario = ? GROUP BY placement, outcome");
  counts.Bind(run.id, scenario.name);
  while (counts.Step()) {
    StoredOutcome& o = row(json::parse(counts.Text(1)).get<std::vector<std::int64_t>>());
    const auto count = static_cast<std::uint64_t>(counts.Int(2));
    o.count += count;
    o.by_placement[counts.Text(0)] += count;
    if (count > 0 && !o.in_model) scenario.verdict = "failed";
  }
}

void AddKnobs(sqlite3* db, const StoredRun& run, StoredScenario& scenario) {
  // The row without an outcome comes first, and has the seconds and all samples.
  Statement rows(db,
                 "SELECT knob, value, outcome, count, seconds FROM knobs "
                 "WHERE run = ? AND scenario = ? ORDER BY knob, value, outcome");
  rows.Bind(run.id, scenario.name);
  while (rows.Step()) {
    auto& knobs = scenario.knobs;
    if (knobs.empty() || knobs.back().knob != rows.Text(0) || knobs.back().value != rows.Text(1))
      knobs.push_back({rows.Text(0), rows.Text(1), 0, 0, {}});
    const auto count = static_cast<std::uint64_t>(rows.Int(3));
    if (rows.Text(2).empty()) {
      knobs.back().samples = count;
      knobs.back().seconds = rows.Real(4);
    } else {
      knobs.back().outcomes[json::parse(rows.Text(2)).get<std::vector<std::int64_t>>()] = count;
    }
  }
}

void AddScenarios(sqlite3* db, StoredRun& run) {
  Statement rows(db,
                 "SELECT scenario, question, torture, observations, expected, model_outcomes, "
                 "control FROM scenarios WHERE run = ?");
  rows.Bind(run.id);
  while (rows.Step()) {
    StoredScenario& scenario = run.scenarios.emplace_back();
    scenario.name = rows.Text(0);
    scenario.question = rows.Text(1);
    scenario.torture = rows.Int(2) != 0;
    AddPieces(db, run, scenario);
    AddOutcomes(db, run, json::parse(rows.Text(3)).get<std::vector<std::string>>(),
                json::parse(rows.Text(4)), json::parse(rows.Text(5)), scenario);
    const bool shows_weak =
        std::none_of(scenario.outcomes.begin(), scenario.outcomes.end(),
                     [](const StoredOutcome& o) { return o.grade == "weak" && o.count == 0; });
    if (rows.Int(6) != 0 && !shows_weak && scenario.verdict == "passed")
      scenario.verdict = "harness not trusted";
    AddKnobs(db, run, scenario);
    run.spent_seconds += scenario.seconds;
  }
}

void AddFailures(sqlite3* db, StoredRun& run) {
  Statement rows(
      db,
      "SELECT failures.id, scenario, placement, cpus, seed, begun, failure, evidence, milliseconds "
      "FROM failures JOIN pieces ON piece = pieces.id WHERE run = ? ORDER BY failures.id");
  rows.Bind(run.id);
  while (rows.Step()) {
    const json evidence = rows.IsNull(7) ? json() : json::parse(rows.Text(7));
    run.failures.push_back({rows.Int(0), rows.Text(1), rows.Text(2), rows.Text(3), rows.Text(4),
                            rows.Text(6), rows.Int(5), EvidenceFromJson(evidence), evidence,
                            static_cast<std::uint64_t>(rows.Int(8))});
  }
  const bool counted = Statement(db, "SELECT 1 FROM sqlite_master WHERE name = 'kills'").Step();
  const std::string bad =
      counted ? "coalesce((SELECT bad FROM kills WHERE kills.run = mutants.run AND kills.mutant = "
                "mutants.mutant), 1)"
              : "1";
  Statement mutants(
      db, ("SELECT mutant, verdict, why, milliseconds, " + bad + " FROM mutants WHERE run = ?")
              .c_str());
  mutants.Bind(run.id);
  while (mutants.Step())
    run.mutants.push_back({mutants.Text(0), mutants.Text(1), mutants.Text(2),
                           static_cast<double>(mutants.Int(3)) / 1e3,
                           static_cast<std::uint64_t>(mutants.Int(4))});
}

[[noreturn]] void RefuseDamaged(const std::string& path, std::int64_t run, const std::string& why) {
  throw std::invalid_argument("'" + path + "' is damaged: " + why +
                              (run == 0 ? "; --run N shows one run, which may be whole"
                                        : "; --run with another number may show one that is "
                                          "whole"));
}

}  // namespace

std::string StoredRun::Verdict() const {
  const bool failed = std::any_of(scenarios.begin(), scenarios.end(),
                                  [](const StoredScenario& s) { return s.verdict == "failed"; });
  if (failed || !failures.empty()) return "failed";
  const bool sampled = std::all_of(scenarios.begin(), scenarios.end(),
                                   [](const StoredScenario& s) { return s.verdict == "passed"; });
  return trusted && sampled ? "passed" : "harness not trusted";
}

std::size_t StoredRun::MutantsThat(const std::string& verdict) const {
  return static_cast<std::size_t>(
      std::count_if(mutants.begin(), mutants.end(),
                    [&](const StoredMutant& mutant) { return mutant.verdict == verdict; }));
}

std::optional<double> StoredRun::MissedWith(const StoredScenario& scenario) const {
  double longest = 0;  // the time of a single failure that says as much
  for (const StoredMutant& mutant : mutants) {
    if (mutant.name.rfind(scenario.name + "/", 0) != 0) continue;
    if (mutant.verdict == "survived") return std::nullopt;
    if (mutant.verdict == "killed")
      longest = std::max(longest, KillTime(mutant.bad, std::max(mutant.seconds, 1e-3)));
  }
  if (longest == 0) return std::nullopt;
  return MissBound(longest, scenario.seconds);
}

std::vector<StoredRun> ReadRuns(const std::string& path, std::int64_t id) {
  try {
    const Handle db = OpenForReading(path);
    Execute(db.get(), "BEGIN");  // all of it as it was at one moment, though a run goes on
    Statement rows(db.get(),
                   "SELECT id, begun, ended, glob, seed, milliseconds, version, environment, "
                   "trusted, controls FROM runs WHERE ?1 = 0 OR id = ?1 ORDER BY id");
    rows.Bind(id);
    std::vector<StoredRun> runs;
    while (rows.Step()) {
      StoredRun& run = runs.emplace_back();
      run.id = rows.Int(0);
      run.begun = rows.Int(1);
      run.ended = !rows.IsNull(2);
      run.glob = rows.Text(3);
      run.seed = rows.Text(4);
      run.asked_seconds = static_cast<double>(rows.Int(5)) / 1e3;
      run.version = rows.Text(6);
      run.environment = json::parse(rows.Text(7));
      for (const char* const of_use_to_a_run_that_goes_on : {"controls_passed", "searched"})
        run.environment.erase(of_use_to_a_run_that_goes_on);
      run.controls_known = !rows.IsNull(8);
      run.trusted = rows.Int(8) != 0;
      if (!rows.IsNull(9)) run.controls = json::parse(rows.Text(9)).get<std::vector<std::string>>();
      AddScenarios(db.get(), run);
      AddFailures(db.get(), run);
    }
    if (runs.empty())
      throw std::invalid_argument(id == 0
                                      ? "'" + path + "' has no run yet; heddle stress --db adds one"
                                      : "'" + path + "' has no run " + std::to_string(id) +
                                            "; without --run all are shown");
    return runs;
  } catch (const SqliteError& e) {
    throw std::invalid_argument(
        "cannot read '" + path + "': " + e.what() +
        (e.code == SQLITE_CORRUPT ? "; take a copy of it, or what `sqlite3 FILE .recover` saves"
         : e.code == SQLITE_BUSY  ? "; wait until whoever locks it is done"
                                  : "; name a file that heddle stress --db wrote"));
  } catch (const json::exception& e) {
    RefuseDamaged(path, id, e.what());
  } catch (const std::out_of_range&) {
    RefuseDamaged(path, id, "an outcome has too few values");
  }
}

}  // namespace heddle::stress
