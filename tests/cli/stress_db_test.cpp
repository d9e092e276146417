// Does a run keep its results, go on after a kill, and report what it found?
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "cli/commands.h"
#include "stress/affinity.h"
#include "stress/stored_run.h"
#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

class CliStressDb : public testing::Test {
 protected:
  CliStressDb() {
    std::filesystem::create_directories(folder_);
    // With one CPU no run is trusted; and on a busy machine it may not be.
    if (stress::AvailableCpus().size() < 2) skip_ = true;
  }
  ~CliStressDb() override { std::filesystem::remove_all(folder_); }

  std::string Stress(const std::string& more) const {
    return "stress MP --duration 200ms --db " + file_ + " " + more;
  }

  const std::string folder_ = testing::TempDir() + "heddle_stress_" + std::to_string(getpid());
  const std::string file_ = folder_ + "/results.sqlite";
  bool skip_ = false;
};

TEST_F(CliStressDb, KeepsResultsAndReportsThem) {
  if (skip_) GTEST_SKIP() << "needs two CPUs";
  const Output run = Heddle(Stress("--seed 5"));
  EXPECT_THAT(run.status, AnyOf(0, 4)) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("control SB"), HasSubstr("MP: passed"),
                             HasSubstr("heddle report " + file_)));
  const Output report = Heddle("report " + file_);
  EXPECT_EQ(report.status, run.status);
  EXPECT_THAT(report.out, AllOf(HasSubstr("seed 5"), HasSubstr("flag=1 payload=42"),
                                HasSubstr("forbidden"), HasSubstr("build_id")));
  const auto runs = stress::ReadRuns(file_);
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_TRUE(runs[0].ended);
}

