// Does every failure become a file that replays it, and is a file that does not refused?
#include "cli/reproducer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/reproducer_folder.h"
#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kFails = "MP/relaxed-publication@rc11+kernel:1:#2.a1a0#2.:";

class CliReproducer : public testing::Test {
 protected:
  CliReproducer() { std::filesystem::create_directories(folder_); }
  ~CliReproducer() override { std::filesystem::remove_all(folder_); }

  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(made_))
      files.push_back(entry.path());
    return files;
  }
  // The one that a check of a mutant writes.
  json Recorded() const {
    EXPECT_EQ(Heddle("check MP/relaxed-publication --model rc11 --reproducers " + made_).status, 0);
    const auto files = Files();
    return files.size() == 1 ? json::parse(ReadFile(files[0])) : json();
  }
  std::string Write(const std::string& text) const {
    std::ofstream(file_) << text;
    return file_;
  }
  std::string Write(const json& file) const { return Write(file.dump()); }
  void ExpectRefused(const std::string& text, const std::string& why) const {
    const std::string command = "replay " + Write(text);
    ExpectMisuse(command, "cannot replay '" + file_ + "': ");
    EXPECT_THAT(Heddle(command).err, AllOf(HasSubstr(why), Not(HasSubstr("json.exception"))));
  }

  const std::string folder_ = testing::TempDir() + "heddle_reproducer_" + std::to_string(getpid());
  const std::string made_ = folder_ + "/made/here", file_ = folder_ + "/file.json";
};

TEST_F(CliReproducer, IsWrittenForWhatIsReported) {
  const Output quiet = Heddle("check MP --reproducers " + made_);
  EXPECT_EQ(quiet.status, 0) << quiet.err;
  EXPECT_TRUE(Files().empty()) << "mutants that fail as they must";
  const Output o = Heddle("check MP --reports --json " + file_ + " --reproducers " + made_);
  EXPECT_EQ(o.status, 0) << o.err;
  const auto files = Files();
  ASSERT_EQ(files.size(), 2U);
  const std::string results = ReadFile(file_);
  for (const std::string& file : files) {
    EXPECT_THAT(o.out, HasSubstr("\n  reproducer: heddle replay '" + file + "'\n"));
    EXPECT_THAT(results, HasSubstr("\"reproducer\": \"" + file + "\""));
    const Output again = Heddle("replay '" + file + "'");
    EXPECT_EQ(again.status, 1);
    EXPECT_EQ(again.err, "");
    EXPECT_THAT(again.out, HasSubstr("the same failure as '" + file + "' records"));
  }
}

TEST_F(CliReproducer, HoldsWhatIsNeededToReplayAndToRead) {
  const json file = Recorded();
  EXPECT_EQ(file.at("format"), "heddle-reproducer");
  EXPECT_EQ(file.at("version"), 1);
  EXPECT_EQ(file.at("kind"), "model");
  EXPECT_EQ(file.at("scenario"), "MP");
  EXPECT_EQ(file.at("mutant"), "relaxed-publication");
  EXPECT_EQ(file.at("model"), "rc11");
  EXPECT_EQ(file.at("traps"), "kernel");
  EXPECT_EQ(file.at("error"), "data race");
  EXPECT_EQ(file.at("token"), kFails);
  EXPECT_EQ(file.at("environment").at("heddle"), HEDDLE_VERSION);
  const json graph = json::parse(Heddle("replay '" + kFails + "' --json -").out).at("graph");
  EXPECT_EQ(file.at("graph"), graph);
  EXPECT_EQ(file, Recorded()) << "the same each time";
}

TEST_F(CliReproducer, ReplaySaysWhatBecameOfIt) {
  const json recorded = Recorded();
  const auto replay = [&](const json& file) {
    return json::parse(Heddle("replay " + Write(file) + " --json -").out);
  };
  EXPECT_EQ(replay(recorded).at("failure"), "same");

  json another = recorded;
  another["message"] = "something\nelse";
  EXPECT_EQ(replay(another).at("failure"), "another");
  Output o = Heddle("replay " + file_);
  EXPECT_EQ(o.status, 1);
  EXPECT_THAT(o.out, HasSubstr(R"(another failure than ')" + file_ +
                               R"(' records, which is "data race: something\nelse")"));

  json gone = recorded;
  gone["mutant"] = nullptr;
  gone["token"] = "MP@rc11+kernel:1:#2.a1a0#2.:";
  EXPECT_EQ(replay(gone).at("failure"), "gone");
  o = Heddle("replay " + file_);
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_THAT(o.out, AllOf(HasSubstr("this execution holds"), HasSubstr("holds now: the bug")));

  json forbidden = gone;
  forbidden["scenario"] = "SB";
  forbidden["model"] = "sc";
  forbidden["token"] = "SB@sc+kernel:1:i#2.i#2.:";
  EXPECT_EQ(replay(forbidden).at("failure"), "gone");
  o = Heddle("replay " + file_ + " --dot " + folder_ + "/picture");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_THAT(o.out, HasSubstr("the model no longer allows this execution\nholds now"));

  json longer = recorded;
  longer["new"] = {{"member", 1}};
  longer.erase("graph");
  longer.erase("environment");
  EXPECT_EQ(replay(longer).at("failure"), "same") << "who does not know a member ignores it";
}

