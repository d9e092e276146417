// Is output that cannot be written, or that would be written over other output, an error?
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using testing::AnyOf;

const std::vector<std::string> kPrinting = {"--help",
                                            "list",
                                            "list --json",
                                            "check MP",
                                            "check MP --json -",
                                            "check MP/relaxed-publication --dot -",
                                            "check MP --list-executions -",
                                            "check MP --model sc --random 5",
                                            "check MP --model sc --workers 2",
                                            "replay 'MP@rc11+kernel:1:#2.i#1.:'",
                                            "replay 'MP@rc11+kernel:1:#2.i#1.:' --json -",
                                            "stress MP --duration 50ms"};

TEST(CliOutput, ThatCannotBeWrittenIsMisuse) {
  for (const std::string& command : kPrinting) {
    ExpectMisuse(command + " >/dev/full",
                 "cannot write to standard output: No space left on device; redirect it");
    ExpectMisuse(command + " >&-", "cannot write to standard output: Bad file descriptor");
  }
  ExpectMisuse("check MP --json /dev/full >/dev/null", "cannot write '/dev/full': No space left");
  ExpectMisuse("check MP --list-executions /dev/full >/dev/null", "'/dev/full': No space left");
}

// As if the descriptor of a program that has ended were number 9 of the shell.
class CliClosedPipe : public testing::Test {
 protected:
  CliClosedPipe() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    EXPECT_EQ(dup2(ends[1], 9), 9);
    close(ends[0]);
    close(ends[1]);
  }
  ~CliClosedPipe() override {
    close(9);
    signal(SIGPIPE, SIG_DFL);
  }
};

TEST_F(CliClosedPipe, EndsTheProgramQuietly) {
  for (const std::string& command : kPrinting) {
    signal(SIGPIPE, SIG_DFL);
    const Output killed = Heddle(command + " >&9");
    EXPECT_THAT(killed.status, AnyOf(-1, 128 + SIGPIPE)) << "as other programs: " << command;
    EXPECT_EQ(killed.err, "") << command;
    signal(SIGPIPE, SIG_IGN);  // heddle inherits that
    const Output refused = Heddle(command + " >&9");
    EXPECT_EQ(refused.status, 2) << command;
    EXPECT_EQ(refused.err, "") << command;
  }
}

TEST(CliOutput, ProgressThatNobodyTakesEndsNoSearch) {
  EXPECT_EQ(Heddle("check MP --progress json 2>/dev/full; exit $?").status, 0);
  EXPECT_EQ(Heddle("check MP --model sc --json - --random 5 2>/dev/full; exit $?").status, 4);
}

class CliOutputFiles : public testing::Test {
 protected:
  CliOutputFiles() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }
  ~CliOutputFiles() override { std::filesystem::remove_all(folder_); }

  const std::string folder_ = testing::TempDir() + "heddle_output_" + std::to_string(getpid());
  const std::string file_ = folder_ + "/file";
  const std::string misspelled_ =
      folder_ + "/./../" + folder_.substr(folder_.rfind('/') + 1) + "/file";
};

// With standard output closed, its number is that of the next file.
TEST_F(CliOutputFiles, DoNotTakeThePlaceOfStandardOutput) {
  EXPECT_EQ(Heddle("check MP --json " + file_ + " >&-").status, 2);
  EXPECT_EQ(ReadFile(file_), "");
}

TEST_F(CliOutputFiles, AreDifferentHoweverTheyAreSpelled) {
  const std::string same = "cannot both write to '";
  ExpectMisuse("check MP --list-executions " + file_ + " --json " + misspelled_, same);
  ExpectMisuse("check MP --checkpoint " + misspelled_ + " --dot " + file_, same);
  ExpectMisuse("check MP --checkpoint " + file_ + " --dot " + misspelled_ + ".tmp", same);
  ExpectMisuse("replay 'MP@rc11+kernel:1:#2.i#1.:' --dot " + file_ + " --json " + misspelled_,
               same);
  EXPECT_FALSE(std::filesystem::exists(file_)) << "refused before anything was written";

  // Links: to what is not there yet, and a second name of what is.
  std::filesystem::create_symlink("file", folder_ + "/link");
  ExpectMisuse("check MP --json " + file_ + " --dot " + folder_ + "/link", same);
  std::ofstream(file_) << "kept";
  std::filesystem::create_hard_link(file_, folder_ + "/name");
  ExpectMisuse("check MP --json " + file_ + " --dot " + folder_ + "/name", same);
  EXPECT_EQ(ReadFile(file_), "kept");
}

TEST_F(CliOutputFiles, AreNotWhereTextGoes) {
  const std::string same = "standard output cannot both write to '" + file_ + "'";
  ExpectMisuse("check MP --json " + file_ + " >>" + file_, same);
  ExpectMisuse("check MP --checkpoint " + file_ + " >>" + file_, same);
  ExpectMisuse("stress MP --json " + file_ + " >>" + file_, same);
  ExpectMisuse("check MP --json /dev/stdout", "cannot both write to '/dev/stdout'");
  EXPECT_EQ(ReadFile(file_), "");
  EXPECT_EQ(Heddle("check MP --model sc --json - >" + file_).status, 0) << "no text is printed";
}

TEST_F(CliOutputFiles, KeepWhatTheyHoldUntilThereAreResults) {
  std::ofstream(file_) << std::string(10'000, 'x');
  EXPECT_EQ(Heddle("replay nonsense --json " + file_).status, 2);
  EXPECT_EQ(Heddle("check MP --json " + file_ + " --dot /no/such/folder/x").status, 2);
  EXPECT_EQ(ReadFile(file_), std::string(10'000, 'x'));
  EXPECT_EQ(Heddle("check MP --no-mutants --json " + file_).status, 0);
  EXPECT_EQ(ReadFile(file_).find("xxxx"), std::string::npos) << "the rest of what was there";
}

TEST_F(CliOutputFiles, MayAllBeTheNullDevice) {
  const Output o = Heddle("check MP --json /dev/null --dot /dev/null --list-executions /dev/null");
  EXPECT_EQ(o.status, 0) << o.err;
}

}  // namespace
}  // namespace heddle
