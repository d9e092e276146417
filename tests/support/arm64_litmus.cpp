#include "tests/support/arm64_litmus.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <sstream>

namespace heddle::model {
namespace {

constexpr Value kDataBase = 0x1000, kDataSize = 16;
constexpr Value kCodeBase = 0x100000, kCodeSize = 0x10000;
constexpr Value kInstructionBase = Value{1} << 40;  // what memory holds instead of an encoding

std::size_t At(int i) { return static_cast<std::size_t>(i); }
Value CodeAddress(std::size_t code, std::size_t slot) {
  return kCodeBase + kCodeSize * code + 4 * slot;
}

std::string Trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n"), last = text.find_last_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

std::string Upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string WithoutComments(std::string text) {
  for (auto open = text.find("(*"); open != std::string::npos; open = text.find("(*", open))
    text.erase(open, text.find("*)", open) + 2 - open);
  return text;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(Trimmed(part));
  return parts;
}

bool IsNumber(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return std::isdigit(c) != 0; });
}

}  // namespace

// --- reading
// ---------------------------------------------------------------------------------------

Arm64Litmus::Arm64Litmus(const std::string& text) {
  const std::string body = WithoutComments(text);
  const auto open = body.find('{');
  auto close = open;
  for (int depth = 0; close != std::string::npos && close < body.size(); ++close) {
    depth += body[close] == '{' ? 1 : body[close] == '}' ? -1 : 0;
    if (depth == 0) break;
  }
  if (open == std::string::npos || close >= body.size())
    throw UnsupportedLitmus("no initial state");
  ReadCode(body.substr(close + 1));
  ReadInitial(body.substr(open + 1, close - open - 1));
  Restart();
}

void Arm64Litmus::ReadCode(const std::string& text) {
  static const std::regex kAfterProgram(R"(^\s*(~?\s*exists|forall|locations)\b)");
  static const std::regex kLabel(R"(^\s*([A-Za-z_]\w*)\s*:\s*)");
  std::istringstream lines(text);
  std::vector<std::vector<std::string>> cells;  // by code, instruction by instruction
  std::vector<std::string> header;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_search(line, kAfterProgram)) {
      const auto from = line.find('['), to = line.find(']');
      if (Trimmed(line).starts_with("locations") && to != std::string::npos)
        for (const std::string& name : Split(line.substr(from + 1, to - from - 1), ';'))
          if (!name.empty()) observed_.push_back(name);
      continue;
    }
    const auto end = line.find(';');
    if (end == std::string::npos) continue;
    std::vector<std::string> row = Split(line.substr(0, end) + " ", '|');
    if (header.empty()) {
      header = row;
      cells.resize(header.size());
      labels_.resize(header.size());
      continue;
    }
    for (std::size_t c = 0; c < std::min(row.size(), header.size()); ++c) {
      std::smatch match;
      while (std::regex_search(row[c], match, kLabel)) {
        labels_[c][match[1]] = cells[c].size();
        row[c] = match.suffix();
      }
      if (!Trimmed(row[c]).empty()) cells[c].push_back(Trimmed(row[c]));
    }
  }
  for (std::size_t c = 0; c < header.size(); ++c) {
    const std::string name = header[c];
    const auto thread = static_cast<ThreadId>(std::stoi(name.substr(1)));
    if (name.ends_with(".F"))
      handlers_[thread] = c;
    else
      ++threads_;
    // A handler's branches and ADRs may name its thread's labels.
    if (name.ends_with(".F"))
      labels_[c].insert(labels_[At(thread)].begin(), labels_[At(thread)].end());
  }
  code_.resize(header.size());
  initial_registers_.resize(At(threads_));
  for (std::size_t c = 0; c < header.size(); ++c)
    for (std::size_t slot = 0; slot < cells[c].size(); ++slot)
      code_[c].push_back(Decode(cells[c][slot], c, slot));
  for (const auto& [code, label] : escaping_)
    if (code < At(threads_)) ReadValue("P" + std::to_string(code) + ":" + label);
}