TEST_F(CliReproducer, WhatCannotBeReplayedIsRefused) {
  json file = Recorded();
  const auto changed = [&](const char* member, const json& value) {
    json other = file;
    other[member] = value;
    return other.dump();
  };
  ExpectRefused("", "not JSON");
  ExpectRefused("not JSON", "not JSON");
  ExpectRefused(file.dump().substr(0, 200), "not JSON, or not all of it");
  ExpectRefused("[1]", "'format'");
  ExpectRefused(changed("format", "heddle-graph"), "its format is not 'heddle-reproducer'");
  ExpectRefused(changed("version", 2), "version 2, and this Heddle knows version 1");
  ExpectRefused(changed("kind", "quantum"), "no failures of kind 'quantum'");
  ExpectRefused(changed("message", 5), "'message' must be text");
  ExpectRefused(changed("spin_rounds", "many"), "'spin_rounds'");
  ExpectRefused(changed("model", "sc"), "not of the check that it names");
  ExpectRefused(changed("token", "MP/gone@rc11+kernel:1:#2.a1a0#2.:"), "no scenario 'MP/gone'");
  ExpectRefused(changed("token", kFails + "z"), "name a file as heddle check");
  ExpectRefused(changed("token", "MP/relaxed-publication@rc11+kernel:1:#1.i#1.:"),
                "look again: heddle check 'MP/relaxed-publication' --model rc11 --traps kernel");
  file.erase("token");
  ExpectRefused(file.dump(), "'token' is missing");
}

TEST_F(CliReproducer, FilesThatAreNoneAreRefused) {
  ExpectMisuse("replay nowhere.json", "there is no file 'nowhere.json'");
  ExpectMisuse("replay " + folder_, "'" + folder_ +
                                        "': it is not a regular file; name a file that "
                                        "--reproducers wrote");
  std::filesystem::remove(file_);
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  ExpectMisuse("replay " + file_, "'" + file_ + "': it is not a regular file");
  std::filesystem::remove(file_);
  std::ofstream(file_).put('{');
  std::filesystem::resize_file(file_, std::uintmax_t{100} << 30);  // sparse
  ExpectMisuse("replay " + file_, "cannot read '" + file_ + "': it has 107374182400 bytes");
  Write(json{{"format", "heddle-reproducer"}});
  ExpectMisuse("replay " + file_ + " --json " + file_, "'" + file_ + "'");
}

TEST_F(CliReproducer, FoldersThatCannotBeWrittenToAreRefused) {
  ExpectMisuse("check MP --reproducers ''", "not a directory");
  ExpectMisuse("check MP --reproducers -", "standard output");
  ExpectMisuse("check MP --reproducers " + Write(std::string("file")),
               "'" + file_ + "': Not a directory");
  ExpectMisuse("check MP --reproducers " + file_ + "/below", "'" + file_ + "/below'");
  ExpectMisuse("check MP --reproducers /proc/heddle", "'/proc/heddle'");
}

// The report is printed all the same.
TEST_F(CliReproducer, FilesThatCannotBeWrittenAreSaid) {
  Recorded();
  const std::string file = Files().at(0);
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  const Output o = Heddle("check MP/relaxed-publication --model rc11 --reproducers " + made_);
  EXPECT_EQ(o.status, 2);
  EXPECT_THAT(o.out, HasSubstr("data race on 'payload'"));
  EXPECT_THAT(o.err, HasSubstr("cannot write the reproducer '" + file + "': Is a directory"));
}

TEST(SafeName, IsSafeAndOfOneFailureAlone) {
  const std::string name = cli::SafeName("SB+fences/a mutant@rc11+kernel", "token");
  EXPECT_THAT(name, testing::StartsWith("SB.fences.a.mutant.rc11.kernel."));
  std::set<std::string> names;
  for (const char* subject : {"MP", "mp", "M/P", "M P"}) {
    for (const char* token : {"1:#1.:", "1:#2.:"}) {
      std::string lower = cli::SafeName(subject, std::string(subject) + token);
      for (char& c : lower) c = static_cast<char>(std::tolower(c));
      EXPECT_TRUE(names.insert(lower).second) << lower;
    }
  }
  EXPECT_LE(cli::SafeName(std::string(1000, 'a'), "").size(), 150U);
}

// What main makes of it, without a process.
int StatusOfReplay(const std::string& file) {
  cli::ReplayArguments arguments;
  arguments.token = file;
  testing::internal::CaptureStdout();
  int status = 2;
  std::string message;
  try {
    status = cli::Replay(arguments);
  } catch (const std::invalid_argument& e) {
    message = e.what();
  }
  cli::FlushOutput();
  message += testing::internal::GetCapturedStdout();
  EXPECT_NE(message, "");
  return status;
}

TEST_F(CliReproducer, DamagedFilesAreToldOrStillTheSame) {
  json file = Recorded();
  file.erase("graph");
  file.erase("environment");
  const std::string whole = file.dump();
  ASSERT_EQ(StatusOfReplay(Write(whole)), 1);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(StatusOfReplay(Write(whole.substr(0, size))), 2) << "cut after " << size << " bytes";
  std::set<int> statuses;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    statuses.insert(StatusOfReplay(Write(damaged)));
  }
  EXPECT_THAT(statuses, testing::IsSubsetOf({0, 1, 2}));
}

}  // namespace
}  // namespace heddle
