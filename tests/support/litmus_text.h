// Litmus tests in litmus7's formats, x86 assembly and C, as programs: what is read, and by whom.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/litmus_program.h"

namespace heddle::model {

/// Why a test is not compared.
struct Unsupported : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Identifiers, numbers, the operators of conditions, and single characters; comments are dropped.
/// `(*` before a word is C's: `if (*x)`.
std::vector<std::string> Tokens(const std::string& text);

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

std::string Lower(std::string text);

/// "{ x = 0; [y] = 1; int z; 0:EAX = 1 }": what starts at something else than 0.
void ReadInitial(const std::string& text, LitmusFile& file,
                 const std::function<void(std::size_t, const std::string&, Value)>& set_register);

/// litmus_x86.cpp.  Both throw Unsupported.
LitmusFile ReadX86(const std::string& text);
/// EAX and RAX are one register.
std::string CanonicalX86Register(const std::string& name);
/// litmus_c.cpp
LitmusFile ReadC(const std::string& text);

}  // namespace heddle::model
