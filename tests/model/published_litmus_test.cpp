// Do tso and rc11 give the published litmus tests their published verdicts?
//
// The tests are files in litmus7's formats, x86 assembly and C, next to a table with the verdict
// and the number of final states that the reference model has.  They are not part of this
// repository: HEDDLE_LITMUS_DIR names the directory that holds `verdicts` and `litmus`; without it
// the tests are skipped.  What the readers below do not understand is listed with its reason and
// counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/brute_force_explorer.h"
#include "model/explorer.h"
#include "tests/support/litmus_program.h"

namespace heddle::model {
namespace {

/// Why a test is not compared.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// --- words
// ----------------------------------------------------------------------------------------

// Identifiers, numbers, the operators of conditions, and single characters; comments are dropped.
// `(*` before a word is C's: `if (*x)`.
std::vector<std::string> Tokens(const std::string& text) {
  static const std::vector<std::string> kLong{"/\\", "\\/", "==", "!=", "&&", "||"};
  const auto is_word = [](char c) { return std::isalnum(c) != 0 || c == '_'; };
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < text.size();) {
    if (std::isspace(text[i]) != 0) {
      ++i;
    } else if (text.compare(i, 2, "(*") == 0 && !(i + 2 < text.size() && is_word(text[i + 2]))) {
      i = std::min(text.find("*)", i), text.size() - 2) + 2;
    } else if (text.compare(i, 2, "//") == 0) {
      i = std::min(text.find('\n', i), text.size());
    } else if (is_word(text[i])) {
      const std::size_t start = i;
      while (i < text.size() && is_word(text[i])) ++i;
      tokens.push_back(text.substr(start, i - start));
    } else {
      const auto match = std::ranges::find_if(
          kLong, [&](const std::string& op) { return text.compare(i, op.size(), op) == 0; });
      tokens.push_back(match != kLong.end() ? *match : text.substr(i, 1));
      i += tokens.back().size();
    }
  }
  return tokens;
}

class TokenReader {
 public:
  explicit TokenReader(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}
  explicit TokenReader(const std::string& text) : TokenReader(Tokens(text)) {}

  bool AtEnd() const { return next_ >= tokens_.size(); }
  const std::string& Peek(std::size_t ahead = 0) const {
    static const std::string kNone;
    return next_ + ahead < tokens_.size() ? tokens_[next_ + ahead] : kNone;
  }
  std::string Take() {
    if (AtEnd()) throw Unsupported("text ends too early");
    return tokens_[next_++];
  }
  bool TakeIf(const std::string& token) {
    if (Peek() != token || AtEnd()) return false;
    ++next_;
    return true;
  }
  void Expect(const std::string& token) {
    if (!TakeIf(token)) throw Unsupported("expected '" + token + "' before '" + Peek() + "'");
  }
  Value Number() {
    const bool negative = TakeIf("-");
    const std::string token = Take();
    if (token.empty() || !std::ranges::all_of(token, [](char c) { return std::isdigit(c) != 0; }))
      throw Unsupported("expected a number instead of '" + token + "'");
    const Value value = std::stoull(token);
    return negative ? ~value + 1 : value;
  }
  bool PeekNumber() const {
    return !Peek().empty() && (std::isdigit(Peek()[0]) != 0 || Peek() == "-");
  }

 private:
  std::vector<std::string> tokens_;
  std::size_t next_ = 0;
};

// --- tests
// ----------------------------------------------------------------------------------------

struct LitmusFile {
  std::vector<std::vector<Instruction>> threads;
  std::vector<Value> initial;
  std::map<std::string, Location> locations;
  std::vector<std::map<std::string, int>> registers;  // by thread

