// Runs the heddle executable, whose path is HEDDLE_BINARY, as a shell does.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace heddle {

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Output {
  int status = -1;
  std::string out, err;
};

inline Output Shell(const std::string& command) {
  const std::string errors = testing::TempDir() + "heddle_cli_" + std::to_string(getpid());
  Output result;
  FILE* const pipe = popen((command + " 2>" + errors).c_str(), "r");
  if (pipe == nullptr) return result;
  char buffer[4096];
  for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    result.out.append(buffer, n);
  const int status = pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.err = ReadFile(errors);
  std::remove(errors.c_str());
  return result;
}

// `arguments` as a shell takes them.
inline Output Heddle(const std::string& arguments) {
  return Shell(std::string(HEDDLE_BINARY) + " " + arguments);
}

// Misuse: exit 2, nothing on stdout, and one line on stderr that names what was wrong.
inline void ExpectMisuse(const std::string& arguments, const std::string& named) {
  const Output o = Heddle(arguments);
  EXPECT_EQ(o.status, 2) << arguments;
  EXPECT_EQ(o.out, "") << arguments;
  EXPECT_THAT(o.err, testing::AllOf(testing::StartsWith("heddle: "), testing::HasSubstr(named)))
      << arguments;
  EXPECT_EQ(std::count(o.err.begin(), o.err.end(), '\n'), 1) << o.err;
  EXPECT_TRUE(!o.err.empty() && o.err.back() == '\n') << o.err;
}

}  // namespace heddle
