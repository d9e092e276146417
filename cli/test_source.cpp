#include "cli/test_source.h"

#include <fmt/core.h>

#include <cctype>
#include <sstream>

#include "cli/fingerprint.h"

namespace heddle::cli {
namespace {

// Two tests of one program must not have the same name, whatever files they are in.
std::string TestName(const std::string& token) {
  std::string name;
  for (const char c : token.substr(0, token.find(':'))) {
    const bool keeps = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (keeps || (!name.empty() && name.back() != '_')) name += keeps ? c : '_';
  }
  return name + "_" + Fingerprint(token);
}

std::string Comment(const std::string& story) {
  std::string comment;
  std::istringstream lines(story);
  for (std::string line; std::getline(lines, line);) {
    comment += line.empty() ? "//" : "// " + line;
    if (line.ends_with('\\')) comment += '.';  // or the next line would belong to it
    comment += '\n';
  }
  return comment;
}

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::string TestSource(const std::string& token, const std::string& story) {
  return fmt::format(R"({}//
// Written by heddle replay --emit-test.  Link it with the targets heddle_check, heddle_catalog (or
// whatever registers the scenario) and GTest::gtest_main.
#include <gtest/gtest.h>

#include "runtime/check/regression.h"

TEST(Regression, {}) {{
  // If the code has changed so much that this execution cannot be replayed, this checks them all.
  const std::string why = heddle::WhyNotFixed(
      {});
  EXPECT_TRUE(why.empty()) << why;
}})",
                     Comment(story), TestName(token), Quoted(token));
}

}  // namespace heddle::cli
