#include "tests/support/litmus_program.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "model/event_text.h"
#include "model/execution_graph.h"

namespace heddle::model {
namespace {

using Op = Instruction::Op;

const char* OrderName(Order order) {
  static constexpr const char* kNames[] = {"plain", "rlx", "acq", "rel", "acqrel", "sc"};
  return kNames[static_cast<int>(order)];
}

const char* OpName(RmwOp op) {
  static constexpr const char* kNames[] = {"exchange", "add",       "and",       "or",
                                           "xor",      "add_float", "add_double"};
  return kNames[static_cast<int>(op)];
}

std::ostream& operator<<(std::ostream& out, Operand operand) {
  if (operand.reg < 0) return out << operand.add;
  out << 'r' << operand.reg;
  if (operand.add != 0) out << '+' << operand.add;
  return out;
}

}  // namespace

Instruction Load(int reg, Location location, Order order) {
  return {.op = Op::kLoad, .reg = reg, .location = location, .order = order};
}
Instruction Store(Location location, Operand value, Order order) {
  return {.op = Op::kStore, .location = location, .value = value, .order = order};
}
Instruction Fence(Order order) { return {.op = Op::kFence, .order = order}; }
Instruction FetchAdd(int reg, Location location, Operand value, Order order) {
  return FetchOp(reg, location, RmwOp::kAdd, value, order);
}
Instruction FetchOp(int reg, Location location, RmwOp op, Operand value, Order order) {
  return {.op = Op::kFetchOp,
          .reg = reg,
          .location = location,
          .value = value,
          .order = order,
          .rmw = op};
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
Instruction Fence(Barrier barrier) {
  return {.op = Op::kFence, .order = Order::kSeqCst, .barrier = barrier};
}
Instruction Clean(Location location) { return {.op = Op::kClean, .location = location}; }
Instruction Invalidate(Location location) { return {.op = Op::kInvalidate, .location = location}; }
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
Instruction AddressFrom(int reg, Instruction i) {
  i.address = reg;
  return i;
}
Instruction AwaitEqual(Instruction i, Value value) {
  i.awaits = true;
  i.await_value = value;
  return i;
}
Instruction AwaitUnequal(Instruction i, Value value) {
  i.awaits = true;
  i.await_equal = false;
  i.await_value = value;
  return i;
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

std::uint64_t LitmusProgram::DependsOn(const State& state, Operand operand) {
  return operand.reg < 0 ? 0 : state.depends.at(static_cast<std::size_t>(operand.reg));
}

void LitmusProgram::RunLocal(ThreadId thread) {
  const auto& code = threads_[static_cast<std::size_t>(thread)];
  State& s = states_[static_cast<std::size_t>(thread)];
  for (; s.pc < code.size(); ++s.pc) {
    const Instruction& i = code[s.pc];
    if (i.op == Op::kSet) {
      s.registers.at(static_cast<std::size_t>(i.reg)) =
          Evaluate(s, i.value) + Evaluate(s, i.expected);
      s.depends.at(static_cast<std::size_t>(i.reg)) =
          DependsOn(s, i.value) | DependsOn(s, i.expected);
    } else if (i.op == Op::kSkip) {
      const bool equal = Evaluate(s, Register(i.reg)) == Evaluate(s, i.expected);
      s.control |= DependsOn(s, Register(i.reg)) | DependsOn(s, i.expected);
      if (equal == i.if_equal) s.pc += static_cast<std::size_t>(i.count);
    } else {
      return;
    }
  }
}

const Step& LitmusProgram::Next(ThreadId thread) {
  RunLocal(thread);
  const auto& code = threads_[static_cast<std::size_t>(thread)];
  State& s = states_[static_cast<std::size_t>(thread)];
  if (s.pc >= code.size()) return s.step = Step::Finished();
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
    case Op::kFetchOp:
    case Op::kExchange:
    case Op::kCas:
      label.kind = Kind::kRead;
      label.op = i.op == Op::kFetchOp ? i.rmw : RmwOp::kExchange;
      label.value = Evaluate(s, i.value);
      label.cas = i.op == Op::kCas;
      if (label.cas) {
        label.failure = i.failure;
        label.expected = Evaluate(s, i.expected);
      }
      break;
    case Op::kFetch:
      label.kind = Kind::kFetch;
      break;
    case Op::kFence:
      label.kind = Kind::kFence;
      label.barrier = i.barrier;
      break;
    case Op::kSerialize:
      label.kind = Kind::kSerialize;
      break;
    case Op::kClean:
      label.kind = Kind::kClean;
      break;
    case Op::kInvalidate:
      label.kind = Kind::kInvalidate;
      break;
    case Op::kChoose:
      label.kind = Kind::kChoice;
      label.value = i.value.add;
      break;
    case Op::kSet:
    case Op::kSkip:
      break;  // not reached: RunLocal has run them
  }
  // What is too far back is forgotten.
  const auto bits_of = [&s](std::uint64_t events) {
    std::uint16_t bits = 0;
    if (s.events >= 64) return bits;
    for (int back = 1; back <= std::min(s.events, Dependencies::kReach); ++back)
      if ((events >> (s.events - back) & 1) != 0)
        bits = static_cast<std::uint16_t>(bits | 1U << (back - 1));
    return bits;
  };
  label.depends.address = bits_of(DependsOn(s, Register(i.address)));
  label.depends.data = bits_of(DependsOn(s, i.value));
  label.depends.control = bits_of(s.control);
  label.of_written_once = i.written_once;
  if (i.awaits)
    label.await = AwaitTest::Of(
        [value = i.await_value, equal = i.await_equal](Value v) { return (v == value) == equal; });
  if (label.is_read() || label.is_write()) {
    const int bytes = BytesOf(i.location);
    const Value mask = bytes < 8 ? (Value{1} << (8 * bytes)) - 1 : ~Value{0};
    label.bytes = static_cast<std::uint8_t>(bytes);
    label.value &= mask;
    label.expected &= mask;
  }
  return s.step = Step::Operation(label);
}

int LitmusProgram::BytesOf(Location location) const {
  const auto l = static_cast<std::size_t>(location);
  return l < bytes_.size() ? bytes_[l] : 8;
}

void LitmusProgram::Reply(ThreadId thread, Value value) {
  State& s = states_[static_cast<std::size_t>(thread)];
  const Instruction& i = threads_[static_cast<std::size_t>(thread)][s.pc];
  if (IsRmw(i.op) || i.op == Op::kLoad || i.op == Op::kFetch || i.op == Op::kChoose)
    s.registers.at(static_cast<std::size_t>(i.reg)) = value;
  if (s.events < 64 && (IsRmw(i.op) || i.op == Op::kLoad))
    s.depends.at(static_cast<std::size_t>(i.reg)) = std::uint64_t{1} << s.events;
  s.events += IsRmw(i.op) && RmwWrites(s.step.label, value) ? 2 : 1;
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
      if (e.label.is_write() && e.label.rmw) continue;  // its read issued it
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
  for (std::size_t l = 0; l < program.bytes_.size(); ++l)
    out << "  " << program.LocationName(static_cast<Location>(l)) << " has " << program.bytes_[l]
        << " bytes\n";
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
          if (i.barrier == Barrier::kByOrder)
            out << "fence " << OrderName(i.order);
          else
            out << Name(i.barrier);
          break;
        case Op::kClean:
          out << "dc cvau " << location;
          break;
        case Op::kInvalidate:
          out << "ic ivau " << location;
          break;
        case Op::kFetchOp:
          out << 'r' << i.reg << " = fetch_" << OpName(i.rmw) << '(' << location << ", " << i.value
              << ") " << OrderName(i.order);
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
      if (i.address >= 0) out << " at r" << i.address;
      if (i.awaits) out << " await " << (i.await_equal ? "== " : "!= ") << i.await_value;
      if (i.written_once) out << " (written once)";
      out << '\n';
    }
  }
  return out;
}

}  // namespace heddle::model
