// Does a check that was killed go on where it was, and is a file that does not fit refused?
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/output.h"
#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using testing::HasSubstr;
using Lines = std::multiset<std::string>;

const std::string kCheck = "check qspinlock --no-mutants ";

class CliCheckpoint : public testing::Test {
 protected:
  CliCheckpoint() { std::filesystem::create_directory(folder_); }
  ~CliCheckpoint() override { std::filesystem::remove_all(folder_); }

  Lines Listed() const {
    std::istringstream in(ReadFile(list_));
    Lines lines;
    for (std::string line; std::getline(in, line);) lines.insert(line);
    return lines;
  }
  nlohmann::json Saved() const { return nlohmann::json::parse(ReadFile(file_)); }
  std::uint64_t SavedExecutions() const {
    const std::string text = ReadFile(file_);
    std::uint64_t sum = 0;
    if (text.empty()) return 0;
    const auto file = nlohmann::json::parse(text);
    for (const auto& check : file.at("checks")) sum += check.at("executions").get<std::uint64_t>();
    return sum;
  }
  // Names the file, and is in our words.
  void ExpectRefused(const std::string& command, const std::string& why = "") const {
    ExpectMisuse(command, "cannot go on with the checkpoint '" + file_ + "': " + why);
    EXPECT_THAT(Heddle(command).err, testing::Not(HasSubstr("json.exception")));
  }
  void Write(const std::string& text) const { std::ofstream(file_) << text; }