  Location LocationOf(const std::string& name) {
    const auto [entry, is_new] = locations.emplace(name, static_cast<int>(locations.size()));
    if (is_new) initial.push_back(0);
    return entry->second;
  }
  int RegisterOf(std::size_t thread, const std::string& name) {
    auto& names = registers.at(thread);
    const int next = static_cast<int>(names.size());
    if (next >= LitmusProgram::kRegisters) throw Unsupported("too many registers");
    return names.emplace(name, next).first->second;
  }
};

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// "{ x = 0; [y] = 1; int z; 0:EAX = 1 }": what starts at something else than 0.
void ReadInitial(const std::string& text, LitmusFile& file,
                 const std::function<void(std::size_t, const std::string&, Value)>& set_register) {
  static const std::set<std::string> kTypes{"int", "atomic_int", "int32_t", "int64_t",
                                            "__int128_t"};
  TokenReader reader(text);
  while (!reader.AtEnd()) {
    if (reader.TakeIf(";")) continue;
    if (kTypes.contains(reader.Peek())) reader.Take();
    const bool bracket = reader.TakeIf("[");
    std::string name = reader.Take();
    if (bracket) reader.Expect("]");
    if (reader.TakeIf(":")) {
      if (name[0] == 'P') name.erase(0, 1);
      const std::size_t thread = std::stoul(name);
      const std::string reg = reader.Take();
      reader.Expect("=");
      set_register(thread, reg, reader.Number());
      continue;
    }
    const Location location = file.LocationOf(name);
    if (reader.TakeIf("=")) file.initial[static_cast<std::size_t>(location)] = reader.Number();
    if (!reader.AtEnd()) reader.Expect(";");
  }
}

// --- x86
// ------------------------------------------------------------------------------------------

// Intel syntax is `MOV destination,source`, AT&T syntax `movl source,destination`.
class X86Reader {
 public:
  explicit X86Reader(LitmusFile& file) : file_(file) {}

  void Line(std::size_t thread, const std::string& text) {
    TokenReader reader(text);
    if (reader.AtEnd()) return;
    std::string op = Lower(reader.Take());
    auto& code = file_.threads.at(thread);
    if (op == "nop" || op == "endbr64") return;
    if (op == "mfence") {
      code.push_back(Fence(Order::kSeqCst));
      return;
    }
    const bool att = op == "movl" || op == "movq" || op == "xchgl" || op == "xchgq";
    if (att) op.pop_back();
    if (op != "mov" && op != "xchg") throw Unsupported("instruction " + op);
    Argument first = Read(reader, thread);
    reader.Expect(",");
    Argument second = Read(reader, thread);
    if (!reader.AtEnd()) throw Unsupported("operand of " + op);
    if (att) std::swap(first, second);
    if (op == "xchg") {
      if (!first.memory) std::swap(first, second);
      if (!first.memory || second.memory || second.value.reg < 0)
        throw Unsupported("xchg without memory");
      const int scratch = file_.RegisterOf(thread, "scratch");
      code.push_back(Exchange(scratch, first.location, second.value, Order::kSeqCst));
      code.push_back(Set(second.value.reg, Register(scratch)));
    } else if (first.memory) {
      if (second.memory) throw Unsupported("memory to memory");
      code.push_back(Store(first.location, second.value, Order::kRelaxed));
    } else if (second.memory) {
      code.push_back(Load(first.value.reg, second.location, Order::kRelaxed));
    } else {
      code.push_back(Set(first.value.reg, second.value));
    }
  }

 private:
  struct Argument {
    bool memory = false;
    Location location = 0;
    Operand value{};
  };

  Argument Read(TokenReader& reader, std::size_t thread) {
    Argument argument;
    for (const char* close : {"]", ")"}) {
      if (!reader.TakeIf(*close == ']' ? "[" : "(")) continue;
      argument.memory = true;
      argument.location = file_.LocationOf(reader.Take());
      reader.Expect(close);
      return argument;
    }
    if (reader.TakeIf("$") || reader.PeekNumber()) {
      argument.value = Constant(reader.Number());
    } else {
      reader.TakeIf("%");
      argument.value = Register(file_.RegisterOf(thread, Canonical(reader.Take())));
    }
    return argument;
  }

 public:
  // EAX and RAX are one register.
  static std::string Canonical(const std::string& name) {
    std::string reg = Lower(name);
    if (reg.size() == 3 && (reg[0] == 'e' || reg[0] == 'r') && std::isalpha(reg[1]) != 0)
      return reg.substr(1);
    throw Unsupported("register " + name);
  }

