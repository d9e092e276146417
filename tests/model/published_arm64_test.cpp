// Do the arm64 models give the published instruction-fetch litmus tests their published verdicts?
//
// The tests are files in herd's format, next to a table with the verdict and the number of final
// states that herd gives under Arm's model.  They are not part of this repository: see
// published_litmus_test.cpp.  What cannot be run is listed with its reason.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "model/explorer.h"
#include "tests/support/arm64_litmus.h"

namespace heddle::model {
namespace {

// A register or a variable of the condition, in one final state.
using Observable = std::function<Value(const ExecutionGraph&)>;

class Condition {
 public:
  using Predicate = std::function<bool(const ExecutionGraph&)>;

  Condition(const std::string& text, Arm64Litmus& program) : program_(program) {
    static const std::regex kToken(R"(/\\|\\/|[()=~]|\[\w+\]|(label|instr):"[^"]*"|P?\d+:\w+|\w+)");
    for (std::sregex_iterator i(text.begin(), text.end(), kToken), end; i != end; ++i)
      tokens_.push_back(i->str());
    if (Peek() == "~") ++next_;
    ++next_;  // exists, forall
    holds_ = Or();
    if (next_ != tokens_.size()) throw UnsupportedLitmus("condition " + text);
    for (const std::string& name : program.observed()) Observe(name);
  }

  bool Holds(const ExecutionGraph& g) const { return holds_(g); }
  std::vector<Value> State(const ExecutionGraph& g) const {
    std::vector<Value> values;
    for (const auto& [name, observable] : observables_) values.push_back(observable(g));
    return values;
  }

 private:
  std::string Peek() const { return next_ < tokens_.size() ? tokens_[next_] : ""; }
  bool TakeIf(const std::string& token) { return Peek() == token && ++next_ != 0; }

  Predicate Or() {
    Predicate left = And();
    while (TakeIf("\\/")) {
      left = [left, right = And()](const ExecutionGraph& g) { return left(g) || right(g); };
    }
    return left;
  }
  Predicate And() {
    Predicate left = Atom();
    while (TakeIf("/\\")) {
      left = [left, right = Atom()](const ExecutionGraph& g) { return left(g) && right(g); };
    }
    return left;
  }
  Predicate Atom() {
    if (TakeIf("true")) return [](const ExecutionGraph&) { return true; };
    if (TakeIf("(")) {
      Predicate inner = Or();
      if (!TakeIf(")")) throw UnsupportedLitmus("condition without )");
      return inner;
    }
    const Observable observable = Observe(tokens_.at(next_++));
    if (!TakeIf("=")) throw UnsupportedLitmus("condition without =");
    const Value value = program_.Constant(tokens_.at(next_++));
    return [observable, value](const ExecutionGraph& g) { return observable(g) == value; };
  }

  Observable Observe(std::string name) {
    std::erase_if(name, [](char c) { return c == '[' || c == ']' || c == 'P'; });
    Observable observable;
    if (const auto colon = name.find(':'); colon != std::string::npos) {
      const int thread = std::stoi(name), reg = Arm64Litmus::RegisterNumber(name.substr(colon + 1));
      observable = [this, thread, reg](const ExecutionGraph& g) {
        return program_.FinalRegisters(g, thread)[static_cast<std::size_t>(reg)];
      };
    } else {
      const Location location = program_.Variable(name);
      observable = [this, location](const ExecutionGraph& g) {
        return program_.FinalValue(g, location);
      };
    }
    return observables_[name] = observable;
  }

  Arm64Litmus& program_;
  std::vector<std::string> tokens_;
  std::size_t next_ = 0;
  Predicate holds_;
  std::map<std::string, Observable> observables_;
};

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
  explicit Outcomes(const Condition& condition) : condition_(condition) {}
  void Add(const ExecutionGraph& g) {
    states_.insert(condition_.State(g));
    (condition_.Holds(g) ? holds_ : fails_) = true;
  }
  Judgement Result() const {
    return {!fails_ ? "Always" : holds_ ? "Sometimes" : "Never", states_.size()};
  }

