// How does a test compare a long text with the one that somebody has looked at?
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace heddle {

/// `text` must be that of tests/golden/`name`.  With HEDDLE_UPDATE_GOLDEN set in the environment
/// the file is written instead: look at the difference before committing it.
inline void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = std::string(HEDDLE_SOURCE_DIR "/tests/golden/") + name;
  if (std::getenv("HEDDLE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(text, expected.str()) << "differs from " << path
                                  << "; if that is right, run with HEDDLE_UPDATE_GOLDEN=1";
}

}  // namespace heddle
