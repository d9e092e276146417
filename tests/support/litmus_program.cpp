#include "tests/support/litmus_program.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "model/execution_graph.h"

namespace heddle::model {
namespace {

using Op = Instruction::Op;

const char* OrderName(Order order) {
  static constexpr const char* kNames[] = {"plain", "rlx", "acq", "rel", "acqrel", "sc"};
  return kNames[static_cast<int>(order)];
}

std::ostream& operator<<(std::ostream& out, Operand operand) {
  if (operand.reg < 0) return out << operand.add;
  out << 'r' << operand.reg;
  if (operand.add != 0) out << '+' << operand.add;
  return out;
}

bool IsRmw(Op op) { return op == Op::kFetchAdd || op == Op::kExchange || op == Op::kCas; }

}  // namespace

Instruction Load(int reg, Location location, Order order) {
  return {.op = Op::kLoad, .reg = reg, .location = location, .order = order};
}
Instruction Store(Location location, Operand value, Order order) {
  return {.op = Op::kStore, .location = location, .value = value, .order = order};
}
Instruction Fence(Order order) { return {.op = Op::kFence, .order = order}; }
Instruction FetchAdd(int reg, Location location, Operand value, Order order) {
  return {.op = Op::kFetchAdd, .reg = reg, .location = location, .value = value, .order = order};
}
Instruction Exchange(int reg, Location location, Operand value, Order order) {
  return {.op = Op::kExchange, .reg = reg, .location = location, .value = value, .order = order};
}
Instruction Cas(int reg, Location location, Operand expected, Operand desired, Order success,
                Order failure) {
  return {.op = Op::kCas,
          .reg = reg,
          .location = location,
          .value = desired,
          .expected = expected,
          .order = success,
          .failure = failure};
}
Instruction Fetch(int reg, Location location) {
  return {.op = Op::kFetch, .reg = reg, .location = location};
}
Instruction Serialize() { return {.op = Op::kSerialize}; }
Instruction Choose(int reg, Value alternatives) {
  return {.op = Op::kChoose, .reg = reg, .value = Constant(alternatives)};
}
Instruction Set(int reg, Operand value, Operand plus) {
  return {.op = Op::kSet, .reg = reg, .value = value, .expected = plus};
}
Instruction SkipIf(int reg, Operand equals, int count) {
  return {.op = Op::kSkip, .reg = reg, .expected = equals, .if_equal = true, .count = count};
}
Instruction SkipUnless(int reg, Operand equals, int count) {
  return {.op = Op::kSkip, .reg = reg, .expected = equals, .if_equal = false, .count = count};
}

LitmusProgram::LitmusProgram(std::vector<std::vector<Instruction>> threads, std::string name,
                             std::vector<Value> initial)
    : threads_(std::move(threads)), name_(std::move(name)), initial_(std::move(initial)) {
  Restart();
}

void LitmusProgram::Restart() { states_.assign(threads_.size(), State{}); }

Value LitmusProgram::Evaluate(const State& state, Operand operand) const {
  if (operand.reg < 0) return operand.add;
  return state.registers.at(static_cast<std::size_t>(operand.reg)) + operand.add;
}

void LitmusProgram::RunLocal(ThreadId thread) {
  const auto& code = threads_[static_cast<std::size_t>(thread)];
  State& s = states_[static_cast<std::size_t>(thread)];
  for (; s.pc < code.size(); ++s.pc) {
    const Instruction& i = code[s.pc];
    if (i.op == Op::kSet) {
      s.registers.at(static_cast<std::size_t>(i.reg)) =
          Evaluate(s, i.value) + Evaluate(s, i.expected);
    } else if (i.op == Op::kSkip) {
      const bool equal = Evaluate(s, Register(i.reg)) == Evaluate(s, i.expected);
      if (equal == i.if_equal) s.pc += static_cast<std::size_t>(i.count);
    } else {
      return;
    }
  }
}

Step LitmusProgram::Next(ThreadId thread) {
  RunLocal(thread);
  const auto& code = threads_[static_cast<std::size_t>(thread)];
  const State& s = states_[static_cast<std::size_t>(thread)];
  if (s.pc >= code.size()) return Step::Finished();
  const Instruction& i = code[s.pc];

  Label label;
  label.order = i.order;
  label.location = i.location;
  label.rmw = IsRmw(i.op);
  label.line = static_cast<int>(s.pc) + 1;
  switch (i.op) {
    case Op::kLoad:
      label.kind = Kind::kRead;
      break;
    case Op::kStore:
      label.kind = Kind::kWrite;
      label.value = Evaluate(s, i.value);
      break;
    case Op::kFetchAdd:
    case Op::kExchange:
    case Op::kCas:
      if (!s.in_write_half) {
        label.kind = Kind::kRead;
        label.cas = i.op == Op::kCas;
        if (label.cas) {
          label.failure = i.failure;
          label.expected = Evaluate(s, i.expected);
        }
      } else {
        label.kind = Kind::kWrite;
        label.value = Evaluate(s, i.value);
        if (i.op == Op::kFetchAdd) label.value += Evaluate(s, Register(i.reg));
      }
      break;
    case Op::kFetch:
      label.kind = Kind::kFetch;
      break;
    case Op::kFence:
      label.kind = Kind::kFence;
      break;
    case Op::kSerialize:
      label.kind = Kind::kSerialize;
      break;
    case Op::kChoose:
      label.kind = Kind::kChoice;
      label.value = i.value.add;
      break;
    case Op::kSet:
    case Op::kSkip:
      break;  // not reached: RunLocal has run them
  }
  return Step::Operation(label);
}

void LitmusProgram::Reply(ThreadId thread, Value value) {
  State& s = states_[static_cast<std::size_t>(thread)];
  const Instruction& i = threads_[static_cast<std::size_t>(thread)][s.pc];
  Value& target = s.registers.at(static_cast<std::size_t>(i.reg));
  if (IsRmw(i.op) && !s.in_write_half) {
    s.in_write_half = i.op != Op::kCas || value == Evaluate(s, i.expected);
    target = value;
    if (s.in_write_half) return;
  } else if (i.op == Op::kLoad || i.op == Op::kFetch || i.op == Op::kChoose) {
    target = value;
  }
  s.in_write_half = false;
  ++s.pc;
}

Value LitmusProgram::InitialValue(Location location) const {
  const auto l = static_cast<std::size_t>(location);
  return l < initial_.size() ? initial_[l] : 0;
}

std::string LitmusProgram::LocationName(Location location) const {
  return location < 3 ? std::string(1, static_cast<char>('x' + location))
                      : "v" + std::to_string(location);
}

std::vector<LitmusProgram::Registers> LitmusProgram::FinalRegisters(const ExecutionGraph& g) {
  Restart();
  std::vector<Registers> result;
  for (ThreadId t = 0; t < thread_count(); ++t) {
    for (const Event& e : g.thread(t)) {
      Next(t);
      Reply(t, e.value);
    }
    RunLocal(t);
    result.push_back(states_[static_cast<std::size_t>(t)].registers);
  }
  return result;
}

Value LitmusProgram::FinalValue(const ExecutionGraph& g, Location location) const {
  const auto& mo = g.mo(location);
  return mo.empty() ? InitialValue(location) : g.at(mo.back()).value;
}

std::ostream& operator<<(std::ostream& out, const LitmusProgram& program) {
  out << program.name_ << '\n';
  for (std::size_t t = 0; t < program.threads_.size(); ++t) {
    out << "  T" << t << ":\n";
    for (const Instruction& i : program.threads_[t]) {
      const std::string location = program.LocationName(i.location);
      out << "    ";
      switch (i.op) {
        case Op::kLoad:
          out << 'r' << i.reg << " = " << location << ' ' << OrderName(i.order);
          break;
        case Op::kStore:
          out << location << " = " << i.value << ' ' << OrderName(i.order);
          break;
        case Op::kFence:
          out << "fence " << OrderName(i.order);
          break;
        case Op::kFetchAdd:
          out << 'r' << i.reg << " = fetch_add(" << location << ", " << i.value << ") "
              << OrderName(i.order);
          break;
        case Op::kExchange:
          out << 'r' << i.reg << " = exchange(" << location << ", " << i.value << ") "
              << OrderName(i.order);
          break;
        case Op::kCas:
          out << 'r' << i.reg << " = cas(" << location << ", " << i.expected << " -> " << i.value
              << ") " << OrderName(i.order) << ' ' << OrderName(i.failure);
          break;
        case Op::kFetch:
          out << 'r' << i.reg << " = instruction fetch " << location;
          break;
        case Op::kSerialize:
          out << "serialize";
          break;
        case Op::kChoose:
          out << 'r' << i.reg << " = choose " << i.value;
          break;
        case Op::kSet:
          out << 'r' << i.reg << " = " << i.value;
          if (i.expected.reg >= 0) out << " + " << i.expected;
          break;
        case Op::kSkip:
          out << "if r" << i.reg << (i.if_equal ? " == " : " != ") << i.expected << " skip "
              << i.count;
          break;
      }
      out << '\n';
    }
  }
  return out;
}

namespace {

// splitmix64, so that seeds mean the same programs with every standard library.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  int Below(int n) {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return static_cast<int>((x ^ (x >> 31)) % static_cast<std::uint64_t>(n));
  }
  bool Percent(int p) { return Below(100) < p; }
  template <typename T>
  T OneOf(std::initializer_list<T> choices) {
    return *(choices.begin() + Below(static_cast<int>(choices.size())));
  }

