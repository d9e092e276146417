#include "stress/results_db.h"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "stress/environment.h"
#include "stress/result_json.h"
#include "stress/results_file.h"
#include "stress/sqlite.h"
#include "stress/wall_clock.h"

namespace heddle::stress {
namespace {

using nlohmann::json;

constexpr const char* kTables = R"(
CREATE TABLE runs (id INTEGER PRIMARY KEY, begun INTEGER, ended INTEGER, glob TEXT, cpus TEXT,
  seed TEXT, milliseconds INTEGER, version TEXT, environment TEXT, trusted INTEGER, controls TEXT);
CREATE TABLE scenarios (run INTEGER, scenario TEXT, question TEXT, threads INTEGER,
  torture INTEGER, control INTEGER, observations TEXT, expected TEXT, model_outcomes TEXT);
CREATE TABLE pieces (id INTEGER PRIMARY KEY, run INTEGER, scenario TEXT, placement TEXT, cpus TEXT,
  seed TEXT, begun INTEGER, milliseconds INTEGER, samples INTEGER, result TEXT, verdict TEXT);
CREATE TABLE outcomes (piece INTEGER, outcome TEXT, count INTEGER);
CREATE TABLE knobs (run INTEGER, scenario TEXT, knob TEXT, value TEXT, outcome TEXT, count INTEGER,
  seconds REAL, PRIMARY KEY (run, scenario, knob, value, outcome)) WITHOUT ROWID;
CREATE TABLE failures (id INTEGER PRIMARY KEY, piece INTEGER, failure TEXT, evidence TEXT);
CREATE TABLE mutants (run INTEGER, mutant TEXT, verdict TEXT, why TEXT, milliseconds INTEGER);
CREATE INDEX outcomes_of_piece ON outcomes (piece);
CREATE INDEX pieces_of_run ON pieces (run);
)";

// While more wait than this the oldest are given up: about a day of pieces.
constexpr std::size_t kMostWaiting = 20'000;
constexpr int kPatience = 1000;  // ms that another one's lock may last

json ExpectedJson(const StressPlan& plan) {
  StressResult none;
  CountOutcomes(plan, {}, none);
  json rows = json::array();
  for (const OutcomeCount& row : none.outcomes)
    rows.push_back({{"outcome", row.outcome}, {"grade", Name(row.grade)}, {"why", row.why}});
  return rows;
}

constexpr const char* kDisturbed = "disturbed";

// With this process's number, so that nobody goes on with a run that goes on.
json EnvironmentOfRun(const RunRequest& request) {
  json environment = Environment();
  environment[kDisturbed] = request.disturb;
  environment["pid"] = getpid();
  return environment;
}

constexpr const char* kPassed = "controls_passed";

json ToJson(const PassedControl& control) {
  return {{"scenario", control.scenario}, {"line", control.line}, {"at", control.at}};
}

// What the model allows is null where it is not known, whether it was searched or not.
constexpr const char* kSearched = "searched";

void ReadModelOutcomes(sqlite3* db, const json& environment, Unfinished& run) {
  const json searched = environment.value(kSearched, json::array());
  Statement rows(db, "SELECT scenario, model_outcomes FROM scenarios WHERE run = ?");
  rows.Bind(run.run);
  while (rows.Step()) {
    if (std::find(searched.begin(), searched.end(), rows.Text(0)) == searched.end()) continue;
    auto& outcomes = run.model_outcomes[rows.Text(0)];
    const json model = json::parse(rows.Text(1));
    if (!model.is_null()) outcomes = model.get<std::vector<std::vector<std::int64_t>>>();
  }
}

json ScenarioRows(const std::vector<ScenarioInfo>& scenarios) {
  json rows = json::array();
  for (const ScenarioInfo& s : scenarios)
    rows.push_back({{"name", s.plan->name},
                    {"question", s.question},
                    {"threads", s.plan->threads},
                    {"torture", s.plan->shape == Shape::kTorture},
                    {"control", s.plan->control},
                    {"observations", s.observations},
                    {"expected", ExpectedJson(*s.plan)},
                    {"model", s.plan->model_outcomes ? json(*s.plan->model_outcomes) : json()}});
  return rows;
}

int Pragma(sqlite3* db, const char* sql) {
  Statement statement(db, sql);
  return statement.Step() ? static_cast<int>(statement.Int(0)) : 0;
}

// The sums that earlier pieces have left, as if the last one of each scenario had shown them all.
void ReadKnobs(sqlite3* db, Unfinished& run) {
  Statement rows(db,
                 "SELECT scenario, knob, value, outcome, count, seconds FROM knobs WHERE run = ? "
                 "ORDER BY scenario, knob, value, outcome");
  rows.Bind(run.run);
  while (rows.Step()) {
    const auto last =
        std::find_if(run.pieces.rbegin(), run.pieces.rend(),
                     [&](const PieceRecord& p) { return p.scenario == rows.Text(0); });
    if (last == run.pieces.rend()) continue;
    auto& knobs = last->isolated.result.knobs;
    const auto count = static_cast<std::uint64_t>(rows.Int(4));
    if (rows.Text(3).empty()) {  // the first of its value
      knobs.push_back({rows.Text(1), rows.Text(2), rows.Real(5), count});
    } else if (!knobs.empty()) {
      knobs.back().outcomes.push_back(
          {json::parse(rows.Text(3)).get<std::vector<std::int64_t>>(), count});
    }
  }
}

}  // namespace

