// What does a litmus test's condition say of an execution's end?
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/support/litmus_text.h"

namespace heddle::model {

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
      const std::string reg_name = x86_ ? CanonicalX86Register(written) : written;
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

}  // namespace heddle::model