 private:
  std::uint64_t state_;
};

// Where the pieces of a random program come from.  Most locations are either always or never plain,
// since a mixed one nearly always races and then tells little.
class Generator {
 public:
  Generator(std::uint64_t seed, const RandomOptions& options)
      : random_(seed), options_(options), locations_(random_.OneOf({1, 2, 2, 2, 2, 3, 3})) {
    for (int l = 0; l < locations_; ++l) plain_.push_back(options.plain && random_.Percent(40));
    // Programs with one flavour of orders reach the corners of each axiom more often than a mix.
    flavour_ = random_.Below(4);
  }

  std::vector<Instruction> Thread(int events) {
    std::vector<Instruction> code;
    int last_register = -1;
    int next_register = 0;
    // Each thread mostly goes round the locations, starting one further than the thread before it:
    // that is how the cycles that tell models apart come about (store buffering, IRIW, …).
    location_ = first_location_++ % locations_;
    while (events > 0) {
      if (last_register >= 0 && random_.Percent(8)) {
        const Operand value = Constant(static_cast<Value>(random_.Below(3)));
        const int count = 1 + random_.Below(2);
        code.push_back(random_.Percent(50) ? SkipIf(last_register, value, count)
                                           : SkipUnless(last_register, value, count));
      }
      const Instruction i = Event(events, next_register, last_register);
      const bool is_rmw = IsRmw(i.op);
      events -= is_rmw ? 2 : 1;
      if (is_rmw || i.op == Op::kLoad || i.op == Op::kFetch || i.op == Op::kChoose)
        last_register = next_register++;
      code.push_back(i);
    }
    return code;
  }