void Arm64Litmus::ReadInitial(const std::string& text) {
  static const std::regex kType(R"(^(ins_t|void|int|uint64_t|label)\s*\**\s*)");
  for (std::string entry : Split(text, ';')) {
    entry = std::regex_replace(entry, kType, "");
    if (entry.empty()) continue;
    if (entry.starts_with("pte_")) throw UnsupportedLitmus("page tables");
    if (entry.find('[') != std::string::npos && !entry.starts_with("["))
      throw UnsupportedLitmus("arrays");
    const auto equals = entry.find('=');
    std::string name = Trimmed(entry.substr(0, equals));
    const Value value =
        equals == std::string::npos ? 0 : ReadValue(Trimmed(entry.substr(equals + 1)));
    if (const auto colon = name.find(':'); colon != std::string::npos) {
      if (name.starts_with("P")) name.erase(0, 1);
      const auto thread = std::stoul(name);
      initial_registers_.at(thread)[At(RegisterNumber(Trimmed(name.substr(name.find(':') + 1))))] =
          value;
      continue;
    }
    std::erase_if(name, [](char c) { return c == '[' || c == ']' || c == '*'; });
    initial_[At(Variable(Trimmed(name)))] = value;
  }
}

Value Arm64Litmus::Constant(const std::string& text) { return ReadValue(Trimmed(text)); }

Value Arm64Litmus::ReadValue(const std::string& text) {
  if (IsNumber(text)) return std::stoull(text);
  if (text.starts_with("instr:"))
    return Intern(Decode(text.substr(7, text.size() - 8), SIZE_MAX, 0));
  if (text == "NOP" || text == "ISB") return Intern(Decode(text, SIZE_MAX, 0));
  std::string name = text;
  if (name.starts_with("label:")) name = name.substr(7, name.size() - 8);
  if (const auto colon = name.find(':'); colon != std::string::npos) {
    const std::size_t code = std::stoul(name.substr(name.starts_with("P") ? 1 : 0));
    const std::string label = Trimmed(name.substr(colon + 1));
    if (code >= labels_.size() || !labels_[code].contains(label))
      throw UnsupportedLitmus("unknown label " + name);
    const std::size_t slot = labels_[code].at(label);
    const Value address = CodeAddress(code, slot);
    if (slot < code_[code].size() && !locations_.contains(address)) {
      locations_[address] = static_cast<Location>(initial_.size());
      initial_.push_back(Intern(code_[code][slot]));
      names_.push_back(name);
    }
    return address;
  }
  return kDataBase + kDataSize * static_cast<Value>(Variable(name));
}

Location Arm64Litmus::Variable(const std::string& name) {
  const auto known = std::ranges::find(names_, name);
  if (known != names_.end()) return static_cast<Location>(known - names_.begin());
  if (name.empty() || std::isalpha(name[0]) == 0) throw UnsupportedLitmus("value " + name);
  const auto location = static_cast<Location>(initial_.size());
  initial_.push_back(0);
  names_.push_back(name);
  locations_[kDataBase + kDataSize * static_cast<Value>(location)] = location;
  return location;
}

int Arm64Litmus::RegisterNumber(const std::string& name) {
  const std::string upper = Upper(name);
  if (upper == "XZR" || upper == "WZR") return 31;
  if (upper.size() < 2 || (upper[0] != 'X' && upper[0] != 'W') || !IsNumber(upper.substr(1)))
    throw UnsupportedLitmus("register " + name);
  return std::stoi(upper.substr(1));
}

