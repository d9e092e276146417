// Do results reach the file, and does a run go on where it was killed?
#include "stress/results_db.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "scenarios/message_passing.h"
#include "scenarios/store_buffering.h"
#include "stress/affinity.h"
#include "stress/campaign.h"
#include "stress/sqlite.h"
#include "stress/stored_run.h"

namespace heddle::stress {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ResultsDbTest : public testing::Test {
 protected:
  ResultsDbTest() : plans_{MakePlan<MessagePassing>(), MakePlan<StoreBufferingFenced>()} {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    for (const StressPlan& plan : plans_) infos_.push_back({&plan, "?", {"a", "b"}});
  }
  ~ResultsDbTest() override { std::filesystem::remove_all(folder_); }

  CampaignOptions For(std::chrono::milliseconds duration) const {
    return {.request = {"*", "", 7, duration}};
  }
  void Run(std::chrono::milliseconds duration, ResultsDb& db) {
    Campaign campaign(plans_, infos_, topology_, For(duration), &db);
    if (const auto run = db.LastUnfinished(plans_)) {
      db.Resume(*run, infos_, "test");
      campaign.GoOnWith(*run);
    } else {
      db.Begin(For(duration).request, infos_, "test");
    }
    campaign.Run([](const PieceRecord&) {});
    db.End();
    totals_ = campaign.totals();
  }
  std::int64_t Query(const char* sql) const {
    sqlite3* db = nullptr;
    sqlite3_open(path_.c_str(), &db);
    std::int64_t value = 0;
    {
      Statement statement(db, sql);
      if (statement.Step()) value = statement.Int(0);
    }
    sqlite3_close(db);
    return value;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("heddle_db_" + std::to_string(getpid()));
  const std::string path_ = folder_ / "results.sqlite";
  const std::vector<StressPlan> plans_;
  std::vector<ScenarioInfo> infos_;
  const Topology topology_{AvailableCpus()};
  std::vector<ScenarioTotal> totals_;
};

TEST_F(ResultsDbTest, KeepsEveryPieceAndOutcome) {
  ResultsDb db(path_);
  Run(300ms, db);
  EXPECT_EQ(db.problem(), "");
  EXPECT_EQ(Query("SELECT count(*) FROM runs WHERE ended IS NOT NULL"), 1);
  EXPECT_EQ(Query("SELECT count(*) FROM scenarios"), 2);
  std::uint64_t samples = 0;
  for (const ScenarioTotal& total : totals_) samples += total.sum.samples;
  EXPECT_EQ(Query("SELECT sum(count) FROM outcomes"), static_cast<std::int64_t>(samples));
  EXPECT_EQ(Query("SELECT sum(samples) FROM pieces"), static_cast<std::int64_t>(samples));
  // All but the first batch of each setting.
  const std::int64_t attributed =
      Query("SELECT sum(count) FROM knobs WHERE knob = 'order' AND outcome = ''");
  EXPECT_GT(attributed, 0);
  EXPECT_LT(attributed, static_cast<std::int64_t>(samples));
  EXPECT_EQ(Query("SELECT sum(count) FROM knobs WHERE knob = 'order' AND outcome <> ''"),
            attributed);
  EXPECT_EQ(Query("SELECT count(DISTINCT knob) FROM knobs"), 4);
  EXPECT_EQ(Query("SELECT sum(count) FROM knobs WHERE knob = 'layout' AND outcome = ''"),
            attributed);
}

// The process is killed at some moment, again and again; each time the next one goes on.
TEST_F(ResultsDbTest, KilledRunsGoOnAndLoseNothingThatWasWritten) {
  std::int64_t before = 0;
  for (int kill_number = 0; kill_number < 6; ++kill_number) {
    const pid_t child = fork();
    if (child == 0) {
      ResultsDb db(path_);
      Run(60s, db);
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200 + 97 * kill_number));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    if (!std::filesystem::exists(path_)) continue;
    const std::int64_t now = Query("SELECT coalesce(sum(samples), 0) FROM pieces");
    EXPECT_GE(now, before);
    EXPECT_EQ(Query("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    before = now;
  }
  EXPECT_EQ(Query("SELECT count(*) FROM runs"), 1) << "all of it is one run";
  ResultsDb db(path_);
  const auto run = db.LastUnfinished(plans_);
  ASSERT_TRUE(run);
  std::uint64_t samples = 0;
  for (const PieceRecord& piece : run->pieces) samples += piece.isolated.result.samples;
  EXPECT_EQ(static_cast<std::int64_t>(samples), before);
  EXPECT_EQ(run->request.seed, 7u);
}

TEST_F(ResultsDbTest, ARunThatHasEndedIsNotGoneOnWith) {
  ResultsDb db(path_);
  Run(100ms, db);
  EXPECT_FALSE(db.LastUnfinished(plans_));
}

TEST_F(ResultsDbTest, WhatALockKeepsOutIsWrittenLater) {
  ResultsDb db(path_);
  sqlite3* other = nullptr;
  sqlite3_open(path_.c_str(), &other);
  Execute(other, "BEGIN EXCLUSIVE");
  db.Begin(For(1s).request, infos_, "test");
  EXPECT_THAT(db.problem(), HasSubstr("locked"));
  EXPECT_EQ(db.waiting(), 1u);
  Execute(other, "COMMIT");
  sqlite3_close(other);
  db.Add(MutantRecord{"MP/none", "killed", "why", 5ms});
  EXPECT_EQ(db.problem(), "");
  EXPECT_EQ(db.waiting(), 0u);
  EXPECT_EQ(Query("SELECT run FROM mutants"), 1);
}

TEST_F(ResultsDbTest, AFolderThatIsNotThereIsRefused) {
  EXPECT_THAT([&] { ResultsDb{folder_ / "none" / "results.sqlite"}; },
              testing::ThrowsMessage<std::invalid_argument>(HasSubstr("unable to open")));
}

TEST_F(ResultsDbTest, AFolderThatGoesAwayDoesNotStopTheRun) {
  std::filesystem::create_directory(folder_ / "other");
  ResultsDb db(folder_ / "other" / "results.sqlite");
  std::filesystem::remove_all(folder_ / "other");
  db.Begin(For(1s).request, infos_, "test");
  EXPECT_THAT(db.problem(), HasSubstr("unable to open"));
  EXPECT_EQ(db.waiting(), 1u);
  std::filesystem::create_directory(folder_ / "other");
  db.End();
  EXPECT_EQ(db.problem(), "");
}

TEST_F(ResultsDbTest, ALockThatIsThereBeforeTheRunDoesNotStopItEither) {
  { const ResultsDb tables(path_); }
  sqlite3* other = nullptr;
  sqlite3_open(path_.c_str(), &other);
  Execute(other, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE");
  ResultsDb db(path_);
  EXPECT_THAT(db.problem(), HasSubstr("locked"));
  Execute(other, "COMMIT");
  sqlite3_close(other);
  db.Begin(For(1s).request, infos_, "test");
  EXPECT_EQ(db.problem(), "");
}

TEST_F(ResultsDbTest, AFileThatIsRemovedBeginsAnew) {
  ResultsDb db(path_);
  db.Begin(For(1s).request, infos_, "test");
  std::filesystem::remove(path_);
  db.Add(MutantRecord{"MP/none", "killed", "why", 5ms});
  EXPECT_THAT(db.problem(), HasSubstr("gone"));
  EXPECT_EQ(db.waiting(), 0u);
  EXPECT_EQ(Query("SELECT count(*) FROM runs"), 1);
  EXPECT_EQ(Query("SELECT count(*) FROM mutants"), 1);
  db.End();
  EXPECT_EQ(db.problem(), "");
}

TEST_F(ResultsDbTest, AResumedOneToo) {
  { ResultsDb(path_).Begin(For(1s).request, infos_, "test"); }
  ResultsDb db(path_);
  db.Resume(*db.LastUnfinished(plans_), infos_, "test");
  std::filesystem::remove(path_);
  db.Add(MutantRecord{"MP/none", "killed", "why", 5ms});
  EXPECT_THAT(db.problem(), HasSubstr("gone"));
  EXPECT_EQ(Query("SELECT count(*) FROM runs"), 1);
}

TEST_F(ResultsDbTest, AMutantThatRunsAgainIsCountedOnce) {
  ResultsDb db(path_);
  db.Begin(For(1s).request, infos_, "test");
  for (const char* verdict : {"survived", "killed"})
    db.Add(MutantRecord{"MP/none", verdict, "", 5ms});
  EXPECT_EQ(Query("SELECT count(*) FROM mutants WHERE verdict = 'killed'"), 1);
  EXPECT_EQ(Query("SELECT count(*) FROM mutants"), 1);
}

TEST_F(ResultsDbTest, EarlierKnobsAndSeedsAreKnown) {
  {
    ResultsDb db(path_);
    Campaign campaign(plans_, infos_, topology_, For(10s), &db);
    db.Begin(For(10s).request, infos_, "test");
    campaign.Run([&](const PieceRecord& piece) {
      if (!piece.isolated.result.knobs.empty()) raise(SIGTERM);
    });
  }
  ResultsDb db(path_);
  const auto run = db.LastUnfinished(plans_);
  ASSERT_TRUE(run);
  ASSERT_FALSE(run->pieces.empty());
  EXPECT_FALSE(run->pieces.back().isolated.result.knobs.empty());
  Schedule first(plans_, topology_, 10s, 7), second(plans_, topology_, 10s, 7);
  second.Skip(1);
  EXPECT_NE(first.Next().seed, second.Next().seed);
}

TEST_F(ResultsDbTest, WhatWasFoundOutBeforeIsKnown) {
  {
    ResultsDb db(path_);
    db.Begin(For(10s).request, infos_, "test");
    db.Add(ModelOutcomes{{plans_[0].name, {{{0, 0}, {1, 42}}}}});
    db.Add(PassedControl{"SB", "SB: fine", 5});
  }
  for (int process = 0; process < 2; ++process) {  // who goes on leaves it to the next one
    ResultsDb db(path_);
    const auto run = db.LastUnfinished(plans_);
    ASSERT_TRUE(run);
    ASSERT_EQ(run->model_outcomes.size(), 1u) << "the other one is still to be searched";
    EXPECT_EQ(run->model_outcomes.at(plans_[0].name)->size(), 2u);
    ASSERT_EQ(run->controls.size(), 1u);
    EXPECT_EQ(run->controls[0].line, "SB: fine");
    EXPECT_EQ(run->controls[0].at, 5);
    db.Resume(*run, infos_, "test");
  }
  ResultsDb db(path_);
  db.Resume(*db.LastUnfinished(plans_), infos_, "test");
  db.Add(ModelOutcomes{{plans_[1].name, std::nullopt}});
  const auto run = db.LastUnfinished(plans_);
  ASSERT_EQ(run->model_outcomes.size(), 2u);
  EXPECT_FALSE(run->model_outcomes.at(plans_[1].name)) << "its search was too long";
}

// As earlier versions have written them, without ticks and disturbances.
TEST_F(ResultsDbTest, ResultsOfEarlierVersionsAreRead) {
  ResultsDb db(path_);
  Run(100ms, db);
  Query(
      "UPDATE pieces SET result = json_set(json_remove(result, '$.disturbances', '$.held_up'), "
      "'$.pace', json('[8, 4, 2, 1]'))");
  const auto runs = ReadRuns(path_);
  ASSERT_EQ(runs.size(), 1u);
  const StoredScenario& scenario = runs[0].scenarios.at(0);
  EXPECT_EQ(scenario.late_percent, 50);
  EXPECT_FALSE(scenario.stolen_percent) << "nobody knows";
  EXPECT_FALSE(scenario.disturbances.any());
}

// The parent of many pieces needs no more than that of some.
TEST_F(ResultsDbTest, MemoryDoesNotGrowWithPieces) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have an allocator of their own";
#endif
  ResultsDb db(path_);
  db.Begin(For(10s).request, infos_, "test");
  StressResult sum;
  const auto run = [&](int pieces) {
    for (int i = 0; i < pieces; ++i) {
      PieceRecord record;
      record.scenario = plans_[0].name;
      record.isolated = RunIsolated(plans_[0], {.duration = 3ms});
      Merge(record.isolated.result, sum);
      Judge(plans_[0], sum);
      db.Add(record);
    }
    ASSERT_EQ(db.problem(), "");
  };
  const auto resident = [] {
    long pages = 0;
    std::ifstream statm("/proc/self/statm");
    statm >> pages >> pages;
    return pages * sysconf(_SC_PAGESIZE);
  };
  run(20);
  const auto used = mallinfo2().uordblks;
  const long before = resident();
  run(200);
  EXPECT_LT(mallinfo2().uordblks, used + 64 * 1024);
  EXPECT_LT(resident(), before + (4 << 20));
}

TEST(Controls, ThoseOfMinutesAgoAreStillValid) {
  const std::int64_t now = 1'000'000'000, minute = 60'000;
  const std::vector<PassedControl> valid = StillValid(
      {{"a", "", now - minute}, {"old", "", now - 11 * minute}, {"of the future", "", now + 1}},
      now);
  ASSERT_EQ(valid.size(), 1u);
  EXPECT_EQ(valid[0].scenario, "a");
}

TEST(Controls, WhatHasPassedIsNotRunAgain) {
  const Topology topology(AvailableCpus());
  if (topology.cpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  std::vector<std::string> passed;
  const Controls controls =
      RunControls(topology, 20ms, 1, {{"SB", "", 1}, {"MP", "", 1}},
                  [&](const PassedControl& control) { passed.push_back(control.scenario); });
  EXPECT_EQ(controls.earlier.size(), 2u);
  ASSERT_EQ(controls.all.size(), 1u);
  // Where other programs have the CPUs it may take no sample.
  EXPECT_EQ(controls.trusted, controls.all[0].wrong.empty());
  EXPECT_EQ(passed.size(), controls.trusted ? 1u : 0u);
}

TEST_F(ResultsDbTest, RefusesFilesOfOthers) {
  std::ofstream(path_) << "This is not a database, and long enough that SQLite looks at it. "
                       << std::string(200, 'x');
  EXPECT_THAT([&] { ResultsDb{path_}; },
              testing::ThrowsMessage<std::invalid_argument>(HasSubstr("not a database")));
  std::filesystem::remove(path_);
  sqlite3* other = nullptr;
  sqlite3_open(path_.c_str(), &other);
  Execute(other, "CREATE TABLE t (x)");
  EXPECT_THAT([&] { ResultsDb{path_}; },
              testing::ThrowsMessage<std::invalid_argument>(HasSubstr("not one of heddle's")));
  Execute(other, "PRAGMA application_id=1214604388; PRAGMA user_version=99");
  EXPECT_THAT([&] { ResultsDb{path_}; },
              testing::ThrowsMessage<std::invalid_argument>(HasSubstr("newer heddle (format 99")));
  sqlite3_close(other);
}

}  // namespace
}  // namespace heddle::stress
