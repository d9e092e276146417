// How is a litmus test in C read?
#include "tests/support/litmus_text.h"

namespace heddle::model {
namespace {

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

}  // namespace

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

}  // namespace heddle::model