TEST_F(CliStressDb, AKilledRunGoesOn) {
  const pid_t child = fork();
  if (child == 0) {
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execl(HEDDLE_BINARY, "heddle", "stress", "MP", "--duration", "100s", "--db", file_.c_str(),
          nullptr);
    _exit(127);
  }
  // Until a piece is there.
  const auto pieces = [&] {
    try {
      return stress::ReadRuns(file_)[0].scenarios.at(0).pieces;
    } catch (const std::exception&) {
      return std::uint64_t{0};
    }
  };
  for (int i = 0; i < 600 && pieces() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const std::uint64_t before = pieces();
  ASSERT_GT(before, 0u);
  ExpectMisuse("stress MP --duration 7s --db " + file_ + " --resume",
               "--duration 100000 ms, not 7s");
  ExpectMisuse("stress CoRR --duration 100s --db " + file_ + " --resume", "has results of 'MP'");
  EXPECT_FALSE(stress::ReadRuns(file_)[0].ended);

  // SIGTERM ends it with a report, and it can be gone on with again.
  const pid_t second = fork();
  if (second == 0) {
    const int out = open((folder_ + "/out").c_str(), O_WRONLY | O_CREAT, 0600);
    dup2(out, STDOUT_FILENO);
    execl(HEDDLE_BINARY, "heddle", "stress", "MP", "--duration", "100s", "--db", file_.c_str(),
          "--resume", nullptr);
    _exit(127);
  }
  for (int i = 0; i < 600 && pieces() == before; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  kill(second, SIGTERM);
  waitpid(second, nullptr, 0);
  const std::string said = ReadFile(folder_ + "/out");
  EXPECT_THAT(said, AllOf(HasSubstr("going on with a run of"), HasSubstr("MP: passed"),
                          HasSubstr("--resume goes on")));
  const auto runs = stress::ReadRuns(file_);
  EXPECT_EQ(runs.size(), 1u);
  EXPECT_GT(runs[0].scenarios.at(0).pieces, before);
}

// Before anything runs: a night would be lost.
TEST_F(CliStressDb, WhatCanNeverBeWrittenIsRefused) {
  const auto expect_refused = [](const std::string& file, const std::string& advice) {
    ExpectMisuse("stress MP --duration 200ms --db " + file,
                 "cannot write results to '" + file + "': ");
    ExpectMisuse("stress MP --duration 200ms --resume --db " + file, advice);
  };
  const std::string folder = "; name a file in a folder that is there";
  expect_refused(folder_ + "/none/f.sqlite", folder);
  expect_refused(folder_, folder);
  expect_refused("/proc/results.sqlite", folder);  // not even root can make files there
  std::ofstream(file_) << "text";
  expect_refused(file_ + "/f.sqlite", folder);
  expect_refused(file_, "; name another file");
  EXPECT_EQ(ReadFile(file_), "text");
}

TEST_F(CliStressDb, RefusesWhatMakesNoSense) {
  ExpectMisuse("stress MP --resume", "add --db FILE");
  ExpectMisuse("stress MP --db -", "'-'");
  ExpectMisuse("stress MP --until-failure --keep-going", "exclude each other");
  ExpectMisuse("report " + file_, "No such file");
  std::ofstream(file_) << "text";
  ExpectMisuse("report " + file_, file_);
  ExpectMisuse("doctor --cpus 1023",
               "--cpus: CPU 1023 is not available to this process; name some");
  ExpectMisuse("stress MP --undisturbed", "--undisturbed: only torture scenarios are disturbed");
}

// A range that fits any machine.
TEST_F(CliStressDb, DoctorUsesTheCpusThatAreThere) {
  const Output run = Heddle("doctor --cpus 0-1023");
  EXPECT_THAT(run.status, AnyOf(0, 4)) << run.err;
  EXPECT_THAT(run.out, HasSubstr("of the 1024 CPUs that were asked for (0-1023)"));
}

// Of a file whose later pages are damaged, and of rows that are.
TEST_F(CliStressDb, DamagedFilesAreToldWithAdvice) {
  ASSERT_THAT(Heddle(Stress("")).status, AnyOf(0, 4));
  std::string bytes = ReadFile(file_);
  constexpr std::size_t kPage = 4096;
  ASSERT_GT(bytes.size(), 2 * kPage);
  std::fill(bytes.begin() + 2 * kPage, bytes.end(), 'x');
  std::ofstream(file_) << bytes;
  ExpectMisuse("report " + file_, "'" + file_ + "': database disk image is malformed; take a copy");
  std::filesystem::remove(file_);
  std::ofstream(file_) << "text";
  ExpectMisuse("report " + file_, "file is not a database; name a file that heddle stress --db");
}

// A mutant alone, its reproducer, and that again.
TEST_F(CliStressDb, ANativeFailureIsReplayed) {
  if (skip_) GTEST_SKIP() << "needs two CPUs";
  const std::string made = folder_ + "/failures";
  Output run;
  for (int attempt = 0; attempt < 5 && run.status != 1; ++attempt)
    run = Heddle("stress SB+fences/no-fence-on-cpu0 --duration 1s --until-failure --reproducers " +
                 made + " --db " + file_);
  EXPECT_EQ(run.status, 1) << run.out;
  EXPECT_THAT(run.out, AllOf(HasSubstr("forbidden outcome (0, 0)"), HasSubstr("heddle replay")));
  std::string file;
  for (const auto& entry : std::filesystem::directory_iterator(made)) file = entry.path();
  ASSERT_FALSE(file.empty());
  // Afterwards, out of the file of results, it is the same.
  const std::string name = std::filesystem::path(file).filename();
  EXPECT_EQ(Heddle("report " + file_ + " --reproducers " + folder_ + "/again").status, 1);
  const auto then = nlohmann::json::parse(ReadFile(file)),
             again = nlohmann::json::parse(ReadFile(folder_ + "/again/" + name));
  for (const char* member : {"kind", "scenario", "placement", "cpus", "seed", "failure", "evidence",
                             "disturbed", "format", "version"})
    EXPECT_EQ(again.at(member), then.at(member)) << member;
  for (const char* member : {"heddle", "kernel"})
    EXPECT_EQ(again.at("environment").at(member), then.at("environment").at(member)) << member;
  const Output replay = Heddle("replay " + file + " --duration 20s --json -");
  EXPECT_EQ(replay.status, 1);
  EXPECT_EQ(nlohmann::json::parse(replay.out).at("failure"), "same");
  ExpectMisuse("replay " + file + " --dot x.dot", "leave --dot out");
  ExpectMisuse("replay " + file + " --hang-timeout 5s", "leave --hang-timeout out");
  ExpectMisuse("replay " + file + " --duration 0s", "--duration '0s' is too short");
  auto json = nlohmann::json::parse(ReadFile(file));
  json["scenario"] = "none/such";
  std::ofstream(file) << json;
  ExpectMisuse("replay " + file, "none/such");
  json["cpus"] = {0, 4000};
  std::ofstream(file) << json;
  ExpectMisuse("replay " + file, "4000");
}

}  // namespace
}  // namespace heddle
