// Does what we tell people to put into their CI work: is it YAML, and does every command run?
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

namespace fs = std::filesystem;

const fs::path kRing = fs::path(HEDDLE_SOURCE_DIR) / "examples/ring";

// The lines that run the program, as a shell gets them, but shorter.
std::vector<std::string> Commands(const fs::path& yaml) {
  std::vector<std::string> commands;
  std::istringstream lines(ReadFile(yaml));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find("build/ring_check ");
    if (begin == std::string::npos) continue;
    std::string command = line.substr(begin);
    command = std::regex_replace(command, std::regex(R"(\$\{\{ matrix\.shard \}\})"), "1");
    command = std::regex_replace(command, std::regex("--duration [^ ]+"), "--duration 500ms");
    EXPECT_EQ(command.find("${{"), std::string::npos) << command;
    commands.push_back(command);
  }
  return commands;
}

class CliCi : public testing::TestWithParam<const char*> {
 protected:
  const fs::path yaml_ = kRing / "ci" / GetParam();
};

TEST_P(CliCi, IsYaml) {
  if (Shell("python3 -c 'import yaml'").status != 0)
    GTEST_SKIP() << "python3 has no module yaml (package python3-yaml)";
  const Output o =
      Shell("python3 -c 'import sys, yaml; print(*yaml.safe_load(open(sys.argv[1])))' '" +
            yaml_.string() + "'");
  EXPECT_EQ(o.status, 0) << o.err;
  EXPECT_THAT(o.out,
              testing::AnyOf(testing::HasSubstr("jobs"), testing::HasSubstr("check stress")));
}

TEST_P(CliCi, CommandsRunAndWriteWhatIsKept) {
  std::string name = (fs::path(testing::TempDir()) / "heddle_ci_XXXXXX").string();
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  fs::create_directory(fs::path(name) / "build");
  fs::create_symlink(HEDDLE_RING_CHECK, fs::path(name) / "build/ring_check");
  const auto commands = Commands(yaml_);
  EXPECT_EQ(commands.size(), 3u);  // check, stress, report
  for (const std::string& command : commands) {
    const Output o =
        Shell("cd '" + name + "' && export CI_NODE_INDEX=1 CI_NODE_TOTAL=4 && " + command);
    // A busy machine makes a native run inconclusive.
    const bool native = command.find(" stress ") != std::string::npos;
    EXPECT_TRUE(o.status == 0 || (native && o.status == 4)) << command << "\n" << o.out << o.err;
  }
  for (const char* kept : {"check.xml", "check.html", "stress.xml", "stress.db", "stress.txt"}) {
    EXPECT_THAT(ReadFile(yaml_), testing::HasSubstr(kept));
    EXPECT_GT(ReadFile(fs::path(name) / kept).size(), 0u) << kept;
  }
  fs::remove_all(name);
}

// What `./x libraries` installs in a container that has nothing brings ninja, and no make.
TEST_P(CliCi, ConfiguresForNinja) {
  const std::string yaml = ReadFile(yaml_);
  EXPECT_THAT(yaml, testing::HasSubstr("cmake -S . -B build -G Ninja "));
  EXPECT_THAT(ReadFile(fs::path(HEDDLE_SOURCE_DIR) / "x"), testing::HasSubstr(" ninja-build "));
}

TEST(CliRing, ACheckOfAQueueTakesLessThanThirtyLines) {
  std::istringstream lines(ReadFile(kRing / "scenarios.cpp"));
  int code = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t text = line.find_first_not_of(' ');
    if (text != std::string::npos && line.compare(text, 2, "//") != 0) ++code;
  }
  EXPECT_LT(code, 30);
}

INSTANTIATE_TEST_SUITE_P(Cli, CliCi, testing::Values("github.yml", "gitlab.yml"),
                         [](const auto& tested) {
                           const std::string file = tested.param;
                           return file.substr(0, file.find('.'));
                         });

}  // namespace
}  // namespace heddle