// `code` is SIZE_MAX for an instruction that is a value: it cannot name labels.
Arm64Instruction Arm64Litmus::Decode(const std::string& text, std::size_t code, std::size_t slot) {
  const auto space = text.find_first_of(" \t");
  const std::string op = Upper(text.substr(0, space));
  std::string rest = space == std::string::npos ? "" : text.substr(space);
  const bool memory = rest.find('[') != std::string::npos;
  std::erase_if(rest, [](char c) { return c == '[' || c == ']'; });
  const std::vector<std::string> args = Split(rest, ',');
  const auto reg = [&](std::size_t i) { return RegisterNumber(args.at(i)); };
  const auto distance = [&](std::size_t i) -> std::int64_t {
    const std::string& target = args.at(i);
    if (target.starts_with(".")) return std::stoll(target.substr(1)) / 4;
    if (code == SIZE_MAX || !labels_[code].contains(target))
      throw UnsupportedLitmus("label " + target);
    return static_cast<std::int64_t>(labels_[code].at(target)) - static_cast<std::int64_t>(slot);
  };
  Arm64Instruction i;
  const auto rm_or_imm = [&](std::size_t arg) {
    if (args.at(arg).starts_with("#"))
      i.imm = std::stoll(args[arg].substr(1));
    else
      i.rm = reg(arg);
  };
  if (op == "NOP") {
    i.op = Op::kNop;
  } else if (op == "MOV") {
    i.op = Op::kMove;
    i.rd = reg(0);
    rm_or_imm(1);
  } else if (op == "ADD" || op == "EOR" || op == "AND") {
    i.op = op == "ADD" ? Op::kMove : op == "EOR" ? Op::kEor : Op::kAnd;
    i.rd = reg(0);
    i.rn = reg(1);
    rm_or_imm(2);
  } else if (op == "CMP") {
    i.op = Op::kCompare;
    i.rn = reg(0);
    rm_or_imm(1);
  } else if (op == "CSET" || op == "CSEL") {
    i.op = op == "CSET" ? Op::kSet : Op::kSelect;
    i.rd = reg(0);
    if (op == "CSEL") i.rn = reg(1), i.rm = reg(2);
    i.equal = args.back() == "EQ";
  } else if (op == "B" || op == "BL") {
    i.op = op == "B" ? Op::kBranch : Op::kCall;
    i.imm = distance(0);
  } else if (op == "B.EQ" || op == "B.NE") {
    i.op = Op::kBranchIf;
    i.equal = op == "B.EQ";
    i.imm = distance(0);
  } else if (op == "CBZ" || op == "CBNZ") {
    i.op = op == "CBZ" ? Op::kBranchIfZero : Op::kBranchUnlessZero;
    i.rn = reg(0);
    i.imm = distance(1);
  } else if (op == "BR" || op == "BLR" || op == "RET") {
    i.op = op == "BLR" ? Op::kCallRegister : Op::kBranchRegister;
    i.rn = op == "RET" ? 30 : reg(0);
  } else if (op == "ADR") {
    i.op = Op::kAddress;
    i.rd = reg(0);
    i.imm = distance(1);
    escaping_.push_back({code, args[1]});
  } else if ((op == "LDR" || op == "LDAR" || op == "LDAPR" || op == "STR" || op == "STLR") &&
             memory) {
    i.op = op.starts_with("LD") ? Op::kLoad : Op::kStore;
    i.rd = reg(0);
    i.rn = reg(1);
    if (args.size() > 2) rm_or_imm(2);
    if (i.imm != 0) throw UnsupportedLitmus("arrays");
    if (op == "LDAR") i.order = Order::kSeqCst;
    if (op == "LDAPR") i.order = Order::kAcquire;
    if (op == "STLR") i.order = Order::kRelease;
  } else if (op.starts_with("LDADD") && memory) {
    const std::string suffix = op.substr(5);
    i.op = Op::kFetchAdd;
    i.rm = reg(0);
    i.rd = reg(1);
    i.rn = reg(2);
    i.order = suffix == "AL"  ? Order::kAcqRel
              : suffix == "A" ? Order::kAcquire
              : suffix == "L" ? Order::kRelease
                              : Order::kRelaxed;
  } else if (op == "DC" || op == "IC") {
    if (args.size() != 2) throw UnsupportedLitmus("instruction " + text);
    i.op = op == "DC" ? Op::kClean : Op::kInvalidate;
    i.rn = reg(1);
  } else if (op == "DMB" || op == "DSB") {
    const bool dsb = op == "DSB", load = args.at(0).ends_with("LD"),
               store = args[0].ends_with("ST");
    i.op = Op::kBarrier;
    i.barrier = load    ? (dsb ? Barrier::kDsbLoad : Barrier::kDmbLoad)
                : store ? (dsb ? Barrier::kDsbStore : Barrier::kDmbStore)
                        : (dsb ? Barrier::kDsb : Barrier::kDmb);
    i.order = Order::kSeqCst;
  } else if (op == "ISB") {
    i.op = Op::kIsb;
  } else if (op == "MSR" && args.at(0) == "ELR_EL1") {
    i.op = Op::kSetReturn;
    i.rn = reg(1);
  } else if (op == "ERET") {
    i.op = Op::kExceptionReturn;
  } else if (op != "UDF") {
    throw UnsupportedLitmus("instruction " + op);
  }
  return i;
}

