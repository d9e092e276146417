// Does a native run survive what may happen to it, its processes and its file?
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "runtime/native/thread_context.h"
#include "stress/affinity.h"
#include "stress/sqlite.h"
#include "stress/stored_run.h"
#include "tests/support/effort.h"
#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::AnyOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class CliStressFaults : public testing::Test {
 protected:
  CliStressFaults() { std::filesystem::create_directories(folder_); }
  ~CliStressFaults() override { std::filesystem::remove_all(folder_); }

  // heddle, whose output goes to out_ and err_.
  pid_t Start(const std::string& arguments) const {
    const std::string command = "exec " HEDDLE_BINARY " " + arguments + " >" + out_ + " 2>" + err_;
    const pid_t child = fork();
    if (child == 0) {
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    return child;
  }
  static int Wait(pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  // Until `said` has been said on standard error, or a minute has passed.
  void AwaitSaid(const std::string& said) const {
    for (int i = 0; i < 1200 && ReadFile(err_).find(said) == std::string::npos; ++i)
      std::this_thread::sleep_for(50ms);
  }
  std::int64_t Query(const std::string& sql) const {
    sqlite3* opened = nullptr;
    sqlite3_open(file_.c_str(), &opened);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> db(opened, &sqlite3_close);
    sqlite3_busy_timeout(db.get(), 60'000);  // whoever opens it after a kill mends it
    stress::Statement statement(db.get(), sql.c_str());
    return statement.Step() ? statement.Int(0) : 0;
  }
  void ExpectWhole() const {
    EXPECT_EQ(Query("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    EXPECT_EQ(Query("SELECT coalesce(sum(count), 0) FROM outcomes"),
              Query("SELECT coalesce(sum(samples), 0) FROM pieces"));
  }
  // What is in the way goes away while the run goes on.
  void ExpectWrittenInTheEnd(
      const std::string& file, const std::string& why, const std::function<void()>& mend,
      const std::function<void()>& get_in_the_way = [] {}) const {
    const pid_t run = Start("stress MP --duration 100s --db " + file);
    get_in_the_way();
    AwaitSaid("cannot write results to '" + file + "'");
    EXPECT_THAT(ReadFile(err_), AllOf(ContainsRegex(why), HasSubstr("the run goes on")));
    mend();
    AwaitSaid("again, all of them");
    kill(run, SIGTERM);
    EXPECT_THAT(Wait(run), AnyOf(0, 4)) << ReadFile(err_);
    EXPECT_THAT(ReadFile(err_), HasSubstr("results are written to '" + file + "' again"));
    const auto runs = stress::ReadRuns(file);
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_GT(runs[0].scenarios.at(0).samples, 0u);
  }

  static bool HasRuns(const std::string& file) {
    try {
      return !stress::ReadRuns(file).empty();
    } catch (const std::exception&) {  // not yet
      return false;
    }
  }

  const std::string folder_ = testing::TempDir() + "heddle_faults_" + std::to_string(getpid());
  const std::string file_ = folder_ + "/results.sqlite", out_ = folder_ + "/out",
                    err_ = folder_ + "/err";
};

// At any moment: while it starts, tries its controls, runs or writes.
TEST_F(CliStressFaults, FiftyKillsLoseNothingThatWasWritten) {
  native::Random random(1);
  std::int64_t samples = 0;
  const auto pieces = [&] { return samples > 0 ? Query("SELECT count(*) FROM pieces") : 0; };
  // Where a process takes long to start, it is given longer.
  const auto latest = std::chrono::steady_clock::now() + 120s;
  for (int kills = 0, limit = 500;
       kills < 50 || (pieces() < 2 && std::chrono::steady_clock::now() < latest); ++kills) {
    if (kills >= 50) limit += 50;
    const pid_t run = Start("stress MP --duration 60s --resume --db " + file_);
    std::this_thread::sleep_for(milliseconds(100 + random.Below(limit)));
    kill(run, SIGKILL);
    Wait(run);
    if (!std::filesystem::exists(file_) ||
        Query("SELECT count(*) FROM sqlite_master WHERE name = 'pieces'") == 0)
      continue;
    const std::int64_t now = Query("SELECT coalesce(sum(samples), 0) FROM pieces");
    EXPECT_GE(now, samples) << "after kill " << kills;
    samples = now;
  }
  ExpectWhole();
  EXPECT_EQ(Query("SELECT count(*) FROM runs"), 1) << "all of it is one run";
  EXPECT_GE(pieces(), 2);
  EXPECT_EQ(Query("SELECT count(DISTINCT seed) FROM pieces"), pieces());
}

TEST_F(CliStressFaults, ControlsThatHavePassedAreNotRunAgain) {
  if (stress::AvailableCpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  const std::string command = "stress MP --duration 60s --resume --db " + file_;
  const auto passed = [&] {
    if (!std::filesystem::exists(file_)) return std::int64_t{0};
    try {
      return Query("SELECT trusted FROM runs");
    } catch (const stress::SqliteError&) {
      return std::int64_t{0};
    }
  };
  const pid_t first = Start(command);
  for (int i = 0; i < 600 && passed() == 0; ++i) std::this_thread::sleep_for(50ms);
  kill(first, SIGKILL);
  Wait(first);
  if (passed() == 0) GTEST_SKIP() << "this machine cannot be trusted now";
  const pid_t second = Start(command);
  for (int i = 0; i < 600 && Query("SELECT count(*) FROM pieces") == 0; ++i)
    std::this_thread::sleep_for(50ms);
  kill(second, SIGTERM);
  EXPECT_EQ(Wait(second), 4) << "cut short: " << ReadFile(err_);
  EXPECT_THAT(ReadFile(out_), AllOf(HasSubstr("control SB, "), HasSubstr("s ago: not run again)")));
  EXPECT_THAT(Heddle("report " + file_).out,
              AllOf(HasSubstr("control SB, "), Not(HasSubstr("controls_passed"))));
}

TEST_F(CliStressFaults, ARunThatIsInterruptedSaysSo) {
  const std::string json = folder_ + "/results.json";
  const pid_t run = Start("stress MP --duration 100s --json " + json + " --db " + file_);
  for (int i = 0; i < 1200 && !HasRuns(file_); ++i) std::this_thread::sleep_for(50ms);
  kill(run, SIGINT);
  EXPECT_EQ(Wait(run), 4) << ReadFile(err_);
  EXPECT_THAT(ReadFile(out_),
              ContainsRegex("\n[a-z ]+: 1 scenario: .*interrupted after .* s of 100 s\n$"));
  const auto said = nlohmann::json::parse(ReadFile(json));
  EXPECT_THAT(said.at("verdict"), AnyOf("inconclusive", "harness not trusted"));
  EXPECT_THAT(said.at("cut_short").get<std::string>(), HasSubstr("interrupted after"));
  EXPECT_THAT(Heddle("report " + file_).out, HasSubstr("not ended after"));
}

TEST_F(CliStressFaults, ALockKeepsResultsOutForAWhile) {
  ASSERT_THAT(Heddle("stress MP --duration 100ms --db " + file_).status, AnyOf(0, 4));
  ASSERT_EQ(Query("DELETE FROM runs"), 0);
  sqlite3* other = nullptr;
  sqlite3_open(file_.c_str(), &other);
  stress::Execute(other, "BEGIN EXCLUSIVE");
  ExpectWrittenInTheEnd(file_, "locked", [&] {
    stress::Execute(other, "COMMIT");
    sqlite3_close(other);
  });
  ExpectWhole();
}

TEST_F(CliStressFaults, AFullDiskKeepsResultsOutForAWhile) {
  const std::string disk = folder_ + "/disk", big = disk + "/big", file = disk + "/results.sqlite";
  std::filesystem::create_directory(disk);
  if (mount("none", disk.c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "this user or sandbox cannot mount a small file system";
  const std::unique_ptr<const std::string, void (*)(const std::string*)> mounted(
      &disk, [](const std::string* at) { umount2(at->c_str(), MNT_DETACH); });
  {
    std::ofstream filler(big);
    for (int i = 0; i < 300 && filler; ++i) filler << std::string(4096, 'x') << std::flush;
  }
  ExpectWrittenInTheEnd(file, "full|No space", [&] { std::filesystem::remove(big); });
}

// The same for any user: files may be 16 KiB long, and the tables alone are longer.
TEST_F(CliStressFaults, AFileThatMayNotGrowIsTold) {
  const Output run =
      Shell("ulimit -f 32; exec " HEDDLE_BINARY " stress MP --duration 200ms --db " + file_);
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.out, HasSubstr("MP: passed"));
  EXPECT_THAT(run.err, AllOf(HasSubstr("cannot write results to '" + file_ + "'"),
                             HasSubstr("mend that and run again")));
}

// Which is refused before a run, but is no reason to end one.
TEST_F(CliStressFaults, AFolderThatGoesAwayKeepsResultsOutForAWhile) {
  const std::string folder = folder_ + "/other", file = folder + "/results.sqlite";
  std::filesystem::create_directory(folder);
  ExpectWrittenInTheEnd(
      file, "unable to open", [&] { std::filesystem::create_directory(folder); },
      [&] {
        for (int i = 0; i < 1200 && !HasRuns(file); ++i) std::this_thread::sleep_for(50ms);
        std::filesystem::rename(folder, folder + "_renamed");
      });
}

TEST_F(CliStressFaults, StandardOutputThatTakesNothingEndsNoRunWhoseResultsAreKept) {
  for (const char* output : {" >/dev/full", " | true"}) {
    std::filesystem::remove(file_);
    const Output run =
        Shell("bash -c 'set -o pipefail; " HEDDLE_BINARY " stress MP --duration 300ms --db " +
              file_ + output + "'");
    EXPECT_EQ(run.status, 2) << output;
    EXPECT_THAT(run.err, HasSubstr("cannot write to standard output")) << output;
    EXPECT_EQ(Query("SELECT count(*) FROM runs WHERE ended IS NOT NULL"), 1) << output;
    EXPECT_GT(Query("SELECT sum(samples) FROM pieces"), 0) << output;
  }
}

// As a terminal that is closed does, twice.
TEST_F(CliStressFaults, SighupEndsARunWithAReport) {
  const pid_t run = Start("stress MP --duration 60s --db " + file_);
  for (int i = 0; i < 600 && !(HasRuns(file_) && Query("SELECT count(*) FROM pieces") > 0); ++i)
    std::this_thread::sleep_for(50ms);
  kill(run, SIGHUP);
  kill(run, SIGHUP);
  EXPECT_THAT(Wait(run), AnyOf(0, 4)) << ReadFile(err_);
  EXPECT_THAT(ReadFile(out_), AllOf(HasSubstr("MP: "), HasSubstr("ended by a signal")));
  ExpectWhole();
}

TEST_F(CliStressFaults, SighupThatIsIgnoredStaysSo) {
  signal(SIGHUP, SIG_IGN);
  const pid_t run = Start("stress MP --duration 1s --db " + file_);
  signal(SIGHUP, SIG_DFL);
  for (int i = 0; i < 600 && !HasRuns(file_); ++i) std::this_thread::sleep_for(50ms);
  kill(run, SIGHUP);
  Wait(run);
  EXPECT_EQ(Query("SELECT count(*) FROM runs WHERE ended IS NOT NULL"), 1);
}

// As somebody who may read it and write nothing beside it.
TEST_F(CliStressFaults, AnUnwritableFolderIsReadAndNotWritten) {
  const std::string heddle = std::string(geteuid() == 0 ? "setpriv --reuid=65534 --regid=65534 "
                                                          "--clear-groups "
                                                        : "") +
                             HEDDLE_BINARY " ";
  if (Shell(heddle + "list MP").status != 0) GTEST_SKIP() << "there is no such user";
  ASSERT_THAT(Heddle("stress MP --duration 200ms --db " + file_).status, AnyOf(0, 4));
  const auto writable = std::filesystem::perms::all;
  std::filesystem::permissions(
      folder_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec |
                   std::filesystem::perms::others_read | std::filesystem::perms::others_exec);
  const Output report = Shell(heddle + "report " + file_),
               again = Shell(heddle + "stress MP --duration 200ms --db " + file_),
               another = Shell(heddle + "stress MP --duration 200ms --db " + folder_ + "/other");
  std::filesystem::permissions(folder_, writable);
  EXPECT_THAT(report.out, HasSubstr("MP: ")) << report.err;
  EXPECT_EQ(again.status, 2);
  EXPECT_THAT(again.err, HasSubstr("readonly"));
  EXPECT_EQ(another.status, 2);
  EXPECT_THAT(another.err, AllOf(HasSubstr("Permission denied"), Not(HasSubstr("No such"))));
}

TEST_F(CliStressFaults, AMissingBarrierOfSrcuIsFoundWithinSeconds) {
  if (stress::AvailableCpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  // It takes some 40,000 sections of the reader: a twentieth of a second, if it has a CPU.
  constexpr std::uint64_t kEnough = 1'000'000;
  int found = 0, without_cpus = 0;
  for (int seed = 1; found < Effort(3) && without_cpus < 10; ++seed) {
    const Output run = Heddle(
        "stress torture_tight_srcu/no-b --duration 5s --until-failure --json - "
        "--seed " +
        std::to_string(seed));
    const auto result = nlohmann::json::parse(run.out).at("results").at(0);
    std::uint64_t sections = 0;
    for (const auto& outcome : result.at("outcomes"))
      if (outcome.at("values").at(0) == 1) sections += outcome.at("count").get<std::uint64_t>();
    if (run.status != 1 && sections < kEnough) {
      ++without_cpus;
      continue;
    }
    ++found;
    EXPECT_EQ(run.status, 1) << "seed " << seed << ": " << sections << " sections";
    EXPECT_THAT(run.out, HasSubstr("a reader holds what the updater has poisoned"));
  }
  if (without_cpus == 10) GTEST_SKIP() << "other programs have the CPUs";
}

TEST_F(CliStressFaults, DisturbancesAreToldUnlessThereAreToBeNone) {
  if (stress::AvailableCpus().size() < 2) GTEST_SKIP() << "needs two CPUs";
  const auto disturbances = [](const std::string& more) {
    const Output run = Heddle("stress torture_wide_srcu --duration 3s --json - " + more);
    EXPECT_THAT(run.status, AnyOf(0, 4)) << run.err;
    return nlohmann::json::parse(run.out).at("results").at(0).at("disturbances");
  };
  const auto some = disturbances("--seed 1"), none = disturbances("--undisturbed");
  for (const char* kind : {"stalls", "freezes", "stops", "migrations"}) {
    EXPECT_GT(some.at(kind), 0) << kind;
    EXPECT_EQ(none.at(kind), 0) << kind;
  }
  const Output text = Heddle("stress torture_wide_srcu --duration 3s --seed 1");
  EXPECT_THAT(text.out,
              ContainsRegex("[1-9][0-9]* stalls, [1-9][0-9]* freezes, [1-9][0-9]* stops, [1-9]"));
  ExpectMisuse("stress torture_wide_srcu --undisturbed=soon",
               "--undisturbed = soon: write this option without a value");
}

}  // namespace
}  // namespace heddle
