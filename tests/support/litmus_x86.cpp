// How is a litmus test in x86 assembly read?
#include <set>
#include <sstream>

#include "tests/support/litmus_text.h"

namespace heddle::model {
namespace {

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
      argument.value = Register(file_.RegisterOf(thread, CanonicalX86Register(reader.Take())));
    }
    return argument;
  }

 private:
  LitmusFile& file_;
};

}  // namespace

std::string CanonicalX86Register(const std::string& name) {
  std::string reg = Lower(name);
  if (reg.size() == 3 && (reg[0] == 'e' || reg[0] == 'r') && std::isalpha(reg[1]) != 0)
    return reg.substr(1);
  throw Unsupported("register " + name);
}

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
                const int reg = file.RegisterOf(thread, CanonicalX86Register(name));
                file.threads.at(thread).push_back(Set(reg, Constant(value)));
              });
  for (std::size_t row = 1; row < rows.size(); ++row)
    for (std::size_t t = 0; t < rows[row].size(); ++t) reader.Line(t, rows[row][t]);
  return file;
}

}  // namespace heddle::model