 private:
  LitmusFile& file_;
};

LitmusFile ReadX86(const std::string& text) {
  LitmusFile file;
  const std::size_t open = text.find('{'), close = text.find('}');
  if (open == std::string::npos || close == std::string::npos)
    throw Unsupported("no initial state");
  std::istringstream lines(text.substr(close + 1));
  std::string line;
  X86Reader reader(file);
  std::vector<std::vector<std::string>> rows;
  while (std::getline(lines, line)) {
    static const std::set<std::string> kAfterProgram{"exists", "forall", "~", "locations"};
    const std::vector<std::string> words = Tokens(line);
    if (!words.empty() && kAfterProgram.contains(words[0])) break;
    const std::size_t end = line.find(';');
    if (end == std::string::npos) {
      if (rows.empty()) continue;
      break;
    }
    std::istringstream cells(line.substr(0, end));
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, '|');) rows.back().push_back(cell);
    if (rows.size() == 1 && words == std::vector<std::string>{";"}) rows.clear();  // "};"
  }
  if (rows.empty()) throw Unsupported("no program");
  file.threads.resize(rows[0].size());
  file.registers.resize(rows[0].size());
  ReadInitial(text.substr(open + 1, close - open - 1), file,
              [&](std::size_t thread, const std::string& name, Value value) {
                const int reg = file.RegisterOf(thread, X86Reader::Canonical(name));
                file.threads.at(thread).push_back(Set(reg, Constant(value)));
              });
  for (std::size_t row = 1; row < rows.size(); ++row)
    for (std::size_t t = 0; t < rows[row].size(); ++t) reader.Line(t, rows[row][t]);
  return file;
}

// --- C
// --------------------------------------------------------------------------------------------

// Just enough of a compiler: each expression goes into a register.
class CReader {
 public:
  CReader(TokenReader& reader, LitmusFile& file) : reader_(reader), file_(file) {}

  // "P0 (atomic_int* x, volatile int* y) { … }", while there is one.
  void Threads() {
    while (!reader_.AtEnd() && reader_.Peek()[0] == 'P' && reader_.Peek(1) == "(") {
      reader_.Take();
      while (!reader_.TakeIf(")")) reader_.Take();  // types say nothing that the accesses do not
      thread_ = file_.threads.size();
      file_.threads.emplace_back();
      file_.registers.emplace_back();
      temporaries_ = 0;
      std::vector<Instruction> code = Block();
      file_.threads.back() = std::move(code);
    }
    if (file_.threads.empty()) throw Unsupported("no thread");
  }

 private:
  using Code = std::vector<Instruction>;

  Code Block() {
    reader_.Expect("{");
    Code code;
    while (!reader_.TakeIf("}")) Statement(code);
    return code;
  }

  void Statement(Code& code) {
    if (reader_.TakeIf("if")) {
      reader_.Expect("(");
      const int condition = Expression(code);
      reader_.Expect(")");
      Code then = Block(), otherwise;
      if (reader_.TakeIf("else")) otherwise = Block();
      const int zero = Temporary();
      // Jumps over the alternative: `zero` is 0, whatever happened before.
      if (!otherwise.empty()) {
        then.push_back(Set(zero, Constant(0)));
        then.push_back(SkipIf(zero, Constant(0), static_cast<int>(otherwise.size())));
      }
      code.push_back(SkipIf(condition, Constant(0), static_cast<int>(then.size())));
      code.insert(code.end(), then.begin(), then.end());
      code.insert(code.end(), otherwise.begin(), otherwise.end());
      return;
    }
    if (reader_.TakeIf("*")) {
      const Location location = file_.LocationOf(reader_.Take());
      reader_.Expect("=");
      const int value = Expression(code);
      code.push_back(Store(location, Register(value), Order::kPlain));
    } else if (reader_.Peek() == "int" || reader_.Peek(1) == "=") {
      reader_.TakeIf("int");
      const std::string name = reader_.Take();
      reader_.Expect("=");
      const int value = Expression(code);
      code.push_back(Set(file_.RegisterOf(thread_, name), Register(value)));
    } else {
      Expression(code);
    }
    reader_.Expect(";");
  }

  int Expression(Code& code) {
    int left = Term(code);
    if (reader_.Peek() == "==" || reader_.Peek() == "!=") {
      const bool equal = reader_.Take() == "==";
      const int right = Term(code);
      const int result = Temporary();
      code.push_back(Set(result, Constant(equal ? 1 : 0)));
      code.push_back(SkipIf(left, Register(right), 1));
      code.push_back(Set(result, Constant(equal ? 0 : 1)));
      left = result;
    } else if (reader_.TakeIf("+")) {
      const int right = Term(code);
      const int result = Temporary();
      code.push_back(Set(result, Register(left), Register(right)));
      left = result;
    }
    return left;
  }

  int Term(Code& code) {
    const int result = Temporary();
    if (reader_.PeekNumber()) {
      code.push_back(Set(result, Constant(reader_.Number())));
      return result;
    }
    if (reader_.TakeIf("*")) {
      code.push_back(Load(result, file_.LocationOf(reader_.Take()), Order::kPlain));
      return result;
    }
    const std::string name = reader_.Take();
    if (reader_.Peek() != "(") return file_.RegisterOf(thread_, name);
    Call(code, name, result);
    return result;
  }

