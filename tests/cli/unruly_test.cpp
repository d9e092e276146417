// What if code under test does to its process what it can?
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

Output Unruly(const std::string& arguments) {
  return Shell(std::string(HEDDLE_UNRULY_CHECK) + " " + arguments);
}

TEST(CliUnruly, ANativeRunSurvivesASearchThatExits) {
  const Output o = Unruly("stress exits --duration 300ms --seed 1");
  EXPECT_THAT(o.status, AnyOf(0, 4)) << o.err;  // 4: one CPU, or a busy machine
  EXPECT_THAT(o.out, HasSubstr("exits: "));
  EXPECT_THAT(o.err, AllOf(HasSubstr("exits under "), HasSubstr("called exit()"),
                           HasSubstr("what the model allows of exits is not known")));
}

TEST(CliUnruly, ANativeRunSurvivesASearchThatTakesAllMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers reserve more memory than any limit allows";
#endif
  const Output o = Unruly("stress allocates --duration 300ms --seed 1");
  EXPECT_THAT(o.status, AnyOf(0, 4)) << o.err;
  EXPECT_THAT(o.out, HasSubstr("allocates: "));
  EXPECT_THAT(o.err, HasSubstr("what the model allows of allocates is not known"));
}

// The status 3 is not Heddle's own.
TEST(CliUnruly, AStatusIsAFailureOfTheScenarioOnly) {
  const Output o = Unruly("stress ends_with_three --duration 300ms --seed 1");
  EXPECT_EQ(o.status, 1) << o.err;
  EXPECT_THAT(o.out, HasSubstr("failure of ends_with_three"));
  EXPECT_THAT(o.out, HasSubstr("ended the process with status 3"));
}

TEST(CliUnruly, WhatIsThrownNeedNotBeUtf8) {
  const std::string folder = testing::TempDir() + "heddle_unruly_" + std::to_string(getpid()),
                    rest = " --reproducers " + folder + " --junit " + folder + "/junit.xml";
  std::filesystem::create_directories(folder);
  for (const std::string& command :
       {"check throws_bytes --model sc --html " + folder + "/check.html" + rest,
        "stress throws_bytes --duration 200ms --seed 1 --db " + folder + "/results.sqlite" +
            rest}) {
    const Output o = Unruly(command + " --json -");
    EXPECT_EQ(o.status, 1) << command << o.err;
    EXPECT_THAT(o.out, HasSubstr("not UTF-8: \uFFFD")) << command;
    EXPECT_THAT(ReadFile(folder + "/junit.xml"), HasSubstr("not UTF-8: \uFFFD"));
  }
  int reproducers = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder))
    if (file.path().extension() == ".json") {
      ++reproducers;
      EXPECT_THAT(ReadFile(file.path()), HasSubstr("not UTF-8: \uFFFD")) << file.path();
    }
  EXPECT_EQ(reproducers, 2);
  EXPECT_EQ(Unruly("report " + folder + "/results.sqlite").status, 1);
  std::filesystem::remove_all(folder);
}

class CliUnrulySearch : public testing::TestWithParam<const char*> {};
TEST_P(CliUnrulySearch, EndsWithTheFirstSignal) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const pid_t run = fork();
    if (run == 0) {
      execl(HEDDLE_UNRULY_CHECK, HEDDLE_UNRULY_CHECK, "stress", GetParam(), "--json", "/dev/null",
            nullptr);
      _exit(127);
    }
    std::this_thread::sleep_for(1s);
    const auto begin = std::chrono::steady_clock::now();
    kill(run, signal);
    int status = 0;
    waitpid(run, &status, 0);
    // Or it had not come to its handlers yet, on a busy machine.
    EXPECT_TRUE(WIFEXITED(status) || (WIFSIGNALED(status) && WTERMSIG(status) == signal));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s) << "the search ends after 30 s";
  }
}
INSTANTIATE_TEST_SUITE_P(Ways, CliUnrulySearch, testing::Values("sleeps", "masks"),
                         [](const auto& way) { return std::string(way.param); });

TEST(CliUnruly, ACheckOfCodeThatExitsIsAFailure) {
  for (const char* workers : {"", " --workers 2"}) {
    const Output o = Unruly(std::string("check exits --model sc") + workers);
    EXPECT_THAT(o.status, AnyOf(1, 3)) << o.out << o.err;  // 3: a worker ended
    EXPECT_THAT(o.err, HasSubstr("exits under sc called exit()"));
  }
}

}  // namespace
}  // namespace heddle
