// Do tso and rc11 give the published litmus tests their published verdicts?
//
// The tests are files in litmus7's formats, x86 assembly and C, next to a table with the verdict
// and the number of final states that the reference model has.  They are not part of this
// repository: HEDDLE_LITMUS_DIR names the directory that holds `verdicts` and `litmus`; without it
// the tests are skipped.  What the readers in tests/support do not understand is listed below.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "model/brute_force_explorer.h"
#include "model/explorer.h"
#include "tests/support/litmus_condition.h"

namespace heddle::model {
namespace {

struct Judgement {
  std::string verdict;  // of the condition: Always, Sometimes, Never
  std::size_t states = 0;
  bool operator==(const Judgement&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Judgement& v) {
  return out << v.verdict << " in " << v.states << " states";
}

class Outcomes {
 public:
  Outcomes(const LitmusFile& file, const Condition& condition, const LitmusProgram& program)
      : locations_(static_cast<Location>(file.locations.size())),
        condition_(condition),
        program_(program) {}

  void Add(const ExecutionGraph& g) {
    FinalState state{program_.FinalRegisters(g), {}};
    for (Location l = 0; l < locations_; ++l) state.memory.push_back(program_.FinalValue(g, l));
    states_.insert(condition_.Project(state));
    (condition_.Holds(state) ? holds_ : fails_) = true;
  }
  Judgement Result() const {
    return {!fails_ ? "Always" : holds_ ? "Sometimes" : "Never", states_.size()};
  }

 private:
  Location locations_;
  const Condition& condition_;
  LitmusProgram program_;  // a copy, since the explorer is using the original
  std::set<std::vector<Value>> states_;
  bool holds_ = false, fails_ = false;
};

// A race has no meaning in C++, but the published tables judge its graphs like any others; so does
// the brute force, which also serves as a second opinion on whatever is small enough.
constexpr int kBruteForceEvents = 8;

Judgement Explore(LitmusFile& file, const Condition& condition, const MemoryModel& model,
                  const std::string& name) {
  LitmusProgram program(file.threads, name, file.initial);
  Outcomes fast(file, condition, program), slow(file, condition, program);
  int events = 0;
  const ExploreResult result = ExploreByRevisits(program, model, {}, [&](const ExecutionGraph& g) {
    fast.Add(g);
    events = std::max(events, g.event_count());
  });
  const bool racy = result.violation.has_value();
  if (racy) {
    EXPECT_EQ(result.violation->kind, ErrorKind::kDataRace) << name;
  }
  if (racy || events <= kBruteForceEvents)
    ExploreByBruteForce(program, model, [&](const ExecutionGraph& g) { slow.Add(g); });
  if (!racy && events <= kBruteForceEvents) {
    EXPECT_EQ(fast.Result(), slow.Result()) << name << ": the two explorers differ";
  }
  return racy ? slow.Result() : fast.Result();
}

std::filesystem::path LitmusDirectory() {
  if (const char* directory = std::getenv("HEDDLE_LITMUS_DIR")) return directory;
#ifdef HEDDLE_SHARED_DIR
  return HEDDLE_SHARED_DIR;
#else
  return {};
#endif
}

struct Suite {
  std::string table;  // below `verdicts`
  const MemoryModel& model;
  bool x86;
  std::size_t compared;
  std::map<std::string, std::string> not_compared;  // tests -> why
  std::map<std::string, std::string> different;     // tests that must differ -> why
};

void Compare(const Suite& suite) {
  const std::filesystem::path root = LitmusDirectory();
  std::ifstream table(root / "verdicts" / suite.table);
  if (!table) GTEST_SKIP() << "no litmus tests: HEDDLE_LITMUS_DIR does not name their directory";
  std::string line;
  std::getline(table, line);  // the heading
  std::size_t compared = 0;
  std::map<std::string, std::string> not_compared;
  while (std::getline(table, line)) {
    std::vector<std::string> fields;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) fields.push_back(cell);
    if (fields.size() < 11) {
      ADD_FAILURE() << "short line in " << suite.table << ": " << line;
      continue;
    }
    const std::string& path = fields[1];
    const std::string stem = std::filesystem::path(path).stem().string();
    try {
      std::ifstream source(root / path);
      if (!source) throw Unsupported("file is missing");
      std::ostringstream text;
      text << source.rdbuf();
      LitmusFile file = suite.x86 ? ReadX86(text.str()) : ReadC(text.str());
      const Condition condition(fields[10], file, suite.x86);
      const Judgement expected{fields[3], std::stoul(fields[4])};
      const Judgement actual = Explore(file, condition, suite.model, path);
      ++compared;
      if (const auto reason = suite.different.find(stem); reason != suite.different.end()) {
        EXPECT_FALSE(actual == expected) << path << " no longer differs: " << reason->second;
      } else {
        EXPECT_EQ(actual, expected)
            << path << '\n'
            << LitmusProgram(file.threads, path, file.initial) << fields[10];
      }
    } catch (const Unsupported& reason) {
      not_compared[stem] = reason.what();
    }
  }
  std::cout << suite.table << ": compared " << compared << " tests under " << suite.model.name
            << '\n';
  EXPECT_EQ(compared, suite.compared);
  EXPECT_EQ(not_compared, suite.not_compared);
}

TEST(PublishedLitmus, X86UnderTso) {
  Compare({"x86.tsv",
           Tso(),
           true,
           273,
           {{"A005", "instruction nopl"},
            {"A007", "instruction shl"},
            {"A009", "expected ';' before '['"}},  // an array
           {}});
}

// No test needs excusing for load buffering: the published table, too, comes from a model in which
// po | rf has no cycle.
TEST(PublishedLitmus, C11UnderRc11) {
  Compare({"c11.tsv",
           Rc11(),
           false,
           96,
           {},
           {{"imm-R2",
             "the table is PLDI 2017's: there, a thread's own later relaxed store continues its "
             "release sequence; in C++20 it does not, so a twelfth state is allowed"}}});
}

}  // namespace
}  // namespace heddle::model