  void Call(Code& code, const std::string& name, int result) {
    reader_.Expect("(");
    if (name == "atomic_thread_fence") {
      code.push_back(Fence(MemoryOrder()));
      reader_.Expect(")");
      return;
    }
    static constexpr std::string_view kExplicit = "_explicit";
    const bool is_explicit = name.ends_with(kExplicit);
    const std::string base = is_explicit ? name.substr(0, name.size() - kExplicit.size()) : name;
    const Location location = file_.LocationOf(reader_.Take());
    const auto order = [&] {
      if (!is_explicit) return Order::kSeqCst;
      reader_.Expect(",");
      return MemoryOrder();
    };
    const auto value = [&] {
      reader_.Expect(",");
      return Register(Expression(code));
    };
    if (base == "atomic_load") {
      code.push_back(Load(result, location, order()));
    } else if (base == "atomic_store") {
      const Operand v = value();
      code.push_back(Store(location, v, order()));
    } else if (base == "atomic_fetch_add") {
      const Operand v = value();
      code.push_back(FetchAdd(result, location, v, order()));
    } else if (base == "atomic_exchange") {
      const Operand v = value();
      code.push_back(Exchange(result, location, v, order()));
    } else if (base == "atomic_compare_exchange_strong") {
      reader_.Expect(",");
      const Location expected = file_.LocationOf(reader_.Take());
      const Operand desired = value();
      const Order success = order(), failure = order();
      // `expected` is memory: read first, and overwritten if the comparison fails.
      const int wanted = Temporary(), found = Temporary();
      code.push_back(Load(wanted, expected, Order::kPlain));
      code.push_back(Cas(found, location, Register(wanted), desired, success, failure));
      code.push_back(Set(result, Constant(1)));
      code.push_back(SkipIf(found, Register(wanted), 2));
      code.push_back(Set(result, Constant(0)));
      code.push_back(Store(expected, Register(found), Order::kPlain));
    } else {
      throw Unsupported("call of " + name);
    }
    reader_.Expect(")");
  }

  Order MemoryOrder() {
    static const std::map<std::string, Order> kOrders{{"memory_order_relaxed", Order::kRelaxed},
                                                      {"memory_order_acquire", Order::kAcquire},
                                                      {"memory_order_release", Order::kRelease},
                                                      {"memory_order_acq_rel", Order::kAcqRel},
                                                      {"memory_order_seq_cst", Order::kSeqCst}};
    const std::string name = reader_.Take();
    const auto order = kOrders.find(name);
    if (order == kOrders.end()) throw Unsupported("order " + name);
    return order->second;
  }

  int Temporary() {
    return file_.RegisterOf(thread_, "temporary " + std::to_string(temporaries_++));
  }

  TokenReader& reader_;
  LitmusFile& file_;
  std::size_t thread_ = 0;
  int temporaries_ = 0;
};

LitmusFile ReadC(const std::string& text) {
  LitmusFile file;
  const std::size_t open = text.find('{'), close = text.find('}');
  if (open == std::string::npos || close == std::string::npos)
    throw Unsupported("no initial state");
  ReadInitial(text.substr(open + 1, close - open - 1), file,
              [](std::size_t, const std::string&, Value) {
                throw Unsupported("initial value of a register");
              });
  TokenReader reader(text.substr(close + 1));
  CReader(reader, file).Threads();
  return file;
}

// --- conditions
// -----------------------------------------------------------------------------------

// The values that a condition speaks of, in order: what a "state" is in the tables.
struct FinalState {
  std::vector<LitmusProgram::Registers> registers;
  std::vector<Value> memory;
};

class Condition {
 public:
  using Predicate = std::function<bool(const FinalState&)>;

  // "exists (0:EAX=1 /\ [x]=2)": the quantifier does not matter here.
  Condition(const std::string& text, LitmusFile& file, bool x86) : file_(file), x86_(x86) {
    TokenReader reader(text);
    reader.TakeIf("~");
    if (reader.Peek() == "exists" || reader.Peek() == "forall") reader.Take();
    predicate_ = Or(reader);
    if (!reader.AtEnd()) throw Unsupported("condition: " + reader.Peek());
  }

  bool Holds(const FinalState& state) const { return predicate_(state); }
  std::vector<Value> Project(const FinalState& state) const {
    std::vector<Value> values;
    for (const auto& [name, variable] : variables_) values.push_back(variable(state));
    return values;
  }

 private:
  using Variable = std::function<Value(const FinalState&)>;