Value Arm64Litmus::Intern(const Arm64Instruction& instruction) {
  auto known = std::ranges::find(interned_, instruction);
  if (known == interned_.end()) known = interned_.insert(known, instruction);
  return kInstructionBase + static_cast<Value>(known - interned_.begin());
}

// --- running
// ---------------------------------------------------------------------------------------

void Arm64Litmus::Restart() {
  states_.resize(At(threads_));
  for (ThreadId t = 0; t < threads_; ++t) RestartThread(t);
}

void Arm64Litmus::RestartThread(ThreadId thread) {
  State& s = states_[At(thread)] = State{};
  s.pc = CodeAddress(At(thread), 0);
  for (std::size_t r = 0; r < kRegisters; ++r)
    s.registers[r].value = initial_registers_[At(thread)][r];
}

const Arm64Instruction* Arm64Litmus::SlotAt(Value address) const {
  if (address < kCodeBase) return nullptr;
  const auto code = static_cast<std::size_t>((address - kCodeBase) / kCodeSize);
  const auto slot = static_cast<std::size_t>((address - kCodeBase) % kCodeSize / 4);
  return code < code_.size() && slot < code_[code].size() ? &code_[code][slot] : nullptr;
}

Location Arm64Litmus::LocationAt(Value address) const {
  const auto found = locations_.find(address);
  return found == locations_.end() ? -1 : found->second;
}

// An exception, which a handler may take.  Otherwise the thread ends.
void Arm64Litmus::Fault(ThreadId thread) {
  State& s = states_[At(thread)];
  s.fetched = false;
  if (!handlers_.contains(thread)) {
    s.done = true;
    return;
  }
  s.faulted = true;
  s.exception_return = s.pc;
  s.pc = CodeAddress(handlers_.at(thread), 0);
}