 private:
  const Condition& condition_;
  std::set<std::vector<Value>> states_;
  bool holds_ = false, fails_ = false;
};

// All tests of the table that set DIC = 1 are of its directory DIC1-IDC1, also those that leave IDC
// out: Arm's model has no rule for DIC alone.
const MemoryModel& ModelFor(const std::string& text) {
  static const std::regex kDic(R"(CacheType *=[^\n]*\bDIC\b)"),
      kIdc(R"(CacheType *=[^\n]*\bIDC\b)");
  return std::regex_search(text, kDic)   ? Arm64IdcDic()
         : std::regex_search(text, kIdc) ? Arm64Idc()
                                         : Arm64();
}

// The search is compared with brute force where that does not take too long.
constexpr int kBruteForceEvents = 18;

Judgement Explore(const std::string& text, const std::string& condition_text,
                  const std::string& flags) {
  const MemoryModel& model = ModelFor(text);
  Arm64Litmus program(text), observed(text);
  const Condition condition(condition_text, observed);
  Outcomes outcomes(condition);
  int events = 0;
  std::set<std::uint64_t> visited, defined;
  const ExploreResult result = ExploreByRevisits(program, model, {}, [&](const ExecutionGraph& g) {
    outcomes.Add(g);
    EXPECT_TRUE(visited.insert(g.Fingerprint()).second) << "visited twice";
    events = std::max(events, g.event_count());
  });
  EXPECT_TRUE(result.complete);
  program.set_judges_modification(true);
  const auto violation = ExploreByRevisits(program, model, {}, nullptr).violation;
  // herd does not judge words that are no instruction, which this test writes.
  const bool differs = text.find("any invalid instruction value") != std::string::npos &&
                       text.find("dmb.st+fault") != std::string::npos;
  EXPECT_EQ(violation.has_value(), differs || flags.find("violates-CMODX") != std::string::npos)
      << (violation ? violation->message : "no error");
  if (violation) {
    EXPECT_EQ(violation->kind, ErrorKind::kConstrainedUnpredictable);
  }
  program.set_judges_modification(false);
  if (events <= kBruteForceEvents) {
    try {
      ExploreByBruteForce(program, model,
                          [&](const ExecutionGraph& g) { defined.insert(g.Fingerprint()); });
      EXPECT_EQ(visited, defined) << "the two explorers differ";
    } catch (const EndlessLitmus&) {  // only the axioms end it, which brute force asks at the end
    }
  }
  return outcomes.Result();
}

TEST(PublishedLitmus, InstructionFetchUnderArm64) {
  std::filesystem::path root;
#ifdef HEDDLE_SHARED_DIR
  root = HEDDLE_SHARED_DIR;
#endif
  if (const char* directory = std::getenv("HEDDLE_LITMUS_DIR")) root = directory;
  std::ifstream table(root / "verdicts" / "ifetch.tsv");
  if (!table) GTEST_SKIP() << "no litmus tests: HEDDLE_LITMUS_DIR does not name their directory";
  std::string line;
  std::getline(table, line);  // the heading
  int compared = 0;
  std::map<std::string, std::vector<std::string>> unsupported;  // reason -> tests
  while (std::getline(table, line)) {
    std::vector<std::string> fields;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) fields.push_back(cell);
    ASSERT_GE(fields.size(), 11U) << line;
    SCOPED_TRACE(fields[1]);
    try {
      std::ifstream source(root / fields[1]);
      if (!source) throw UnsupportedLitmus("file is missing");
      std::ostringstream text;
      text << source.rdbuf();
      const Judgement expected{fields[3], std::stoul(fields[4])};
      EXPECT_EQ(Explore(text.str(), fields[10], fields[8]), expected) << text.str() << '\n'
                                                                      << fields[10];
      ++compared;
    } catch (const UnsupportedLitmus& reason) {
      unsupported[reason.what()].push_back(fields[0]);
    }
  }
  std::cout << "ifetch.tsv: compared " << compared << " tests\n";
  for (const auto& [reason, tests] : unsupported) {
    std::cout << "  not compared, " << reason << ":";
    for (const std::string& test : tests) std::cout << ' ' << test;
    std::cout << '\n';
  }
  EXPECT_EQ(compared, 192);
}

}  // namespace
}  // namespace heddle::model