  // Runs heddle until it has saved more executions than at its start, then kills it.  False: it
  // was done before.
  bool RunAndKill(const std::string& arguments) const {
    const std::uint64_t before = SavedExecutions();
    const std::string command = "exec " HEDDLE_BINARY " " + arguments + " >/dev/null";
    const pid_t child = fork();
    if (child == 0) {
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    int status = 0;
    while (SavedExecutions() <= before) {
      if (waitpid(child, &status, WNOHANG) == child) return false;
      usleep(1000);
    }
    usleep(20'000);  // into the middle of something
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
  }

  const std::string folder_ = testing::TempDir() + "heddle_checkpoint_" + std::to_string(getpid());
  const std::string file_ = folder_ + "/checkpoint", list_ = folder_ + "/list";
};

TEST_F(CliCheckpoint, KilledAndGoneOnWithIsWhole) {
  ASSERT_EQ(Heddle(kCheck + "--list-executions " + list_).status, 0);
  const Lines whole = Listed();
  for (const std::string workers : {"1", "2"}) {
    const std::string command = kCheck + "--checkpoint " + file_ +
                                " --checkpoint-every 30ms --list-executions " + list_ +
                                " --workers " + workers;
    std::filesystem::remove(file_);
    int kills = 0;
    while (kills < 5 && RunAndKill(command)) ++kills;
    EXPECT_GE(kills, 2);
    const std::uint64_t before = SavedExecutions();
    EXPECT_GT(before, 0U);
    const Output rest = Heddle(command);
    EXPECT_EQ(rest.status, 0) << rest.err;
    EXPECT_EQ(Listed(), whole) << workers << " workers, killed " << kills << " times";
    EXPECT_EQ(SavedExecutions(), whole.size());
  }
}

// At any moment: while it starts, reads, searches or saves.
TEST_F(CliCheckpoint, FiftyKillsChangeNoCount) {
  const auto counts = [](const nlohmann::json& checks) {
    std::vector<std::uint64_t> all;
    for (const auto& check : checks) all.push_back(check.at("executions").get<std::uint64_t>());
    return all;
  };
  const auto whole = counts(nlohmann::json::parse(Heddle(kCheck + "--json -").out));
  const std::string command =
      kCheck + "--json " + list_ + " --checkpoint " + file_ + " --checkpoint-every 2ms";
  const auto expect_whole = [&] {
    EXPECT_EQ(Heddle(command).status, 0);
    EXPECT_EQ(counts(nlohmann::json::parse(ReadFile(list_))), whole);
    std::filesystem::remove(file_);
  };
  std::mt19937 random(1);
  for (int kills = 0; kills < 50;) {
    const pid_t child = fork();
    if (child == 0) {
      execl("/bin/sh", "sh", "-c", ("exec " HEDDLE_BINARY " " + command).c_str(), nullptr);
      _exit(127);
    }
    usleep(static_cast<useconds_t>(2'000 + random() % 50'000));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    if (WIFSIGNALED(status)) {
      ++kills;
    } else {
      expect_whole();  // and again, for the other kills
    }
  }
  expect_whole();
}

TEST_F(CliCheckpoint, DoneIsNotRunAgain) {
  const std::string command = "check MP --json - --checkpoint " + file_;
  const Output first = Heddle(command), again = Heddle(command);
  EXPECT_EQ(first.status, 0);
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(again.out, first.out) << "with the same seconds, so nothing ran";
  EXPECT_THAT(Heddle("check MP --checkpoint " + file_).out, HasSubstr("nothing was run"));
  const nlohmann::json file = Saved();
  for (const auto& check : file.at("checks")) EXPECT_EQ(check.at("state"), "done");
}

TEST_F(CliCheckpoint, BudgetsLeaveTheRestForLater) {
  const std::string command = kCheck + "--model rc11 --checkpoint " + file_;
  EXPECT_EQ(Heddle(command + " --max-executions 1000").status, 4);
  EXPECT_EQ(Saved().at("checks").at(0).at("state"), "begun");
  const auto rest = nlohmann::json::parse(Heddle(command + " --json -").out);
  const auto whole = nlohmann::json::parse(Heddle(kCheck + "--model rc11 --json -").out);
  EXPECT_EQ(rest.at(0).at("executions"), whole.at(0).at("executions"));
  EXPECT_EQ(rest.at(0).at("outcomes"), whole.at(0).at("outcomes"));
}

TEST_F(CliCheckpoint, OfAnotherCommandIsRefused) {
  ASSERT_EQ(Heddle("check MP --model sc --checkpoint " + file_).status, 0);
  ExpectMisuse("check SB --model sc --checkpoint " + file_, "SB@sc+kernel");
  ExpectMisuse("check MP --model tso --checkpoint " + file_, "MP@tso+kernel");
  ExpectMisuse("check MP --model all --checkpoint " + file_, "MP@tso+kernel");
  ExpectMisuse("check MP --model sc --no-mutants --checkpoint " + file_, "no more checks");
  ExpectMisuse("check MP --model sc --shard 1/2 --checkpoint " + file_, "shard 1/2");
  ExpectMisuse("check MP --model sc --spin-rounds 1 --checkpoint " + file_, "1 spin rounds");
  ExpectMisuse("check MP --model sc --list-executions " + list_ + " --checkpoint " + file_,
               "without --list-executions");
}

TEST_F(CliCheckpoint, MalformedIsRefused) {
  const std::string command = kCheck + "--model rc11 --checkpoint " + file_;
  ASSERT_EQ(Heddle(command + " --max-executions 1000").status, 4);
  const nlohmann::json good = Saved();
  const auto expect_refused = [&](const char* pointer, const nlohmann::json& value) {
    nlohmann::json bad = good;
    bad[nlohmann::json::json_pointer(pointer)] = value;
    Write(bad.dump());
    ExpectRefused(command);
  };
  expect_refused("/format", "something");
  expect_refused("/version", 3);
  expect_refused("/heddle", "0.0.1");
  expect_refused("/build", "0");
  expect_refused("/checks", 7);
  expect_refused("/checks/0/executions", -1);
  expect_refused("/checks/0/executions", "many");
  expect_refused("/checks/0/state", "done");
  expect_refused("/checks/0/seconds", -1);
  expect_refused("/checks/0/tasks", "none");
  expect_refused("/checks/0/tasks/0/floor", 1000);
  expect_refused("/checks/0/tasks/0/path", {1, -2});
  expect_refused("/checks/0/tasks/0/path", {1, 1'000'000, 1});
  expect_refused("/checks/0/tasks/0/floor", -1);
  expect_refused("/checks/0/outcomes", 1);
  expect_refused("/checks/0/outcomes/0", 1);
  expect_refused("/checks/0/outcomes/0/values/0", 1.5);
  expect_refused("/checks/0/outcomes/0/values/0", UINT64_MAX);
  expect_refused("/checks/0/violation", 1);
  expect_refused("/checks/0/phase_seconds", {1, 2});
  expect_refused("/checks/0/check/symmetry", "no");
  expect_refused("/checks/0/check/spin_rounds", "no");
  expect_refused("/checks/0/check/scenario", 1);
  expect_refused("/listed", "all");
  for (const char* text : {"", "{", "[]", "{}", "null", "1e999", "\xff", "notes of mine"}) {
    Write(text);
    ExpectRefused(command);
  }
  Write(good.dump());
  EXPECT_EQ(Heddle(command).status, 0);
}

TEST_F(CliCheckpoint, MembersThatAreMissingAreNamed) {
  const std::string command = kCheck + "--model rc11 --checkpoint " + file_;
  ASSERT_EQ(Heddle(command + " --max-executions 1000").status, 4);
  const nlohmann::json good = Saved();
  for (const char* object : {"", "/checks/0", "/checks/0/check", "/checks/0/phase_seconds",
                             "/checks/0/tasks/0", "/checks/0/outcomes/0"}) {
    const nlohmann::json::json_pointer pointer(object);
    for (const auto& member : good.at(pointer).items()) {
      nlohmann::json bad = good;
      bad.at(pointer).erase(member.key());
      Write(bad.dump());
      ExpectRefused(command, "it is malformed: '" + member.key() + "' is missing; remove it");
    }
  }
  Write("{\"format\": ");
  ExpectRefused(command, "it is not JSON, or not all of it; remove it to start again");
}

TEST_F(CliCheckpoint, TheListMustBeThere) {
  const std::string command =
      kCheck + "--model rc11 --list-executions " + list_ + " --checkpoint " + file_;
  ASSERT_EQ(Heddle(command + " --max-executions 1000").status, 4);
  const std::string list = ReadFile(list_);
  for (const std::string& other : {list.substr(0, list.size() / 2), std::string(1 << 20, 'x')}) {
    std::ofstream(list_) << other;
    ExpectMisuse(command, "'" + list_ + "' should have a line that ends at byte");
    EXPECT_EQ(ReadFile(list_), other) << "nothing of it was taken away";
  }
  std::filesystem::remove(list_);
  ExpectMisuse(command, "'" + list_ + "'");
}

TEST_F(CliCheckpoint, MisuseNamesTheInput) {
  ExpectMisuse("check MP --checkpoint /nonexistent/file", "'/nonexistent/file'");
  ExpectMisuse("check MP --checkpoint " + folder_, "'" + folder_ + "'");
  ExpectMisuse("check MP --checkpoint -", "'-' would be standard output");
  EXPECT_FALSE(std::filesystem::exists("-"));
  // One has no end, one cannot be written and one waits for a writer.
  ASSERT_EQ(mkfifo(list_.c_str(), 0600), 0);
  for (const std::string& device : {std::string("/dev/zero"), std::string("/dev/full"), list_})
    ExpectMisuse("check MP --checkpoint " + device, "'" + device + "': it is not a regular file");
  ExpectMisuse("check MP --checkpoint-every 5s", "'5s'");
  ExpectMisuse("check MP --checkpoint-every 0s --checkpoint " + file_, "'0s'");
  ExpectMisuse("check MP --checkpoint-every soon --checkpoint " + file_, "'soon'");
}

// A bit that is wrong: what main makes of it, without a process each.
TEST_F(CliCheckpoint, DamagedFilesAreToldOrGoneOnWith) {
  cli::CheckArguments arguments;
  arguments.glob = "MP";
  arguments.model = "rc11";
  arguments.mutants = false;
  arguments.checkpoint_file = file_;
  std::string message;
  const auto status = [&] {
    testing::internal::CaptureStdout();
    int result = cli::kMisuse;
    message.clear();
    try {
      result = cli::Check(arguments);
    } catch (const std::invalid_argument& e) {
      message = e.what();
    }
    cli::FlushOutput();
    message += testing::internal::GetCapturedStdout();
    return result;
  };
  arguments.max_executions = 1;
  ASSERT_EQ(status(), cli::kInconclusive);
  arguments.max_executions = 0;
  const std::string whole = ReadFile(file_);
  for (std::size_t bit = 0; bit < 8 * whole.size(); bit += 7) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    Write(damaged);
    EXPECT_THAT(status(), testing::AnyOf(cli::kHolds, cli::kViolation, cli::kMisuse)) << damaged;
    EXPECT_NE(message, "");
  }
}

}  // namespace
}  // namespace heddle