  Predicate Or(TokenReader& reader) {
    Predicate left = And(reader);
    while (reader.TakeIf("\\/")) {
      left = [left, right = And(reader)](const FinalState& s) { return left(s) || right(s); };
    }
    return left;
  }
  Predicate And(TokenReader& reader) {
    Predicate left = Atom(reader);
    while (reader.TakeIf("/\\")) {
      left = [left, right = Atom(reader)](const FinalState& s) { return left(s) && right(s); };
    }
    return left;
  }
  Predicate Atom(TokenReader& reader) {
    if (reader.TakeIf("~") || reader.TakeIf("not"))
      return [inner = Atom(reader)](const FinalState& s) { return !inner(s); };
    if (reader.TakeIf("true")) return [](const FinalState&) { return true; };
    if (reader.TakeIf("(")) {
      Predicate inner = Or(reader);
      reader.Expect(")");
      return inner;
    }
    const bool bracket = reader.TakeIf("[");
    std::string name = reader.Take();
    if (bracket) reader.Expect("]");
    Variable variable;
    if (reader.TakeIf(":")) {
      const std::size_t thread = std::stoul(name[0] == 'P' ? name.substr(1) : name);
      const std::string written = reader.Take();
      const std::string reg_name = x86_ ? X86Reader::Canonical(written) : written;
      if (thread >= file_.registers.size()) throw Unsupported("condition on a missing thread");
      const auto reg = static_cast<std::size_t>(file_.RegisterOf(thread, reg_name));
      name += ":" + reg_name;
      variable = [thread, reg](const FinalState& s) { return s.registers[thread][reg]; };
    } else {
      const auto location = static_cast<std::size_t>(file_.LocationOf(name));
      variable = [location](const FinalState& s) { return s.memory[location]; };
    }
    variables_[name] = variable;
    reader.Expect("=");
    return
        [variable, value = reader.Number()](const FinalState& s) { return variable(s) == value; };
  }

  LitmusFile& file_;
  bool x86_;
  Predicate predicate_;
  std::map<std::string, Variable> variables_;
};

// --- comparison
// -----------------------------------------------------------------------------------

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
  std::size_t least_compared;  // so that a reader that understands nothing does not pass
  std::map<std::string, std::string> different;  // tests that must differ -> why
};

void Compare(const Suite& suite) {
  const std::filesystem::path root = LitmusDirectory();
  std::ifstream table(root / "verdicts" / suite.table);
  if (!table) GTEST_SKIP() << "no litmus tests: HEDDLE_LITMUS_DIR does not name their directory";
  std::string line;
  std::getline(table, line);  // the heading
  std::size_t compared = 0;
  std::map<std::string, std::vector<std::string>> unsupported;  // reason -> tests
  while (std::getline(table, line)) {
    std::vector<std::string> fields;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) fields.push_back(cell);
    if (fields.size() < 11) {
      ADD_FAILURE() << "short line in " << suite.table << ": " << line;
      continue;
    }
    const std::string& path = fields[1];
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
      const std::string stem = std::filesystem::path(path).stem().string();
      if (const auto reason = suite.different.find(stem); reason != suite.different.end()) {
        EXPECT_FALSE(actual == expected) << path << " no longer differs: " << reason->second;
      } else {
        EXPECT_EQ(actual, expected)
            << path << '\n'
            << LitmusProgram(file.threads, path, file.initial) << fields[10];
      }
    } catch (const Unsupported& reason) {
      unsupported[reason.what()].push_back(path);
    }
  }
  std::cout << suite.table << ": compared " << compared << " tests under " << suite.model.name
            << '\n';
  for (const auto& [reason, tests] : unsupported) {
    std::cout << "  not compared, " << reason << ":";
    for (const std::string& test : tests) std::cout << ' ' << test;
    std::cout << '\n';
  }
  EXPECT_GE(compared, suite.least_compared);
}

TEST(PublishedLitmus, X86UnderTso) { Compare({"x86.tsv", Tso(), true, 270, {}}); }

// No test needs excusing for load buffering: the published table, too, comes from a model in which
// po | rf has no cycle.
TEST(PublishedLitmus, C11UnderRc11) {
  Compare({"c11.tsv",
           Rc11(),
           false,
           95,
           {{"imm-R2",
             "the table is PLDI 2017's: there, a thread's own later relaxed store continues its "
             "release sequence; in C++20 it does not, so a twelfth state is allowed"}}});
}

}  // namespace
}  // namespace heddle::model