bool Arm64Litmus::Advance(ThreadId thread) {
  State& s = states_[At(thread)];
  if (s.faulted) return false;
  if (!s.fetched) {
    const Arm64Instruction* const slot = SlotAt(s.pc);
    if (slot == nullptr) {
      s.done = true;
      return true;
    }
    if (LocationAt(s.pc) >= 0) return false;
    s.instruction = *slot;
    s.fetched = true;
  }
  const Arm64Instruction& i = s.instruction;
  const Register rn = s.registers[At(i.rn)], rm = s.registers[At(i.rm)];
  const auto imm = static_cast<Value>(i.imm);
  const Value next = s.pc + 4, target = s.pc + 4 * imm;
  const auto set = [&](Value value, std::uint64_t depends, std::uint64_t picked) {
    if (i.rd != 31) s.registers[At(i.rd)] = {value, depends, picked};
  };
  const auto jump = [&](Value to) {
    s.pc = to;
    s.fetched = false;
  };
  const std::uint64_t depends = rn.depends | rm.depends, picked = rn.picked | rm.picked;
  switch (i.op) {
    case Op::kNop:
      break;
    case Op::kMove:
      set(rn.value + rm.value + imm, depends, picked);
      break;
    case Op::kAnd:
      set(rn.value & (rm.value | imm), depends, picked);
      break;
    case Op::kEor:
      set(rn.value ^ (rm.value | imm), depends, picked);
      break;
    case Op::kCompare:
      s.equal = {rn.value == rm.value + imm ? Value{1} : Value{0}, depends, picked};
      break;
    case Op::kSet:
      set(s.equal.value == (i.equal ? 1U : 0U) ? 1 : 0, s.equal.depends, s.equal.picked);
      break;
    case Op::kSelect: {
      const Register& chosen = (s.equal.value == 1) == i.equal ? rn : rm;
      set(chosen.value, chosen.depends, chosen.picked | s.equal.depends | s.equal.picked);
      break;
    }
    case Op::kBranch:
      jump(target);
      return true;
    case Op::kBranchIf:
      s.control |= s.equal.depends | s.equal.picked;
      jump((s.equal.value == 1) == i.equal ? target : next);
      return true;
    case Op::kBranchIfZero:
    case Op::kBranchUnlessZero:
      s.control |= rn.depends | rn.picked;
      jump((rn.value == 0) == (i.op == Op::kBranchIfZero) ? target : next);
      return true;
    case Op::kCall:
      s.registers[30] = {next, 0, 0};
      jump(target);
      return true;
    case Op::kCallRegister:
      s.registers[30] = {next, 0, 0};
      [[fallthrough]];
    case Op::kBranchRegister:
      s.control |= rn.depends | rn.picked;
      jump(rn.value);
      return true;
    case Op::kAddress: {
      const Value code = (s.pc - kCodeBase) / kCodeSize;
      // What a handler names is its thread's.
      const bool in_handler = code >= static_cast<Value>(threads_);
      set(in_handler ? target - s.pc + 4 * ((s.pc - kCodeBase) % kCodeSize / 4) +
                           CodeAddress(At(thread), 0)
                     : target,
          0, 0);
      break;
    }
    case Op::kSetReturn:
      s.exception_return = rn.value;
      break;
    case Op::kUndefined:
      Fault(thread);
      return true;
    case Op::kLoad:
    case Op::kStore:
    case Op::kFetchAdd:
    case Op::kClean:
    case Op::kInvalidate:
    case Op::kBarrier:
    case Op::kIsb:
    case Op::kExceptionReturn:
      return false;
  }
  jump(next);
  return true;
}

Label Arm64Litmus::MakeLabel(const State& s) const {
  const auto mask = [&](std::uint64_t events) {
    std::uint16_t bits = 0;
    for (int e = 0; e < s.events; ++e) {
      if ((events >> e & 1) == 0) continue;
      const int back = s.events - e;
      if (back > Dependencies::kReach) throw UnsupportedLitmus("a dependency that is too long");
      bits = static_cast<std::uint16_t>(bits | 1U << (back - 1));
    }
    return bits;
  };
  Label label;
  label.bytes = 4;
  label.line = static_cast<int>(s.pc % kCodeSize / 4) + 1;
  label.depends.control = mask(s.control);
  if (!s.faulted && !s.fetched) {
    label.kind = Kind::kFetch;
    label.location = LocationAt(s.pc);
    return label;
  }
  const Arm64Instruction& i = s.instruction;
  const Register &rn = s.registers[At(i.rn)], &rm = s.registers[At(i.rm)];
  label.order = i.order;
  if (s.faulted || i.op == Op::kIsb || i.op == Op::kExceptionReturn) {
    label.kind = Kind::kSerialize;
  } else if (i.op == Op::kBarrier) {
    label.barrier = i.barrier;
  } else if (i.op == Op::kFetchAdd) {
    label.kind = Kind::kRead;
    label.rmw = true;
    label.op = RmwOp::kAdd;
    label.location = LocationAt(rn.value);
    label.value = rm.value;
    label.depends.address = mask(rn.depends | rn.picked);
    label.depends.data = mask(rm.depends | rm.picked);
  } else {
    label.location = LocationAt(rn.value + rm.value);
    label.depends.address = mask(rn.depends | rm.depends | rn.picked | rm.picked);
    if (i.op == Op::kLoad || i.op == Op::kStore) {
      if (label.location < 0) throw UnsupportedLitmus("access to an unknown address");
      label.kind = i.op == Op::kLoad ? Kind::kRead : Kind::kWrite;
      if (i.op == Op::kLoad && (rn.picked | rm.picked) != 0)
        throw UnsupportedLitmus("a load from where a CSEL says");
    } else {
      label.kind = i.op == Op::kClean ? Kind::kClean : Kind::kInvalidate;
      // The line of nothing that matters.
      if (label.location < 0) label.location = static_cast<Location>(initial_.size());
    }
    if (i.op == Op::kStore) {
      const Register& data = s.registers[At(i.rd)];
      label.value = data.value;
      label.depends.data = mask(data.depends | data.picked);
    }
  }
  return label;
}