 private:
  Instruction Event(int budget, int reg, int last_register) {
    if (options_.fetch && random_.Percent(30))
      return random_.Percent(60) ? Fetch(reg, random_.Below(locations_)) : Serialize();
    const int dice = random_.Below(100);
    if (dice < 12)
      return Fence(flavour_ == 0 ? Order::kSeqCst
                                 : random_.OneOf({Order::kRelaxed, Order::kAcquire, Order::kRelease,
                                                  Order::kAcqRel, Order::kSeqCst, Order::kSeqCst}));
    if (dice < 14) return Choose(reg, 2);
    const Location l = location_;
    location_ = random_.Percent(80) ? (l + 1) % locations_ : random_.Below(locations_);
    const bool plain =
        plain_[static_cast<std::size_t>(l)] != (options_.plain && random_.Percent(4));
    if (dice < 28 && budget >= 2 && !plain) return ReadModifyWrite(l, reg);
    if (dice < 66) return Load(reg, l, plain ? Order::kPlain : ReadOrder());
    return Store(l, NewValue(last_register), plain ? Order::kPlain : WriteOrder());
  }

  Instruction ReadModifyWrite(Location l, int reg) {
    const Order order = flavour_ == 1
                            ? Order::kRelaxed
                            : random_.OneOf({Order::kRelaxed, Order::kAcquire, Order::kRelease,
                                             Order::kAcqRel, Order::kSeqCst});
    switch (random_.Below(3)) {
      case 0:
        return FetchAdd(reg, l, Constant(1), order);
      case 1:
        return Exchange(reg, l, NewValue(-1), order);
      default:
        return Cas(reg, l, Constant(static_cast<Value>(random_.Below(3))), NewValue(-1), order,
                   random_.OneOf({Order::kRelaxed, Order::kAcquire, Order::kSeqCst}));
    }
  }

  // Small and mostly distinct, so that comparisons sometimes hold and values tell writes apart.
  Operand NewValue(int last_register) {
    if (last_register >= 0 && random_.Percent(15)) return Register(last_register, 1);
    return Constant(random_.Percent(20) ? 1u : ++last_value_);
  }

  Order ReadOrder() {
    if (flavour_ == 0) return random_.OneOf({Order::kRelaxed, Order::kSeqCst, Order::kSeqCst});
    if (flavour_ == 1) return random_.OneOf({Order::kRelaxed, Order::kRelaxed, Order::kAcquire});
    return random_.OneOf({Order::kRelaxed, Order::kAcquire, Order::kSeqCst});
  }
  Order WriteOrder() {
    if (flavour_ == 0) return random_.OneOf({Order::kRelaxed, Order::kSeqCst, Order::kSeqCst});
    if (flavour_ == 1) return random_.OneOf({Order::kRelaxed, Order::kRelaxed, Order::kRelease});
    return random_.OneOf({Order::kRelaxed, Order::kRelease, Order::kSeqCst});
  }

  Random random_;
  RandomOptions options_;
  int locations_;
  int flavour_;
  int first_location_ = 0;
  Location location_ = 0;
  std::vector<bool> plain_;
  Value last_value_ = 0;
};

}  // namespace

LitmusProgram RandomLitmus(std::uint64_t seed, const RandomOptions& options) {
  Random random(seed ^ 0x6865646465u);
  const int threads = random.OneOf({2, 2, 2, 3, 3, 4});
  const int total = std::max(threads, options.max_events - random.Below(2));
  std::vector<int> events(static_cast<std::size_t>(threads), 1);
  for (int i = threads; i < total; ++i) ++events[static_cast<std::size_t>(random.Below(threads))];
  Generator generator(seed, options);
  std::vector<std::vector<Instruction>> code;
  for (const int n : events) code.push_back(generator.Thread(n));
  return LitmusProgram(std::move(code), "RandomLitmus(" + std::to_string(seed) + ")");
}

}  // namespace heddle::model