ResultsDb::ResultsDb(std::string path) : path_(std::move(path)) {
  try {
    Open();
    RefuseReadOnly(path_, db_);
  } catch (const SqliteError& e) {
    Close();
    RefuseForGood(path_, e);
    problem_ = e.what();
  } catch (...) {
    Close();
    throw;
  }
  Close();
}

ResultsDb::~ResultsDb() { Close(); }

void ResultsDb::Open() {
  if (db_ != nullptr) return;
  is_new_ = false;
  if (sqlite3_open_v2(path_.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) !=
      SQLITE_OK)
    throw SqliteError(db_);
  sqlite3_busy_timeout(db_, kPatience);
  const int application = Pragma(db_, "PRAGMA application_id"),
            version = Pragma(db_, "PRAGMA user_version"),
            tables = Pragma(db_, "SELECT count(*) FROM sqlite_master");
  if (application == kResultsApplication && version > kResultsVersion)
    throw std::invalid_argument("'" + path_ + "' was written by a newer heddle (format " +
                                std::to_string(version) + ", this one knows " +
                                std::to_string(kResultsVersion) + "); name another file");
  if (tables > 0 && application != kResultsApplication)
    throw std::invalid_argument("'" + path_ +
                                "' is a database, but not one of heddle's; name another file");
  // WAL: readers do not stop the run.  NORMAL: a kill loses nothing, a power cut the last pieces.
  Execute(db_, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
  if (tables > 0) return;
  Execute(db_, "BEGIN IMMEDIATE");
  Execute(db_, kTables);
  Execute(db_, ("PRAGMA application_id=" + std::to_string(kResultsApplication) +
                "; PRAGMA user_version=" + std::to_string(kResultsVersion))
                   .c_str());
  Execute(db_, "COMMIT");
  is_new_ = true;
}

void ResultsDb::Close() {
  sqlite3_close(db_);
  db_ = nullptr;
}

void ResultsDb::Enqueue(Write write) {
  waiting_.push_back(std::move(write));
  if (waiting_.size() > kMostWaiting) {
    waiting_.erase(waiting_.begin() + 1);  // the first one may be the run itself
    ++given_up_;
  }
  try {
    Open();
    problem_.clear();
    if (is_new_ && run_ != 0 && begin_) {
      waiting_.push_front(begin_);
      problem_ = "the file was gone, and with it what this run had written; it begins anew";
    }
    while (!waiting_.empty()) {
      Execute(db_, "BEGIN IMMEDIATE");
      waiting_.front()();
      Execute(db_, "COMMIT");
      waiting_.pop_front();
    }
    Close();
  } catch (const std::runtime_error& e) {
    problem_ = e.what();
    if (db_ != nullptr) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    Close();
  } catch (const std::invalid_argument& e) {  // somebody has put another file there
    problem_ = e.what();
    Close();
  }
}

void ResultsDb::Begin(const RunRequest& request, const std::vector<ScenarioInfo>& scenarios,
                      const std::string& version) {
  scenarios_ = ScenarioRows(scenarios);
  environment_ = EnvironmentOfRun(request);
  SetBegin(request, version);
  Enqueue(begin_);
}

void ResultsDb::SetBegin(const RunRequest& request, const std::string& version) {
  begin_ = [this, request, version, begun = WallClock()] {
    Statement(db_,
              "INSERT INTO runs (begun, glob, cpus, seed, milliseconds, version, environment) "
              "VALUES (?, ?, ?, ?, ?, ?, ?)")
        .Bind(begun, request.glob, request.cpus, std::to_string(request.seed),
              request.duration.count(), version, Dump(environment_))
        .Run();
    run_ = sqlite3_last_insert_rowid(db_);
    for (const json& s : scenarios_)
      Statement(db_, "INSERT INTO scenarios VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
          .Bind(run_, s["name"].get<std::string>(), s["question"].get<std::string>(),
                s["threads"].get<int>(), s["torture"].get<bool>(), s["control"].get<bool>(),
                Dump(s["observations"]), Dump(s["expected"]), Dump(s["model"]))
          .Run();
  };
}

void ResultsDb::Add(const ModelOutcomes& searched) {
  json rows = json::array();
  for (auto& row : scenarios_) {
    const auto found = searched.find(row["name"]);
    if (found == searched.end()) continue;
    if (found->second) row["model"] = *found->second;
    rows.push_back(row);
    environment_[kSearched].push_back(found->first);
  }
  Enqueue([this, rows, environment = Dump(environment_)] {
    for (const json& row : rows)
      Statement(db_, "UPDATE scenarios SET model_outcomes = ? WHERE run = ? AND scenario = ?")
          .Bind(Dump(row["model"]), run_, row["name"].get<std::string>())
          .Run();
    Statement(db_, "UPDATE runs SET environment = ? WHERE id = ?").Bind(environment, run_).Run();
  });
}

void ResultsDb::Add(const PieceRecord& p) {
  const StressResult& r = p.isolated.result;
  // The outcomes have tables of their own.
  json result = ToJson(r);
  result.erase("outcomes");
  result.erase("knobs");
  Enqueue([this, p, result = Dump(result)] {
    const StressResult& counted = p.isolated.result;
    Statement(db_,
              "INSERT INTO pieces (run, scenario, placement, cpus, seed, begun, milliseconds, "
              "samples, result, verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .Bind(run_, p.scenario, Name(p.piece.placement.sharing), Dump(p.piece.placement.cpus),
              std::to_string(p.piece.seed), p.begun, counted.duration.count(), counted.samples,
              result, Name(counted.verdict))
        .Run();
    const std::int64_t piece = sqlite3_last_insert_rowid(db_);
    Statement outcome(db_, "INSERT INTO outcomes VALUES (?, ?, ?)");
    for (const OutcomeCount& row : counted.outcomes)
      if (row.count > 0) outcome.Bind(piece, Dump(row.outcome), row.count).Run();
    Statement knob(
        db_,
        "INSERT INTO knobs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET "
        "count = count + ?6, seconds = seconds + ?7");
    for (const KnobCount& k : counted.knobs) {
      // The row without an outcome has the seconds and all samples.
      knob.Bind(run_, p.scenario, k.knob, k.value, "", k.samples, k.seconds).Run();
      for (const Histogram::Entry& entry : k.outcomes)
        knob.Bind(run_, p.scenario, k.knob, k.value, Dump(entry.outcome), entry.count, 0.0).Run();
    }
    if (!p.isolated.failure.empty())
      Statement(db_, "INSERT INTO failures (piece, failure, evidence) VALUES (?, ?, ?)")
          .Bind(piece, p.isolated.failure, Dump(p.isolated.evidence))
          .Run();
  });
}

void ResultsDb::Add(const MutantRecord& m) {
  Enqueue([this, m] {
    // A run that is gone on with runs its mutants again.
    Statement(db_, "DELETE FROM mutants WHERE run = ? AND mutant = ?").Bind(run_, m.mutant).Run();
    Statement(db_, "INSERT INTO mutants VALUES (?, ?, ?, ?, ?)")
        .Bind(run_, m.mutant, m.verdict, m.why, m.duration.count())
        .Run();
    // Not a column of `mutants`: older files, and older programs, have none.
    Execute(db_, "CREATE TABLE IF NOT EXISTS kills (run INTEGER, mutant TEXT, bad INTEGER)");
    Statement(db_, "DELETE FROM kills WHERE run = ? AND mutant = ?").Bind(run_, m.mutant).Run();
    if (m.bad > 0)
      Statement(db_, "INSERT INTO kills VALUES (?, ?, ?)").Bind(run_, m.mutant, m.bad).Run();
  });
}

void ResultsDb::SetControls(const Controls& controls) {
  json lines = json::array();
  for (const PassedControl& control : controls.earlier) lines.push_back(control.line);
  for (const Control& control : controls.all) lines.push_back(Describe(control));
  if (!controls.trusted) lines.push_back("not trusted: " + controls.why_not);
  Enqueue([this, trusted = controls.trusted, lines = Dump(lines)] {
    Statement(db_,
              "UPDATE runs SET trusted = coalesce(trusted, 1) AND ?, controls = ? WHERE id = ?")
        .Bind(trusted, lines, run_)
        .Run();
  });
}

void ResultsDb::End() {
  Enqueue([this, now = WallClock()] {
    Statement(db_, "UPDATE runs SET ended = ? WHERE id = ?").Bind(now, run_).Run();
  });
}

void ResultsDb::Resume(const Unfinished& run, const std::vector<ScenarioInfo>& scenarios,
                       const std::string& version) {
  run_ = run.run;
  scenarios_ = ScenarioRows(scenarios);
  environment_ = EnvironmentOfRun(run.request);
  SetBegin(run.request, version);
  for (const auto& [scenario, outcomes] : run.model_outcomes)
    environment_[kSearched].push_back(scenario);
  for (const PassedControl& control : run.controls)
    environment_[kPassed].push_back(ToJson(control));
  WriteEnvironment();
}

void ResultsDb::Add(const PassedControl& control) {
  environment_[kPassed].push_back(ToJson(control));
  WriteEnvironment();
}

void ResultsDb::WriteEnvironment() {
  Enqueue([this, environment = Dump(environment_)] {
    Statement(db_, "UPDATE runs SET environment = ? WHERE id = ?").Bind(environment, run_).Run();
  });
}

std::optional<Unfinished> ResultsDb::LastUnfinished(const std::vector<StressPlan>& plans) {
  try {
    Open();
    const std::unique_ptr<ResultsDb, void (*)(ResultsDb*)> closer(
        this, [](ResultsDb* db) { db->Close(); });
    Statement last(
        db_,
        "SELECT id, glob, cpus, seed, milliseconds, ended, environment, trusted FROM runs "
        "ORDER BY id DESC LIMIT 1");
    if (!last.Step() || !last.IsNull(5)) return std::nullopt;
    const json environment = json::parse(last.Text(6));
    RefuseOther(path_, environment);
    Unfinished run;
    for (const json& c : environment.value(kPassed, json::array()))
      run.controls.push_back({c.at("scenario"), c.at("line"), c.at("at")});
    run.run = last.Int(0);
    run.request = {last.Text(1), last.Text(2), std::stoull(last.Text(3)),
                   std::chrono::milliseconds(last.Int(4)), environment.value(kDisturbed, true)};
    run.distrusted = !last.IsNull(7) && last.Int(7) == 0;
    ReadModelOutcomes(db_, environment, run);
    std::vector<StressPlan> as_begun = plans;
    for (StressPlan& plan : as_begun)
      if (const auto model = run.model_outcomes.find(plan.name); model != run.model_outcomes.end())
        plan.model_outcomes = model->second;
    Statement pieces(
        db_,
        "SELECT id, scenario, placement, cpus, begun, result FROM pieces WHERE run = ? "
        "ORDER BY id");
    Statement outcomes(db_, "SELECT outcome, count FROM outcomes WHERE piece = ?");
    pieces.Bind(run.run);
    while (pieces.Step()) {
      PieceRecord& record = run.pieces.emplace_back();
      record.scenario = pieces.Text(1);
      const auto plan = std::find_if(plans.begin(), plans.end(), [&](const StressPlan& p) {
        return p.name == record.scenario;
      });
      if (plan == plans.end())
        throw std::invalid_argument("'" + path_ + "' has results of '" + record.scenario +
                                    "', which is not asked for; leave --resume out, or name what "
                                    "the run was begun with: " +
                                    run.request.glob);
      record.piece.plan = static_cast<std::size_t>(plan - plans.begin());
      if (const auto sharing = SharingNamed(pieces.Text(2)))
        record.piece.placement.sharing = *sharing;
      record.piece.placement.cpus = json::parse(pieces.Text(3)).get<std::vector<int>>();
      record.begun = pieces.Int(4);
      json result = json::parse(pieces.Text(5));
      result["knobs"] = json::array();
      json& rows = result["outcomes"] = json::array();
      outcomes.Bind(pieces.Int(0));
      while (outcomes.Step()) rows.push_back({json::parse(outcomes.Text(0)), outcomes.Int(1)});
      outcomes.Reset();
      record.isolated.result = ResultFromJson(*plan, result);
      Judge(as_begun[record.piece.plan], record.isolated.result);
      if (!record.isolated.result.failures.empty())
        record.isolated.failure = record.isolated.result.failures.front();
    }
    ReadKnobs(db_, run);
    return run;
  } catch (const SqliteError& e) {
    throw std::invalid_argument("--resume: '" + path_ + "' cannot be read: " + e.what() +
                                "; try again, or name another file");
  } catch (const json::exception& e) {
    throw std::invalid_argument("--resume: '" + path_ + "' is damaged: " + e.what() +
                                "; leave --resume out to begin a new run");
  }
}

}  // namespace heddle::stress