const Step& Arm64Litmus::Next(ThreadId thread) {
  State& s = states_[At(thread)];
  while (!s.done && Advance(thread)) {
  }
  if (s.done) return s.step = Step::Finished();
  if (s.events >= 60) throw EndlessLitmus("a thread of more than 60 events");
  return s.step = Step::Operation(MakeLabel(s));
}

void Arm64Litmus::Reply(ThreadId thread, Value value) {
  State& s = states_[At(thread)];
  ++s.events;
  if (s.faulted) {
    s.faulted = false;
    return;
  }
  if (!s.fetched) {
    const bool known = value >= kInstructionBase && value - kInstructionBase < interned_.size();
    s.instruction =
        known ? interned_[static_cast<std::size_t>(value - kInstructionBase)] : Arm64Instruction{};
    s.fetched = true;
    return;
  }
  const bool loads = s.instruction.op == Op::kLoad || s.instruction.op == Op::kFetchAdd;
  if (loads && s.instruction.rd != 31)
    s.registers[At(s.instruction.rd)] = {value, std::uint64_t{1} << (s.events - 1), 0};
  if (s.instruction.op == Op::kFetchAdd) ++s.events;  // its writing half
  s.pc = s.instruction.op == Op::kExceptionReturn ? s.exception_return : s.pc + 4;
  s.fetched = false;
}

Value Arm64Litmus::InitialValue(Location location) const {
  return At(location) < initial_.size() ? initial_[At(location)] : 0;
}

bool Arm64Litmus::IsSafeToModify(Value fetched, Value written) const {
  const auto safe = [&](Value value) {
    if (value < kInstructionBase || value - kInstructionBase >= interned_.size()) return false;
    const Op op = interned_[static_cast<std::size_t>(value - kInstructionBase)].op;
    return op == Op::kNop || op == Op::kBranch || op == Op::kCall || op == Op::kIsb;
  };
  return !judges_modification_ || (safe(fetched) && safe(written));
}

std::string Arm64Litmus::LocationName(Location location) const {
  return At(location) < names_.size() ? names_[At(location)] : "elsewhere";
}

Arm64Litmus::Registers Arm64Litmus::FinalRegisters(const ExecutionGraph& g, ThreadId thread) {
  RestartThread(thread);
  for (const Event& e : g.thread(thread)) {
    if (e.label.is_write() && e.label.rmw) continue;  // its read issued it
    Next(thread);
    Reply(thread, e.value);
  }
  Next(thread);
  Registers result;
  for (std::size_t r = 0; r < kRegisters; ++r) result[r] = states_[At(thread)].registers[r].value;
  return result;
}

Value Arm64Litmus::FinalValue(const ExecutionGraph& g, Location location) const {
  const auto& mo = g.mo(location);
  return mo.empty() ? InitialValue(location) : g.at(mo.back()).value;
}

}  // namespace heddle::model
