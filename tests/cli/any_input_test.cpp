// Do damaged tokens, reproducers and checkpoints end in a message?  See also ./x fuzz.
#include "tests/support/any_input.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/effort.h"
#include "tests/support/heddle_command.h"

namespace heddle {
namespace {

class Corpus : public testing::Test {
 protected:
  // What the fuzzer starts from, and what it has found.
  static std::vector<std::string> Texts() {
    std::vector<std::string> texts;
    for (const auto& entry :
         std::filesystem::directory_iterator(HEDDLE_SOURCE_DIR "/tests/fuzz/corpus"))
      texts.push_back(ReadFile(entry.path()));
    EXPECT_GE(texts.size(), 5U);
    return texts;
  }
};

TEST_F(Corpus, HasSomeOfEachKindThatIsTaken) {
  int taken = 0;
  for (const std::string& text : Texts()) taken += TakeAnyInput(text);
  EXPECT_GE(taken, 5);
}

TEST_F(Corpus, CutAtEveryByte) {
  for (const std::string& text : Texts()) {
    const int most = text.starts_with('{') ? 0 : 1;  // what is cut is no JSON
    for (std::size_t size = 0; size < text.size(); ++size)
      EXPECT_LE(TakeAnyInput(text.substr(0, size)), most) << text.substr(0, size);
  }
}

TEST_F(Corpus, EveryBitFlipped) {
  const int step = IsFullEffort() ? 1 : 7;
  for (const std::string& text : Texts()) {
    for (std::size_t bit = 0; bit < 8 * text.size(); bit += static_cast<std::size_t>(step)) {
      std::string damaged = text;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
      (void)TakeAnyInput(damaged);
    }
  }
}

}  // namespace
}  // namespace heddle
